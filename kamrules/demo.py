"""Writes the demo workbook: a small bilingual customer book without faults."""

from __future__ import annotations

import datetime as dt
import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from openpyxl import Workbook

from kamrules.messages.problem import Cell, UsageError
from kamrules.rules.catalogue import EXISTS
from kamrules.xlsx.made import Column, choices, content, fill

NAME = "customers.xlsx"
SEED = 20251231
LAST_DAY = dt.date(2025, 12, 31)
# Sales that one ten-thousandth of a year's total stands for, in 元.
BASIS_POINT = {2024: 11_200, 2025: 12_600}


class Customer(NamedTuple):
    """A customer; shares of the sales of 2024 and 2025 in ten-thousandths, 0 for no potential."""

    name: str
    english: str
    industry: str
    region: str
    strategic: str
    potential: int
    share_2024: int
    share_2025: int
    id: str = ""

    @property
    def owner(self) -> str:
        """Return who looks after the customers of its region."""
        return OWNERS[self.region]

    @property
    def previous(self) -> str:
        """Return the tier that the shares of 2024 gave it."""
        if self.strategic == "重大" or self.share_2024 >= 500:
            return "战略"
        if self.strategic == "重要" or self.share_2024 >= 100:
            return "重点"
        return "普通" if self.potential >= 60 else "非大客户"


# fmt: off
CUSTOMERS = (
    Customer("临岳重工有限公司", "Linyue Heavy Machinery", "工程机械", "华东", "", 0, 1520, 1480),
    Customer("东澜汽车零部件集团", "Donglan Auto Parts", "汽车零部件", "华中", "", 0, 1160, 1020),
    Customer("朔原新能源科技有限公司", "Shuoyuan New Energy", "新能源", "华北", "", 88, 480, 760),
    Customer("海棠食品集团有限公司", "Haitang Foods", "食品", "华南", "", 0, 470, 560),
    Customer("金穗纺织集团有限公司", "Jinsui Textiles", "纺织", "华东", "", 0, 545, 485),
    Customer("澄湖电子科技有限公司", "Chenghu Electronics", "电子", "华东", "", 0, 455, 440),
    Customer("岭川物流设备有限公司", "Lingchuan Logistics", "物流", "华南", "", 70, 385, 400),
    Customer("青禾制药有限公司", "Qinghe Pharma", "医药", "西南", "", 0, 412, 370),
    Customer("铁岩建材有限公司", "Tieyan Building Materials", "建材", "华北", "", 0, 345, 340),
    Customer("远帆船舶配套有限公司", "Yuanfan Marine Systems", "船舶", "华东", "", 64, 350, 315),
    Customer("博岚半导体有限公司", "Bolan Semiconductor", "半导体", "华东", "重大", 95, 268, 290),
    Customer("汇泽包装有限公司", "Huize Packaging", "包装", "华南", "", 0, 301, 268),
    Customer("高桥轨道装备有限公司", "Gaoqiao Rail Equipment", "轨道交通", "华中", "", 0, 236, 248),
    Customer("恒砚印刷有限公司", "Hengyan Printing", "印刷", "华东", "", 0, 257, 230),
    Customer("云栈智能仓储有限公司", "Yunzhan Smart Warehousing", "物流", "西南", "", 77, 198, 212),
    Customer("丰陌农机有限公司", "Fengmo Farm Machinery", "农机", "东北", "", 0, 217, 198),
    Customer("柏澄水处理有限公司", "Baicheng Water Treatment", "环保", "华北", "", 0, 200, 185),
    Customer("晟屿光伏有限公司", "Shengyu Solar", "新能源", "西北", "", 73, 160, 172),
    Customer("钧陶陶瓷有限公司", "Juntao Ceramics", "建材", "华南", "", 0, 166, 160),
    Customer("科澜仪器有限公司", "Kelan Instruments", "仪器仪表", "华东", "", 0, 138, 150),
    Customer("锦帛染整有限公司", "Jinbo Dyeing", "纺织", "华东", "", 0, 149, 140),
    Customer("沃野化肥有限公司", "Woye Fertiliser", "化工", "西北", "", 0, 120, 131),
    Customer("瑞衡医疗器械有限公司", "Ruiheng Medical Devices", "医药", "华东", "", 0, 86, 122),
    Customer("天枢航空部件有限公司", "Tianshu Aviation Parts", "航空", "西南", "", 78, 91, 113),
    Customer("南屿水产加工有限公司", "Nanyu Seafood", "食品", "华南", "", 72, 90, 95),
    Customer("启垣建筑机械有限公司", "Qiyuan Machinery", "工程机械", "华中", "", 65, 84, 92),
    Customer("星漠风电有限公司", "Xingmo Wind Power", "新能源", "西北", "", 58, 93, 88),
    Customer("宏砺模具有限公司", "Hongli Moulds", "模具", "华南", "", 0, 79, 85),
    Customer("润柏家居有限公司", "Runbai Furniture", "家居", "华东", "", 45, 138, 80),
    Customer("川麓乳业有限公司", "Chuanlu Dairy", "食品", "西南", "", 80, 70, 77),
    Customer("明砚精密研究院", "Mingyan Precision Institute", "科研", "华东", "重大", 90, 68, 72),
    Customer("旭垒电梯有限公司", "Xulei Elevators", "电梯", "华东", "", 62, 75, 70),
    Customer("通渡港机有限公司", "Tongdu Port Cranes", "工程机械", "华北", "", 0, 60, 66),
    Customer("佳禾粮油有限公司", "Jiahe Grain & Oil", "食品", "东北", "", 70, 66, 62),
    Customer("凌霄检测技术有限公司", "Lingxiao Testing", "检测", "华北", "重要", 75, 52, 58),
    Customer("玉衡玻璃有限公司", "Yuheng Glass", "建材", "华中", "", 40, 58, 55),
    Customer("松涧木业有限公司", "Songjian Timber", "家居", "东北", "", 66, 55, 50),
    Customer("诺屿生物科技有限公司", "Nuoyu Biotech", "医药", "华东", "重要", 82, 42, 48),
    Customer("百砺五金有限公司", "Baili Hardware", "五金", "华南", "", 0, 47, 44),
    Customer("澜石矿山设备有限公司", "Lanshi Mining Equipment", "矿山", "西北", "", 61, 44, 40),
    Customer("飞穗饲料有限公司", "Feisui Feed", "农业", "华中", "", 30, 33, 36),
    Customer("翠屏茶业有限公司", "Cuiping Tea", "食品", "西南", "", 0, 35, 30),
    Customer("合垚橡胶有限公司", "Heyao Rubber", "化工", "华南", "", 68, 22, 26),
    Customer("景澄环保有限公司", "Jingcheng Environmental", "环保", "华北", "", 55, 24, 20),
    Customer("弘棉服饰有限公司", "Hongmian Apparel", "纺织", "华东", "", 0, 18, 12),
    Customer("东篱酒业有限公司", "Dongli Spirits", "食品", "西南", "", 25, 8, 5),
    Customer("祥岩石材有限公司", "Xiangyan Stone", "建材", "华南", "", 0, 30, 0),
    Customer("智屿机器人有限公司", "Zhiyu Robotics", "机器人", "华东", "", 85, 0, 0),
)
OWNERS = {
    "华东": "陈晓", "华南": "李航", "华北": "王敏", "华中": "孙倩",
    "西南": "赵磊", "西北": "赵磊", "东北": "周静",
}
PRODUCTS = (  # name, category, price in 元, cost as a part of the price
    ("伺服驱动器 SD-700", "驱动 Drives", 4_280, 0.68),
    ("变频器 VF-15K", "驱动 Drives", 2_950, 0.71),
    ("控制器 PLC-32", "控制 Control", 6_400, 0.62),
    ("触摸屏 HM-10", "控制 Control", 1_860, 0.66),
    ("运动控制卡 MC-8", "控制 Control", 3_720, 0.60),
    ("光电传感器 PS-3", "传感 Sensors", 268, 0.58),
    ("激光测距仪 LR-50", "传感 Sensors", 1_340, 0.63),
    ("工业相机 IC-5M", "视觉 Vision", 8_900, 0.65),
    ("安全光幕 SL-40", "安全 Safety", 2_150, 0.69),
    ("备件包 SP-1", "服务 Service", 560, 0.52),
    ("年度维保", "服务 Service", 28_000, 0.48),
)
FAMILY = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN = (
    "伟", "敏", "静", "磊", "洋", "艳", "勇", "娜", "杰", "涛", "明", "超", "霞", "平", "刚", "琳",
    "文博", "思远", "雨桐", "嘉怡", "志强", "海燕", "建华", "晓峰", "丽娟", "国栋",
)
ROLES = (
    ("采购经理", "采购"), ("设备部主任", "使用者"), ("总工程师", "把关者"), ("副总经理", "决策人"),
)
CHANNELS = ("上门", "上门", "电话", "视频", "会议")
TOPICS = (
    ("月度回访", "交期与备件库存", "希望交期缩短到三周"),
    ("拜访", "年度框架协议", "要求按季度返点"),
    ("拜访", "新产线选型", "需要样机试用"),
    ("例会", "售后服务小结", "响应及时, 满意"),
    ("月度回访", "现场运行情况", "两台驱动器温度偏高"),
    ("关怀", "节日问候", "暂无新需求"),
)
COMPLAINTS = (  # type, product, impact, severity, cause, measure
    ("质量", "伺服驱动器 SD-700", "中", "一般", "风扇批次不良", "更换风扇并复检库存"),
    ("质量", "触摸屏 HM-10", "小", "一般", "贴合气泡", "换货"),
    ("交期", "控制器 PLC-32", "大", "重大", "芯片缺货", "分批交付, 每周通报"),
    ("服务", "年度维保", "中", "一般", "工程师未按时到场", "重新排班"),
    ("质量", "变频器 VF-15K", "停产", "紧急", "输出模块击穿", "连夜送备机, 更换模块"),
    ("单据", "备件包 SP-1", "小", "一般", "发票抬头有误", "重开发票"),
)
# fmt: on


def write(folder: Path) -> Path:
    """Write ``customers.xlsx`` to a folder and return its path; an existing file is kept."""
    path = folder / NAME
    if path.exists():
        raise UsageError([EXISTS.at(Cell(NAME), name=str(path))])
    folder.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content(workbook(), LAST_DAY))
    return path


def workbook() -> Workbook:
    """Return the demo workbook; every call returns the same content."""
    chance = random.Random(SEED)
    customers = _numbered(chance)
    contacts = list(_contacts(customers, chance))
    book = Workbook()
    book.remove(book.worksheets[0])
    for title, columns, rows in (
        ("客户 Customers", CUSTOMER_COLUMNS, _customer_rows(customers, chance)),
        ("销售 Orders", ORDER_COLUMNS, _orders(customers, chance)),
        ("联系人 Contacts", CONTACT_COLUMNS, contacts),
        ("拜访 Visits", VISIT_COLUMNS, _visits(customers, contacts, chance)),
        ("投诉 Complaints", COMPLAINT_COLUMNS, _complaints(customers, chance)),
        ("满意度 Surveys", SURVEY_COLUMNS, _surveys(customers, contacts)),
        ("财务 Financials", FINANCIAL_COLUMNS, _financials(customers)),
        ("部门提名 Nominations", NOMINATION_COLUMNS, _nominations(customers)),
        ("人员 Staff", STAFF_COLUMNS, STAFF),
        ("参数 Parameters", PARAMETER_COLUMNS, PARAMETERS),
    ):
        fill(book.create_sheet(title), columns, rows)
    choices(book["客户 Customers"], "H2:H500", "重大,重要,无")
    choices(book["参数 Parameters"], "B2", "占比,金字塔,价值,六标准,ABC,积分,提名,统一")
    choices(book["参数 Parameters"], "B3", "滚动12月,上一年度,自定义")
    book.properties.creator = "kamrules init"
    book.properties.title = "kamrules 示例客户工作簿 demo workbook"
    return book


def _numbered(chance: random.Random) -> list[Customer]:
    """Return the customers in the order of their ids, which says nothing about their size."""
    shuffled = chance.sample(CUSTOMERS, len(CUSTOMERS))
    return [c._replace(id=f"KA{1001 + n}") for n, c in enumerate(shuffled)]


_DAY, _MOMENT, _WHOLE, _MONEY = "yyyy-mm-dd", "yyyy-mm-dd hh:mm", "#,##0", "#,##0.00"

CUSTOMER_COLUMNS = (
    Column("客户编号 Customer ID", 12, at="center"),
    Column("客户名称 Customer Name", 30),
    Column("英文名称 English Name", 29),
    Column("行业 Industry", 11, at="center"),
    Column("地区 Region", 9, at="center"),
    Column("分公司 Branch", 12, at="center"),
    Column("负责人 Owner", 10, at="center"),
    Column("战略意义 Strategic", 11, at="center"),
    Column("批准人 Approver", 10, at="center"),
    Column("发展潜力 Potential", 10, "0", "right"),
    Column("上期等级 Previous Tier", 13, at="center"),
    Column("客户总采购额(万元)", 19, "#,##0.0", "right"),
    Column("首次合作日期", 13, _DAY, "center"),
    Column("更新日期 Updated", 13, _DAY, "center"),
)


def _customer_rows(customers: Sequence[Customer], chance: random.Random) -> Iterator[Sequence[Any]]:
    for c in customers:
        bought = c.share_2025 * BASIS_POINT[2025] / 10_000
        spend = round(bought / chance.uniform(0.2, 0.85), 1) if bought else None
        since = dt.date(2012, 1, 1) + dt.timedelta(chance.randrange(4_300))
        updated = dt.date(2025, 10, 1) + dt.timedelta(chance.randrange(85))
        yield (
            c.id, c.name, c.english, c.industry, c.region, f"{c.region}分公司", c.owner,
            c.strategic or None, "何总" if c.strategic else None, c.potential or None, c.previous,
            spend, since if c.share_2024 else None, updated,
        )  # fmt: skip


ORDER_COLUMNS = (
    Column("订单编号 Order ID", 14, at="center"),
    Column("行号 Line", 7, "0", "center"),
    Column("日期 Date", 12, _DAY, "center"),
    Column("客户编号 Customer ID", 12, at="center"),
    Column("产品名称 Product", 20),
    Column("产品类别 Category", 14),
    Column("数量 Quantity", 10, _WHOLE, "right"),
    Column("折扣 Discount", 10, "0%", "right"),
    Column("销售额(元) Amount", 15, _MONEY, "right"),
    Column("成本(元)", 15, _MONEY, "right"),
    Column("要求交期", 12, _DAY, "center"),
    Column("发货日期 Ship Date", 12, _DAY, "center"),
    Column("销售人员 Salesperson", 12, at="center"),
)


class Order(NamedTuple):
    """An order: who, when, and its lines of product, quantity, discount and amount."""

    customer: Customer
    date: dt.date
    lines: Sequence[tuple[int, int, float, float]]


def _orders(customers: Sequence[Customer], chance: random.Random) -> Iterator[Sequence[Any]]:
    orders = [
        order
        for year in BASIS_POINT
        for c in customers
        for order in _orders_of(c, year, c.share_2024 if year == 2024 else c.share_2025, chance)
    ]
    orders.sort(key=lambda order: (order.date, order.customer.id))
    # The last day of the data is the day the demo is decided as of.
    orders[-1] = orders[-1]._replace(date=LAST_DAY)
    for number, order in enumerate(orders, 1):
        due = _workday(order.date + dt.timedelta(chance.randrange(14, 46)))
        shipped = _workday(due + dt.timedelta(chance.choice((-4, -2, -1, 0, 0, 0, 1, 3))))
        for line, (product, quantity, discount, amount) in enumerate(order.lines, 1):
            name, category, _, part = PRODUCTS[product]
            cost = round(amount * part / (1 - discount), 2)
            yield (
                f"SO{order.date:%y%m}-{number:04}", line, order.date, order.customer.id, name,
                category, quantity, discount or None, amount, cost, due,
                shipped if shipped <= LAST_DAY else None, order.customer.owner,
            )  # fmt: skip


def _orders_of(customer: Customer, year: int, share: int, chance: random.Random) -> Iterator[Order]:
    """Yield a customer's orders of a year, which add up to its share but for a few 元."""
    wanted = share * BASIS_POINT[year]
    if not wanted:
        return
    count = max(2, round(share**0.5 * 0.42))
    left = float(wanted)
    parts = [chance.lognormvariate(0, 0.45) for _ in range(count)]
    for n, part in enumerate(parts):
        day = _workday(dt.date(year, 1, 1) + dt.timedelta(chance.randrange(363)))
        goal = left * part / sum(parts[n:])
        lines = []
        for rest in range(chance.choice((1, 1, 2, 2, 3)), 0, -1):
            line = _line(goal / rest, chance)
            lines.append(line)
            goal -= line[3]
            left -= line[3]
        yield Order(customer, day, lines)


def _line(goal: float, chance: random.Random) -> tuple[int, int, float, float]:
    """Return product, quantity, discount and amount of a line worth about *goal*."""
    fitting = [n for n, (_, _, price, _) in enumerate(PRODUCTS) if price * 3 <= goal] or [5]
    product = chance.choice(fitting)
    discount = chance.choice((0, 0, 0, 0.02, 0.05, 0.08))
    price = PRODUCTS[product][2] * (1 - discount)
    quantity = max(1, round(goal / price))
    return product, quantity, discount, round(quantity * price, 2)


def _workday(day: dt.date) -> dt.date:
    """Return *day*, or the Friday before a weekend."""
    return day - dt.timedelta(max(0, day.weekday() - 4))


CONTACT_COLUMNS = (
    Column("联系人编号 Contact ID", 13, at="center"),
    Column("客户编号 Customer ID", 12, at="center"),
    Column("姓名 Name", 12, at="center"),
    Column("职务 Title", 14, at="center"),
    Column("联系电话 Phone", 16, at="center"),
    Column("邮箱 Email", 30),
    Column("采购角色 Buying Role", 13, at="center"),
    Column("在职 Active", 9, at="center"),
)


def _contacts(customers: Sequence[Customer], chance: random.Random) -> Iterator[Sequence[Any]]:
    number = 0
    for c in customers:
        host = re.sub(r"\W", "", c.english.split()[0]).lower()
        for title, role in ROLES[: 3 if c.share_2025 >= 400 else 2 if c.share_2025 >= 100 else 1]:
            number += 1
            name = _person(chance)
            active = "否" if number % 29 == 0 else "是"
            yield (
                f"C{number:03}", c.id, name, title, f"138-0000-{1000 + number}",
                f"contact{number:03}@{host}.example", role, active,
            )  # fmt: skip


def _person(chance: random.Random) -> str:
    return chance.choice(FAMILY) + chance.choice(GIVEN)


VISIT_COLUMNS = (
    Column("记录编号 Visit ID", 12, at="center"),
    Column("客户编号 Customer ID", 12, at="center"),
    Column("联系人 Contact", 12, at="center"),
    Column("拜访日期 Date", 18, _MOMENT, "center"),
    Column("方式 Channel", 10, at="center"),
    Column("类型 Kind", 11, at="center"),
    Column("拜访人 Visitor", 11, at="center"),
    Column("主题 Topic", 20),
    Column("客户反馈 Feedback", 26),
    Column("耗时(小时)", 10, "0.0", "right"),
)


def _visits(
    customers: Sequence[Customer], contacts: Sequence[Sequence[Any]], chance: random.Random
) -> Iterator[Sequence[Any]]:
    people = {c.id: [row[2] for row in contacts if row[1] == c.id] for c in customers}
    visits = []
    for c in customers:
        often = 8 if c.share_2025 >= 400 else 4 if c.share_2025 >= 100 else 1
        for _ in range(chance.randrange(max(1, often - 2), often + 2)):
            day = _workday(dt.date(2025, 1, 6) + dt.timedelta(chance.randrange(350)))
            minutes = chance.randrange(9 * 60, 17 * 60, 30)
            kind, topic, feedback = chance.choice(TOPICS)
            at = dt.datetime.combine(day, dt.time(*divmod(minutes, 60)))
            person, channel = chance.choice(people[c.id]), chance.choice(CHANNELS)
            hours = chance.choice((0.5, 1, 1.5, 2, 3))
            visits.append((at, c.id, person, channel, kind, c.owner, topic, feedback, hours))
    for number, (at, id_, person, *rest) in enumerate(sorted(visits), 1):
        yield f"V{number:04}", id_, person, at, *rest


COMPLAINT_COLUMNS = (
    Column("投诉编号 Complaint ID", 13, at="center"),
    Column("客户编号 Customer ID", 12, at="center"),
    Column("受理时间 Received", 18, _MOMENT, "center"),
    Column("类别 Type", 9, at="center"),
    Column("产品 Product", 20),
    Column("影响 Impact", 9, at="center"),
    Column("严重度 Severity", 10, at="center"),
    Column("首次响应时间 Responded", 18, _MOMENT, "center"),
    Column("解决时间 Resolved", 18, _MOMENT, "center"),
    Column("状态 Status", 10, at="center"),
    Column("处理人 Handler", 10, at="center"),
    Column("原因 Cause", 18),
    Column("措施 Measure", 24),
)


def _complaints(customers: Sequence[Customer], chance: random.Random) -> Iterator[Sequence[Any]]:
    buyers = [c for c in customers if c.share_2025]
    made = []
    for n in range(24):
        day = _workday(dt.date(2025, 1, 8) + dt.timedelta(chance.randrange(350)))
        minutes = chance.randrange(8 * 60 + 30, 17 * 60, 10)
        received = dt.datetime.combine(day, dt.time(*divmod(minutes, 60)))
        made.append((received, chance.choice(buyers).id, COMPLAINTS[n % len(COMPLAINTS)]))
    for number, (received, id_, complaint) in enumerate(sorted(made), 1):
        type_, product, impact, severity, cause, measure = complaint
        first = received + dt.timedelta(minutes=chance.randrange(20, 180, 10))
        solved = first + dt.timedelta(hours=chance.randrange(4, 96))
        done = solved.date() <= LAST_DAY and number < 22
        yield (
            f"TS25{number:03}", id_, received, type_, product, impact, severity, first,
            solved if done else None, "已关闭" if done else "处理中", _person(chance), cause,
            measure if done else None,
        )  # fmt: skip


SURVEY_COLUMNS = (
    Column("客户编号 Customer ID", 12, at="center"),
    Column("调查日期 Date", 12, _DAY, "center"),
    Column("联系人 Contact", 10, at="center"),
    Column("项目 Item", 14, at="center"),
    Column("得分 Score", 8, "0", "right"),
    Column("意见 Comment", 24),
    Column("留下原因 Reason to Stay", 12, at="center"),
    Column("改进措施 Measure", 18),
    Column("措施责任人 Measure Owner", 12, at="center"),
    Column("措施期限 Measure Due", 12, _DAY, "center"),
    Column("措施完成 Measure Done", 12, _DAY, "center"),
)
SURVEYED = 8  # of the largest customers, twice in the last year
REASONS = ("建议", "关系", "价格", "选择", "位置")


def _surveys(
    customers: Sequence[Customer], contacts: Sequence[Sequence[Any]]
) -> Iterator[Sequence[Any]]:
    """Yield two surveys of the largest customers; low scores of the first have their measure."""
    chance = random.Random(SEED + 2)
    people: dict[str, str] = {}
    for row in contacts:
        people.setdefault(row[1], row[2])
    large = sorted(customers, key=lambda c: -c.share_2025)[:SURVEYED]
    for day, done in ((dt.date(2025, 5, 20), True), (dt.date(2025, 11, 18), False)):
        for n, c in enumerate(large):
            for item in ("产品质量", "服务态度", "交期"):
                score = 55 if (n, item) == (2, "交期") else chance.randrange(78, 101, 2)
                reason = REASONS[n % 5] if item == "产品质量" else None
                low = score < 60
                due = (day + dt.timedelta(60)) if low else None
                yield (
                    c.id, day, people.get(c.id), item, score, "常常晚几天" if low else None, reason,
                    "分批交付" if low else None, c.owner if low else None, due,
                    due if low and done else None,
                )  # fmt: skip


FINANCIAL_COLUMNS = (
    Column("客户编号 Customer ID", 12, at="center"),
    Column("年度 Year", 8, "0", "center"),
    *(
        Column(f"{name}(万元)", 15, "#,##0.0", "right")
        for name in (
            "营业收入", "净利润", "总资产", "流动资产", "流动负债", "应收账款", "存货", "营业成本",
        )
    ),
    Column("逾期天数", 10, "0", "right"),
)  # fmt: skip


def _financials(customers: Sequence[Customer]) -> Iterator[Sequence[Any]]:
    """Yield the accounts of every customer: most are sound, every sixth is tight, some owe."""
    chance = random.Random(SEED + 1)
    for n, c in enumerate(customers):
        tight = n % 6 == 4
        revenue = round(10 ** chance.uniform(3.3, 5.3), 1)
        parts = (
            chance.uniform(-0.03, 0.04) if tight else chance.uniform(0.03, 0.12),
            chance.uniform(0.8, 1.3),
            chance.uniform(0.2, 0.35) if tight else chance.uniform(0.4, 0.6),
            chance.uniform(0.22, 0.3),
            chance.uniform(0.2, 0.35) if tight else chance.uniform(0.08, 0.2),
            chance.uniform(0.1, 0.4) if tight else chance.uniform(0.08, 0.22),
            chance.uniform(0.6, 0.8),
        )
        owed = chance.choice((35, 95, 210)) if tight else 0
        yield c.id, LAST_DAY.year, revenue, *(round(revenue * p, 1) for p in parts), owed


NOMINATION_COLUMNS = (
    Column("期次 Period", 10, at="center"),
    Column("部门 Department", 16, at="center"),
    Column("客户编号 Customer ID", 12, at="center"),
    Column("提名理由 Reason", 14, at="center"),
    Column("提名人 Nominated by", 14, at="center"),
)


def _nominations(customers: Sequence[Customer]) -> Iterator[Sequence[Any]]:
    """Yield nominations of two departments, one of which names a reason that is not its own."""
    large = sorted(customers, key=lambda c: -c.share_2025)
    promising = [c for c in large if c.potential]
    named = (
        *(("造价合约中心", c, "利润大", "周总工") for c in large[:5]),
        *(("市场开发部", c, "潜力大", "何总") for c in promising[:6]),
        ("市场开发部", large[0], "实力大", "何总"),
        ("资金中心", promising[1], "潜力大", "钱经理"),
    )
    for department, c, reason, who in named:
        yield "2025H2", department, c.id, reason, who


STAFF_COLUMNS = (
    Column("姓名 Name", 10, at="center"),
    Column("岗位 Role", 12, at="center"),
    Column("直接上级 Manager", 12, at="center"),
    Column("邮箱 Email", 26),
)
# Who reports to whom; the supervisors share the account managers.
STAFF = (
    ("陈晓", "客户经理", "沈岩", "chen.xiao@example.com"),
    ("李航", "客户经理", "沈岩", "li.hang@example.com"),
    ("王敏", "客户经理", "沈岩", "wang.min@example.com"),
    ("孙倩", "客户经理", "罗青", "sun.qian@example.com"),
    ("赵磊", "客户经理", "罗青", "zhao.lei@example.com"),
    ("周静", "客户经理", "罗青", "zhou.jing@example.com"),
    ("沈岩", "主管", "何颖", "shen.yan@example.com"),
    ("罗青", "主管", "何颖", "luo.qing@example.com"),
    ("何颖", "部门经理", "程远", "he.ying@example.com"),
    ("程远", "分管总监", "顾宁", "cheng.yuan@example.com"),
    ("顾宁", "总经理", None, "gu.ning@example.com"),
)
PARAMETER_COLUMNS = (
    Column("参数 Name", 20),
    Column("值 Value", 16, at="center"),
    Column("说明 Note", 72),
)
PARAMETERS = (
    (
        "采用方案 Scheme",
        "占比",
        "占比, 金字塔, 价值, 六标准, ABC, 积分, 提名, 统一: 哪个是正式等级. which one is official",
    ),
    (
        "期间 Period",
        "滚动12月",
        "滚动12月, 上一年度 或 自定义. rolling 12 months, last year or custom",
    ),
)

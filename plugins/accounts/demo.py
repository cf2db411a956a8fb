"""Writes the demo workbook: a small bilingual customer book without faults."""

from __future__ import annotations

import datetime as dt
import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from openpyxl import Workbook

from kamrules.plugin import EXISTS, Cell, Heading, UsageError, choices, content, fill

from .demo_data import (
    BASIS_POINT,
    CHANNELS,
    COMPLAINTS,
    CUSTOMERS,
    FAMILY,
    GIVEN,
    LAST_DAY,
    NAME,
    PARAMETER_COLUMNS,
    PARAMETERS,
    PRODUCTS,
    ROLES,
    SEED,
    STAFF,
    STAFF_COLUMNS,
    TOPICS,
    Customer,
)


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
    Heading("客户编号 Customer ID", 12, at="center"),
    Heading("客户名称 Customer Name", 30),
    Heading("英文名称 English Name", 29),
    Heading("行业 Industry", 11, at="center"),
    Heading("地区 Region", 9, at="center"),
    Heading("分公司 Branch", 12, at="center"),
    Heading("负责人 Owner", 10, at="center"),
    Heading("战略意义 Strategic", 11, at="center"),
    Heading("批准人 Approver", 10, at="center"),
    Heading("发展潜力 Potential", 10, "0", "right"),
    Heading("上期等级 Previous Tier", 13, at="center"),
    Heading("客户总采购额(万元)", 19, "#,##0.0", "right"),
    Heading("首次合作日期", 13, _DAY, "center"),
    Heading("更新日期 Updated", 13, _DAY, "center"),
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
    Heading("订单编号 Order ID", 14, at="center"),
    Heading("行号 Line", 7, "0", "center"),
    Heading("日期 Date", 12, _DAY, "center"),
    Heading("客户编号 Customer ID", 12, at="center"),
    Heading("产品名称 Product", 20),
    Heading("产品类别 Category", 14),
    Heading("数量 Quantity", 10, _WHOLE, "right"),
    Heading("折扣 Discount", 10, "0%", "right"),
    Heading("销售额(元) Amount", 15, _MONEY, "right"),
    Heading("成本(元)", 15, _MONEY, "right"),
    Heading("要求交期", 12, _DAY, "center"),
    Heading("发货日期 Ship Date", 12, _DAY, "center"),
    Heading("销售人员 Salesperson", 12, at="center"),
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
    Heading("联系人编号 Contact ID", 13, at="center"),
    Heading("客户编号 Customer ID", 12, at="center"),
    Heading("姓名 Name", 12, at="center"),
    Heading("职务 Title", 14, at="center"),
    Heading("联系电话 Phone", 16, at="center"),
    Heading("邮箱 Email", 30),
    Heading("采购角色 Buying Role", 13, at="center"),
    Heading("在职 Active", 9, at="center"),
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
    Heading("记录编号 Visit ID", 12, at="center"),
    Heading("客户编号 Customer ID", 12, at="center"),
    Heading("联系人 Contact", 12, at="center"),
    Heading("拜访日期 Date", 18, _MOMENT, "center"),
    Heading("方式 Channel", 10, at="center"),
    Heading("类型 Kind", 11, at="center"),
    Heading("拜访人 Visitor", 11, at="center"),
    Heading("主题 Topic", 20),
    Heading("客户反馈 Feedback", 26),
    Heading("耗时(小时)", 10, "0.0", "right"),
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
    Heading("投诉编号 Complaint ID", 13, at="center"),
    Heading("客户编号 Customer ID", 12, at="center"),
    Heading("受理时间 Received", 18, _MOMENT, "center"),
    Heading("类别 Type", 9, at="center"),
    Heading("产品 Product", 20),
    Heading("影响 Impact", 9, at="center"),
    Heading("严重度 Severity", 10, at="center"),
    Heading("首次响应时间 Responded", 18, _MOMENT, "center"),
    Heading("解决时间 Resolved", 18, _MOMENT, "center"),
    Heading("状态 Status", 10, at="center"),
    Heading("处理人 Handler", 10, at="center"),
    Heading("原因 Cause", 18),
    Heading("措施 Measure", 24),
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
    Heading("客户编号 Customer ID", 12, at="center"),
    Heading("调查日期 Date", 12, _DAY, "center"),
    Heading("联系人 Contact", 10, at="center"),
    Heading("项目 Item", 14, at="center"),
    Heading("得分 Score", 8, "0", "right"),
    Heading("意见 Comment", 24),
    Heading("留下原因 Reason to Stay", 12, at="center"),
    Heading("改进措施 Measure", 18),
    Heading("措施责任人 Measure Owner", 12, at="center"),
    Heading("措施期限 Measure Due", 12, _DAY, "center"),
    Heading("措施完成 Measure Done", 12, _DAY, "center"),
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
    Heading("客户编号 Customer ID", 12, at="center"),
    Heading("年度 Year", 8, "0", "center"),
    *(
        Heading(f"{name}(万元)", 15, "#,##0.0", "right")
        for name in (
            "营业收入", "净利润", "总资产", "流动资产", "流动负债", "应收账款", "存货", "营业成本",
        )
    ),
    Heading("逾期天数", 10, "0", "right"),
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
    Heading("期次 Period", 10, at="center"),
    Heading("部门 Department", 16, at="center"),
    Heading("客户编号 Customer ID", 12, at="center"),
    Heading("提名理由 Reason", 14, at="center"),
    Heading("提名人 Nominated by", 14, at="center"),
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

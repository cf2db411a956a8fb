"""Who and what the example workbook is about: customers, products, people, parameters."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from kamrules.plugin import Heading

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

STAFF_COLUMNS = (
    Heading("姓名 Name", 10, at="center"),
    Heading("岗位 Role", 12, at="center"),
    Heading("直接上级 Manager", 12, at="center"),
    Heading("邮箱 Email", 26),
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
    Heading("参数 Name", 20),
    Heading("值 Value", 16, at="center"),
    Heading("说明 Note", 72),
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

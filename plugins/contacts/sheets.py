"""The sheets that contacts are read from, and those worked out from them."""

from kamrules.plugin import SheetSpec, columns

VISITS = SheetSpec(
    "visits",
    "拜访",
    "Visits",
    columns("""
    formality | 正式性 | Formality | enum 正式/非正式 | 渠道性质
    self_check | 自检 | Self-check | text | 倾听自检
    market_info | 市场信息 | Market Information | text | 市场调研
    """),
    references="customer_id",
)
CHANNELS = SheetSpec(
    "channels",
    "接触渠道",
    "Contact Channels",
    columns("""
    channel | 方式 | Channel | text
    contacts | 接触次数 | Contacts | int
    reached | 接触客户数 | Customers Reached | int
    """),
    derived=True,
)
CUSTOMERS = SheetSpec(
    "customer_contacts",
    "客户接触",
    "Customer Contacts",
    columns("""
    customer_id | 客户编号 | Customer ID | text
    customer_name | 客户名称 | Customer Name | text
    owner | 负责人 | Owner | text
    customer_tier | 客户等级 | Customer Tier | text
    relationship | 关系类型 | Type of Relationship | text
    contacts | 接触次数 | Contacts | int
    points | 接触分 | Contact Points | number
    channels_used | 渠道数 | Channels Used | int
    face_share | 面对面占比 | Face-to-face Share | percent
    formal | 正式次数 | Formal | int
    informal | 非正式次数 | Informal | int
    last_contact | 末次接触 | Last Contact | text
    last_days | 距末次接触_天 | Days since Contact | int
    """),
    derived=True,
)
SELF_CHECKS = SheetSpec(
    "self_checks",
    "拜访自检",
    "Visit Self-checks",
    columns("""
    visit_row | 行 | Row | int
    customer_id | 客户编号 | Customer ID | text
    date | 拜访日期 | Date | date
    visitor | 拜访人 | Visitor | text
    self_check | 自检 | Self-check | text
    """),
    derived=True,
)
AFTER_SALE = SheetSpec(
    "after_sale",
    "售后回访",
    "After-sale Calls",
    columns("""
    customer_id | 客户编号 | Customer ID | text
    customer_name | 客户名称 | Customer Name | text
    owner | 负责人 | Owner | text
    order_id | 订单编号 | Order ID | text
    delivered | 交货日期 | Delivered | date
    relationship | 关系类型 | Type of Relationship | text
    since_delivery | 距交货_天 | Days since Delivery | int
    called_after | 交货后接触_天 | Days to Contact | int
    """),
    derived=True,
)
PEOPLE = SheetSpec(
    "people",
    "人员拜访",
    "Visits by Person",
    columns("""
    owner | 负责人 | Owner | text
    customers | 客户数 | Customers | int
    due_visits | 应访项数 | Planned Items | int
    late_visits | 逾期项数 | Late Items | int
    longest_late | 最长逾期_天 | Longest Overdue Days | int
    on_plan | 按计划率 | On-plan Rate | percent
    """),
    derived=True,
)
CHECKS = SheetSpec(
    "department_checks",
    "部门检查",
    "Department Checks",
    columns("""
    month | 月份 | Month | date
    customer_id | 客户编号 | Customer ID | text
    customer_name | 客户名称 | Customer Name | text
    customer_tier | 客户等级 | Customer Tier | text
    department | 检查部门 | Department | text
    checked | 检查次数 | Checks | int
    month_over | 当月已过 | Month Over | bool
    """),
    derived=True,
)
LISTS = SheetSpec(
    "branch_contacts",
    "分公司联系人",
    "Branch Contact Lists",
    columns("""
    branch | 分公司 | Branch | text
    key_customers | 大客户数 | Key Customers | int
    listed | 有齐全联系人的客户数 | Customers with a Complete Contact | int
    unlisted | 缺联系人的客户 | Customers without | text
    list_rate | 联系人齐全率 | Complete Rate | percent
    """),
    derived=True,
)

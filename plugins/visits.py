"""Visits, and the people at customers who are visited: the sheets that several plugins bring."""

from __future__ import annotations

from kamrules.plugin import SheetSpec, columns

VISITS = SheetSpec(
    "visits",
    "拜访",
    "Visits",
    columns("""
    visit_id | 记录编号 | Visit ID | text | 编号
    customer_id | 客户编号 | Customer ID | text required | 客户ID, 客户编码, 客户, 客户名称
    contact | 联系人 | Contact | text | 被访人, 对接人
    date | 拜访日期 | Date | datetime required event | 回访日期, 跟进时间, 时间, 日期
    channel | 方式 | Channel | enum 上门/会议/电话/视频/微信/邮件/短信/网站/展会 | 跟进方式, 拜访方式, 形式
    kind | 类型 | Kind | enum 拜访/月度回访/例会/抽查/关怀/外联 blank=拜访
    visitor | 拜访人 | Visitor | text | 回访人, 跟进人, 负责人
    department | 部门 | Department | text | 所属部门
    topic | 主题 | Topic | text | 事由
    level | 我方层级 | Level | enum 经理/高层 blank=经理
    content | 内容 | Content | text | 跟进内容, 回访内容
    quality | 工程质量 | Quality | number
    progress | 施工进度 | Progress | number
    technique | 技术管理 | Technique | number
    materials | 物资管理 | Materials | number
    safety | 安全管理 | Safety | number
    documents | 资料管理 | Documents | number
    site | 文明施工 | Site | number
    service | 服务配合 | Service | number
    needs | 客户需求 | Needs | text | 需求
    problems | 问题 | Problems | text | 难点, 反馈问题
    feedback | 客户反馈 | Feedback | text | 反馈
    next_by_customer | 对方约下次 | Next by Customer | bool
    followup_due | 跟进期限 | Follow-up Due | date | 下次跟进
    followup_done | 跟进完成 | Done | date
    submitted_at | 报送时间 | Submitted | datetime | 上报日期, 提交时间
    hours | 耗时 | Hours | number 小时 | 工时
    cost | 费用 | Cost | money 元 | 招待费, 差旅费
    verified | 抽查结果 | Verified | enum 相符/不符/未查 blank=未查
    """),
    (
        "拜访记录", "跟进记录", "回访记录", "Activities", "回访", "客户拜访", "走访", "回访表",
        "Follow-ups",
    ),
    references="customer_id",
)  # fmt: skip
CONTACTS = SheetSpec(
    "contacts",
    "联系人",
    "Contacts",
    columns("""
    contact_id | 联系人编号 | Contact ID | text
    customer_id | 客户编号 | Customer ID | text required | 客户ID, 客户编码
    name | 姓名 | Name | text required | 联系人, 联系人姓名, ContactName
    title | 职务 | Title | text | 职位, 岗位, ContactTitle
    phone | 联系电话 | Phone | text | 手机, 手机号, 电话, Mobile
    in_office | 在职 | Active | bool | 是否在职
    birthday | 生日 | Birthday | date | 出生日期
    """),
    ("客户联系人", "Contact", "通讯录", "联系人表"),
    references="customer_id",
)

"""What a run says first of key accounts: the tier of each customer, measured by its sales."""

from __future__ import annotations

from kamrules.plugin import Headline, Text

HEADLINE = Headline(
    grade=Text("等级", "tier"),
    name="customer_name",
    measure="sales",
    share="share",
    previous="previous_tier",
    effective=Text("生效等级", "effective tier"),
    outcome=Text("评审结论", "review outcome"),
    scheme=Text("采用方案", "scheme"),
    summed=("orders", "amount", "date"),
    nouns={
        "grade": Text("等级", "tier"),
        "subject": Text("客户", "customer"),
        "subjects": Text("客户", "customers"),
        "measure": Text("销售额", "sales"),
        "counter": Text("户", "customers"),
    },
    words={
        "grade": Text("等级", "Tier"),
        "subject_id": Text("客户编号", "Customer ID"),
        "subject_list": Text("客户清单", "Customers"),
        "by_grade": Text("各等级", "By tier"),
        "count": Text("客户数", "Customers"),
        "count_change": Text("户数变化", "Change"),
        "measure_change": Text("销售额变化", "Sales change"),
        "grade_lines": Text("等级 户数 变化 销售额 销售占比", "tier customers change sales share"),
        "note_grade": Text(
            "等级: {grade}  (上期 {previous})", "Tier: {grade}  (previous {previous})"
        ),
    },
)

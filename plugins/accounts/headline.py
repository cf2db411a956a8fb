"""What a run says first of key accounts: the tier of each customer, measured by its sales."""

from __future__ import annotations

from kamrules.plugin import Headline, Text

from .words import WORDS

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
    words=WORDS,
)

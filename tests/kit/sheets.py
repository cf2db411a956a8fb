"""Sheets of customers, orders and visits, described as a plugin describes them."""

from __future__ import annotations

from kamrules.sheets.column import Column, SheetSpec

CUSTOMERS = SheetSpec(
    "customers",
    "客户",
    "Customers",
    (
        Column("customer_id", "客户编号", "Customer ID", "text", "", ("编号",), required=True),
        Column("customer_name", "客户名称", "Customer Name", "text", "", ("客户",), required=True),
        Column("sales", "年销售额", "Annual Sales", "money", unit="元", synonyms=("采购额",)),
        Column("margin", "利润率", "Margin", "percent"),
        Column("overdue", "逾期天数", "Overdue Days", "int", unit="天"),
        Column("strategic", "战略意义", "Strategic", "enum", allowed=("重大", "无"), blank="无"),
        Column("since", "首次合作日期", "First Deal", "date"),
        Column("grade", "客户等级", "Grade", "text", synonyms=("等级",)),
    ),
    synonyms=("客户表", "Accounts"),
    required=True,
    unique="customer_id",
)  # fmt: skip
ORDERS = SheetSpec(
    "orders",
    "销售",
    "Orders",
    (
        Column("order_id", "订单编号", "Order ID", "text"),
        Column("customer_id", "客户编号", "Customer ID", "text", required=True),
        Column("date", "日期", "Date", "date", synonyms=("订单日期", "Order Date"), required=True),
        Column("amount", "销售额", "Amount", "money", synonyms=("金额",), required=True),
        Column("quantity", "数量", "Quantity", "number"),
    ),
    synonyms=("销售明细",),
    references="customer_id",
)
VISITS = SheetSpec(
    "visits",
    "拜访",
    "Visits",
    (
        Column("customer_id", "客户编号", "Customer ID", "text", required=True),
        Column("date", "日期", "Date", "datetime", required=True),
        Column("visitor", "拜访人", "Visitor", "text", required=True),
    ),
    references="customer_id",
)
SPECS = (ORDERS, CUSTOMERS, VISITS)

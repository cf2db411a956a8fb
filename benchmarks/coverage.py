"""Rule coverage by data: a generated book with every sheet filled, and how many rule rows hit.

Of the subjects tiering, entitlements, credit, portfolio and quality.

One run for each tier scheme, one between reviews, one with a rule table that lacks rows; a row
counts when any of them hits it.

Run: python benchmarks/coverage.py [CUSTOMERS]
"""

from __future__ import annotations

import datetime as dt
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import openpyxl

from kamrules.hooks import plugins
from kamrules.run import pipeline

SEED = 2025
LAST = dt.date(2025, 12, 31)
SUBJECTS = ("tiering", "entitlements", "credit", "portfolio", "quality")
SCHEMES = ("占比", "金字塔", "价值", "六标准", "五色", "ABC", "积分", "提名", "统一")
REASONS = {
    "市场开发部": ("实力大", "潜力大", "重点"), "生产监控部": ("产值大", "面积大"),
    "造价合约中心": ("利润大",), "资金中心": ("付款好",),
}  # fmt: skip
TIERS = (
    "战略", "重点", "普通", "非大客户", "重要客户(VIP)", "主要客户", "一般客户", "小客户", "铂金",
    "黄金", "铁质", "铅质", "A", "B", "C", "标准", "旧级",
)  # fmt: skip
Rows = Iterable[Sequence[Any]]


def write(path: Path, count: int) -> Path:
    """Write a book of *count* customers with every sheet filled; return its path."""
    chance = random.Random(SEED)
    ids = [f"K{n:05}" for n in range(1, count + 1)]
    book = openpyxl.Workbook(write_only=True)
    for title, rows in (
        ("客户", customers(ids, chance)), ("销售", orders(ids, chance)),
        ("拜访", visits(ids, chance)), ("财务", financials(ids, chance)),
        ("合同", contracts(ids, chance)), ("联系人", contacts(ids, chance)),
        ("部门提名", nominations(ids, chance)), ("历史", history(ids, chance)),
    ):  # fmt: skip
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    book.save(path)
    return path


def _maybe(chance: random.Random, part: float, value: Any) -> Any:
    return value if chance.random() < part else None


def customers(ids: Sequence[str], chance: random.Random) -> Rows:
    """Yield the customers sheet: every column, each blank in some rows."""
    yield (
        "客户编号", "客户名称", "负责人", "分公司", "地区", "行业", "行业排名", "战略意义", "批准人",
        "人工等级", "人工等级有效期", "人工等级理由", "发展潜力", "创新型", "费时服务", "影响力",
        "客户总采购额", "竞争对手", "现关系类型", "首次合作日期", "信用等级", "法定代表人", "地址",
        "电话", "更新日期", "客户年龄", "推荐人",
    )  # fmt: skip
    relations = ("基本", "被动", "负责", "能动", "主动", "伙伴")
    for n, id_ in enumerate(ids):
        industry = (
            ("钢铁", "食品", "医药", "亏损业", "失联业")[n % 5] if n % 1500 != 7 else "稀有业"
        )
        approved, reasoned, dated = (chance.random() < 0.7 for _ in range(3))
        manual = chance.choice(("战略", "重点", "普通", "非大客户", "非大客户", "特级"))
        has = n % 100 == 7 and n >= 60
        until = LAST + dt.timedelta(chance.randrange(-200, 400))
        reach = 0.5 if industry == "失联业" else 0.95
        full = chance.random()
        yield (
            id_, f"客户{id_}", _maybe(chance, 0.9, f"经理{n % 37}"), f"分公司{n % 9}", f"地区{n % 7}",
            industry, _maybe(chance, 0.6, chance.randrange(1, 60)),
            chance.choice(("重大", "重要")) if n % 97 == 5 and n < 600 else None,
            "何总" if n % 97 == 5 or (has and approved) else None, manual if has else None,
            until if has and dated else None, "约定" if has and reasoned else None,
            chance.randrange(60, 100) if n < 60 else _maybe(chance, 0.5, chance.randrange(0, 100)),
            _maybe(chance, 0.5, chance.choice(("是", "否"))),
            _maybe(chance, 0.5, chance.choice(("是", "否"))),
            _maybe(chance, 0.6, chance.randrange(1, 6)),
            _maybe(chance, 0.6, 10 ** chance.uniform(4.5, 8)),
            _maybe(chance, 0.5, "、".join("甲乙丙"[: chance.randrange(1, 4)])),
            _maybe(chance, 0.2, chance.choice(relations)),
            _maybe(chance, 0.8, LAST - dt.timedelta(chance.randrange(30, 6000))),
            _maybe(chance, 0.1, chance.choice("ABCD")), _maybe(chance, full, "法人"),
            _maybe(chance, full, "地址"), _maybe(chance, reach, f"138{n:08}"),
            _maybe(chance, 0.9, LAST - dt.timedelta(chance.randrange(0, 400))),
            _maybe(chance, 0.5, chance.randrange(18, 80)), _maybe(chance, 0.1, chance.choice(ids)),
        )  # fmt: skip


def orders(ids: Sequence[str], chance: random.Random) -> Rows:
    """Yield orders whose sizes fall as in real books, some at a loss, some late."""
    yield (
        "订单编号", "行号", "客户编号", "日期", "销售额", "成本", "折扣", "产品类别", "回款日期",
        "发货日期",
    )  # fmt: skip
    number = 0
    for n, id_ in enumerate(ids):
        if n % 50 == 49:
            continue  # never bought
        size = 6e8 / (n + 1) ** 1.05
        years = (2024, 2025) if n % 11 else (2025,)
        margin = (
            chance.choice((-0.2, 0.01, 0.1, 0.25, 0.4, 0.5))
            if n > 40
            else chance.choice((0.1, 0.3, 0.45))
        )
        margin = -0.3 if n % 5 == 3 and n % 1500 != 7 else margin
        kinds = chance.randrange(1, 7)
        cheap = chance.random() < 0.3
        for year in years:
            count = chance.choice((1, 2, 3, 5, 12, 14)) if n >= 60 else 14
            grown = chance.choice((0.5, 0.9, 1.0, 1.1, 1.5)) if year == 2025 else 1
            for k in range(count):
                number += 1
                day = dt.date(year, k % 12 + 1, chance.randrange(1, 28))
                amount = round(size * grown / count * chance.uniform(0.8, 1.2), 2)
                discount = chance.choice((0.05, 0.12)) if cheap else chance.choice((0, 0, 0, 0.02))
                paid = day + dt.timedelta(chance.choice((20, 45, 70, 120)))
                yield (
                    f"S{number}", 1, id_, day, amount, round(amount * (1 - margin), 2),
                    discount or None, f"品类{(n + k) % kinds}", paid if paid <= LAST else None,
                    day + dt.timedelta(3),
                )  # fmt: skip


def visits(ids: Sequence[str], chance: random.Random) -> Rows:
    """Yield visits: many or none, made by us or by the customer."""
    yield "客户编号", "拜访日期", "方式", "类型", "拜访人", "部门", "客户反馈", "耗时", "费用"
    kinds = ("拜访", "月度回访", "培训", "咨询", "交流", "客户活动", "来电")
    for n, id_ in enumerate(ids):
        inbound = n % 13 == 0
        for k in range(chance.choice((0, 0, 1, 2, 4, 8)) if n >= 40 else 9):
            day = LAST - dt.timedelta(chance.randrange(0, 330))
            yield (
                id_, day, "电话" if inbound else chance.choice(("上门", "电话", "会议")),
                "来电" if inbound else chance.choice(kinds[:-1]), f"员工{(n + k) % (4 if n % 2 else 2)}",
                chance.choice(("销售", "技术")), _maybe(chance, 0.7, "反馈"),
                200 if n < 20 else chance.choice((0.5, 1, 3)), 100,
            )  # fmt: skip


def financials(ids: Sequence[str], chance: random.Random) -> Rows:
    """Yield accounts, good, bad and between, and what a bank knows."""
    yield (
        "客户编号", "年度", "营业收入", "净利润", "总资产", "流动资产", "流动负债", "应收账款",
        "逾期天数", "存货", "营业成本", "综合效益", "中间业务收入", "月均结余", "储蓄余额", "支票笔数",
    )  # fmt: skip
    for n, id_ in enumerate(ids):
        if n % 3 == 2:
            continue
        bad = chance.random() < 0.3
        good = not bad and chance.random() < 0.6
        revenue = 10 ** chance.uniform(6, 8)
        rate = chance.uniform(-0.2, -0.01) if bad else chance.uniform(0.06 if good else 0, 0.2)
        yield (
            id_, 2025, revenue, revenue * rate, revenue * chance.uniform(0.8, 1.2),
            revenue * (0.3 if bad else 0.9 if good else chance.uniform(0.5, 0.8)), revenue / 2,
            revenue * (chance.uniform(0.1, 0.15) if good else chance.uniform(0.1, 0.4)),
            chance.choice((0, 0, 0, 0, 100, 200)), revenue * (0.1 if good else chance.uniform(0.1, 0.5)),
            revenue * 0.7, 10 ** chance.uniform(2, 7.2), 10 ** chance.uniform(2, 6.9),
            chance.choice((100, 240, 250, 900)), chance.choice((0, 0, 500)), chance.randrange(0, 4000),
        )  # fmt: skip


def contracts(ids: Sequence[str], chance: random.Random) -> Rows:
    """Yield contracts, some of them over."""
    yield "合同编号", "客户编号", "合同金额", "结束日期"
    for n, id_ in enumerate(ids[::3]):
        yield (
            f"H{n}",
            id_,
            10 ** chance.uniform(4, 7),
            LAST + dt.timedelta(chance.randrange(-300, 600)),
        )


def contacts(ids: Sequence[str], chance: random.Random) -> Rows:
    """Yield a contact for most customers."""
    yield "客户编号", "姓名", "职务"
    for id_ in ids:
        if chance.random() < 0.7:
            yield id_, "张三", "经理"


def nominations(ids: Sequence[str], chance: random.Random) -> Rows:
    """Yield nominations by one department or several, some not valid."""
    yield "期次", "部门", "客户编号", "提名理由", "项目产值", "项目面积"
    for n, id_ in enumerate(ids):
        wanted = 3 if n % 300 == 1 else 2 if n % 60 == 2 else 1 if n % 30 == 3 or n < 20 else 0
        for department in chance.sample(sorted(REASONS), wanted):
            for reason in REASONS[department]:
                yield (
                    "2025H2", department, id_, reason, 10 ** chance.uniform(6, 8),
                    chance.choice((500, 20_000)),
                )  # fmt: skip
        if n % 200 == 9:
            yield "2025H2", "资金中心", id_, "潜力大", None, None
            yield "2025H1", "资金中心", id_, "付款好", None, None


def history(ids: Sequence[str], chance: random.Random) -> Rows:
    """Yield last period's tiers, of every scheme."""
    yield "期次", "客户编号", "等级", "占比", "评审结论"
    outcomes = ("不变", "升级", "临界观察", None)
    for n, id_ in enumerate(ids):
        tier = "战略" if n < 25 else "A" if n % 3 == 0 else chance.choice(TIERS)
        if n % 10:
            # Near thresholds nobody was watched before, so that falls are watched now.
            yield dt.date(2025, 6, 30), id_, tier, None, None if n < 25 else chance.choice(outcomes)


def parameters(path: Path, **said: str) -> Path:
    """Write a rule workbook with parameters; return its path."""
    book = openpyxl.Workbook()
    sheet: Any = book.worksheets[0]
    sheet.title = "参数"
    for row in (("参数", "值"), *said.items()):
        sheet.append(row)
    book.save(path)
    return path


def lacking(path: Path) -> Path:
    """Write the entitlements with the first row only, as a careless edit leaves them."""
    with as_file(files("kamrules_rulesets") / "entitlements.xlsx") as source:
        book = openpyxl.load_workbook(source)
    sheet: Any = book["服务权益 entitlements"]
    first = next(c.row for c in sheet["A"] if c.value == "R1")
    sheet.delete_rows(first + 1, 3)
    book.save(path)
    return path


def covered(folder: Path, count: int) -> dict[str, Counter[str]]:
    """Return how often each row of each table hit, over all runs."""
    others = [plugin.name for plugin in plugins.describe() if plugin.name not in SUBJECTS]
    book, manager = write(folder / "book.xlsx", count), plugins.load(without=others)
    label = {"铂金称呼": "钻石"}
    runs: list[tuple[dict[str, str], dt.date, tuple[Path, ...]]] = [
        *(({"采用方案": scheme}, LAST, ()) for scheme in SCHEMES),
        ({"采用方案": "价值", **label}, LAST, ()),
        ({"采用方案": "占比"}, dt.date(2025, 11, 30), ()),
        ({"采用方案": "占比"}, LAST, (lacking(folder / "entitlements.xlsx"),)),
    ]
    hits: dict[str, Counter[str]] = {}
    for n, (said, as_of, rules) in enumerate(runs):
        with_them = (parameters(folder / f"parameters{n}.xlsx", **said), *rules)
        result = pipeline.apply(book, pipeline.Run(manager, with_them, as_of))
        for decision in result.decisions:
            counts = hits.setdefault(decision.table.name, Counter())
            counts.update(decision.hits)
            for id_ in decision.hits:
                counts[id_] += 0
    return hits


def main() -> None:
    """Print the rows that hit, by table, and those that never did."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000
    with tempfile.TemporaryDirectory() as folder:
        hits = covered(Path(folder), count)
    for table, counts in hits.items():
        never = [rule for rule, hit in counts.items() if not hit]
        said = f"   never: {', '.join(never)}" if never else ""
        print(f"{table:<40} {sum(map(bool, counts.values())):3} of {len(counts):3} rows{said}")
    rows = [hit for counts in hits.values() for hit in counts.values()]
    part = sum(map(bool, rows)) / len(rows)
    print(f"{len(hits)} tables, {len(rows)} rows, {part:.1%} covered by {count:,} customers")


if __name__ == "__main__":
    main()

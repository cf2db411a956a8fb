"""What apply costs on a large book with complaints and visits, verb by verb, in CPU seconds.

python benchmarks/cases.py [CUSTOMERS COMPLAINTS VISITS]   (10000 30000 100000)
"""

from __future__ import annotations

import datetime as dt
import os
import random
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl

from kamrules.annotate import write
from kamrules.engine.cases import caserun
from kamrules.hooks import plugins
from kamrules.run import decisions, pipeline

AS_OF = dt.date(2026, 6, 30)
SEED = 7
TYPES = ("交期", "质量", "服务", "价格", "物流")
CHANNELS = ("上门", "电话", "会议", "视频", "微信")
KINDS = ("拜访", "拜访", "月度回访", "例会", "关怀")


def make(path: Path, customers: int, complaints: int, visits: int) -> None:
    """Write a book of that size; the same numbers give the same book."""
    pick = random.Random(SEED)
    book = openpyxl.Workbook(write_only=True)
    ids = [f"K{n:05}" for n in range(customers)]
    owners = [f"经理{n:02}" for n in range(60)]
    _sheet(book, "客户", ("客户编号", "客户名称", "负责人", "分公司"), (
        (id_, f"客户{n}", owners[n % 60], f"分公司{n % 12}") for n, id_ in enumerate(ids)
    ))  # fmt: skip
    _sheet(book, "销售", ("订单编号", "客户编号", "订单日期", "金额"), (
        (n, id_, _day(pick, 360), round(pick.lognormvariate(8, 2), 2)) for n, id_ in enumerate(ids)
    ))  # fmt: skip
    staff = [(o, "客户经理", f"主管{n % 10}") for n, o in enumerate(owners)]
    staff += [(f"主管{n}", "主管", f"部门经理{n % 3}") for n in range(10)]
    staff += [(f"部门经理{n}", "部门经理", "总监甲") for n in range(3)]
    staff += [("总监甲", "分管总监", "总经理乙"), ("总经理乙", "总经理", None)]
    _sheet(book, "人员", ("姓名", "岗位", "直接上级"), staff)
    heads = ("投诉编号", "客户编号", "受理时间", "类别", "影响", "首次响应时间", "解决时间")
    _sheet(book, "投诉", heads, (_complaint(pick, n, ids) for n in range(complaints)))
    heads = ("记录编号", "客户编号", "拜访日期", "方式", "类型", "拜访人", "主题", "内容")
    _sheet(book, "拜访", heads, (_visit(pick, n, ids, owners) for n in range(visits)))
    book.save(path)


def _sheet(book: Any, title: str, heads: tuple[str, ...], rows: Any) -> None:
    sheet = book.create_sheet(title)
    sheet.append(heads)
    for row in rows:
        sheet.append(row)


def _day(pick: random.Random, days: int) -> dt.datetime:
    day = AS_OF - dt.timedelta(days=pick.randrange(days))
    return dt.datetime.combine(day, dt.time())


def _complaint(pick: random.Random, n: int, ids: list[str]) -> tuple[Any, ...]:
    received = _day(pick, 360) + dt.timedelta(minutes=pick.randrange(480, 1100))
    answered = received + dt.timedelta(hours=pick.expovariate(1 / 20))
    solved = answered + dt.timedelta(hours=pick.expovariate(1 / 60))
    end = dt.datetime.combine(AS_OF, dt.time())
    done = solved if solved < end and pick.random() < 0.9 else None
    known = answered if answered < end else None
    impact = pick.choice(("小", "小", "中", "大"))
    return f"T{n:06}", pick.choice(ids), received, pick.choice(TYPES), impact, known, done


def _visit(pick: random.Random, n: int, ids: list[str], owners: list[str]) -> tuple[Any, ...]:
    at = _day(pick, 360) + dt.timedelta(minutes=pick.randrange(480, 1100))
    customer = pick.randrange(len(ids))
    topic = f"议题{pick.randrange(40)}"
    content = (
        f"{topic}: 讨论第 {pick.randrange(5000)} 号方案, 客户希望 {pick.randrange(90)} 天内答复"
    )
    return (
        f"V{n:06}", ids[customer], at, pick.choice(CHANNELS), pick.choice(KINDS),
        owners[customer % 60], topic, content,
    )  # fmt: skip


SPENT: dict[str, float] = {}


def _cpu() -> float:
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def timed(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that adds what it costs to a verb."""

    def wrapper(*arguments: Any, **named: Any) -> Any:
        start = _cpu()
        try:
            return function(*arguments, **named)
        finally:
            SPENT[name] = SPENT.get(name, 0.0) + _cpu() - start

    return wrapper


def _late(function: Callable[..., Any]) -> Callable[..., Any]:
    def wrapper(fact: Any, *arguments: Any) -> Any:
        return timed(f"  fact {fact.sheet}.{fact.columns[0].key}", function)(fact, *arguments)

    return wrapper


def main() -> None:
    """Make the book, apply it, and print what each verb cost."""
    sizes = [int(n) for n in sys.argv[1:4]] or [10_000, 30_000, 100_000]
    pipeline.read = timed("read", pipeline.read)  # type: ignore[attr-defined]
    pipeline.with_facts = timed("facts", pipeline.with_facts)  # type: ignore[attr-defined]
    pipeline.decide_all = timed("decide", pipeline.decide_all)  # type: ignore[attr-defined]
    decisions.worked_out = _late(decisions.worked_out)  # type: ignore[attr-defined]
    caserun.decide = timed("    case rules", caserun.decide)
    with tempfile.TemporaryDirectory() as folder:
        book = Path(folder) / "large.xlsx"
        make(book, *sizes)
        manager = plugins.load()
        start = _cpu()
        result = pipeline.apply(book, pipeline.Run(manager, as_of=AS_OF))
        applied = _cpu() - start
        written = write.write(result, book, write.Targets(), "zh", manager)
        total = _cpu() - start
        size = sum(p.stat().st_size for p in written if p.is_file())
    SPENT["write"] = total - applied
    print("customers, complaints, visits:", *sizes)
    for name, spent in SPENT.items():
        print(f"{name:38} {spent:7.2f} s {spent / total:7.1%}")
    print(f"{'apply without writing':38} {applied:7.2f} s")
    print(f"{'all of it':38} {total:7.2f} s   ({size / 1e6:.1f} MB)")
    steps = result.data.sheets["escalations"].frame.height
    print("steps of escalation:", steps, " problems:", len(result.problems))


if __name__ == "__main__":
    main()

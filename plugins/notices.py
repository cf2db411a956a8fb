"""What goes out: plan and escalation sheets, calendars, draft notices and a digest per person."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import polars as pl

from kamrules.plugin import (
    ColumnsReport,
    FilesReport,
    Lang,
    Report,
    Result,
    ResultColumn,
    SheetReport,
    Text,
    Type,
    both,
    fmt,
    hookimpl,
    in_english,
    shown,
    text_width,
    typed,
)

if TYPE_CHECKING:
    from icalendar import Event

requires = ("tiering",)

# Weeks ahead on the plan sheet and in calendars, days back for draft notices.
WEEKS, DAYS = 13, 7
# What the derivation of a deadline says besides days and hours.
_CLOCK_WORDS = {
    "响应": "response", "反馈": "feedback", "解决": "resolution", "受理": "received", "暂停": "paused",
}  # fmt: skip
_STYLES = {
    "超时": "level.error", "严重逾期": "level.error", "从未拜访": "level.error", "危机": "level.error",
    "缺报": "level.error", "已到期": "level.error", "预警": "level.warning", "逾期": "level.warning",
    "迟报": "level.warning",
}  # fmt: skip


@hookimpl
def reports() -> Iterable[Report | SheetReport | ColumnsReport | FilesReport]:
    return [
        SheetReport("visit_plan", Text("拜访计划", "Visit plan"), partial(listed, _plan)),
        SheetReport("escalations", Text("投诉升级", "Escalations"), partial(listed, _escalations)),
        SheetReport("crisis_steps", Text("危机处置", "Crisis steps"), partial(listed, _crisis)),
        SheetReport(
            "monthly_returns", Text("月度回访", "Monthly returns"), partial(listed, _returns)
        ),
        SheetReport(
            "branch_returns", Text("分公司回访", "Branch returns"), partial(listed, _branches)
        ),
        ColumnsReport("complaints", _complaint_columns),
        ColumnsReport("visits", _visit_columns),
        ColumnsReport("contacts", _contact_columns),
        FilesReport("visits", ".ics", calendars),
        FilesReport("notices", ".eml", drafts),
        FilesReport("digests", ".md", digests),
    ]


def frame_of(result: Result, key: str) -> pl.DataFrame | None:
    """Return the rows of a sheet with all that was worked out, None where there are none."""
    found = result.data.frame(key)
    return None if found is None or found.is_empty() else found


def column_of(frame: pl.DataFrame, name: str) -> str | None:
    """Return the column of a frame with a name, as a key or in either language."""
    if name in frame.columns:
        return name
    return next((c for c in frame.columns if "#" not in c and name in both(c)), None)


Table = list[tuple[str, Type]]  # column and type, in the order they are shown


def listed(
    chosen: Callable[[Result], tuple[str, pl.DataFrame | None, Table]], result: Result, lang: Lang
) -> Sequence[ResultColumn]:
    """Return the columns of a list: chosen rows of a sheet, headers as the sheet names them."""
    key, frame, columns = chosen(result)
    if frame is None or frame.is_empty():
        return []
    return result_columns(result, key, frame, columns, lang, None)


def result_columns(
    result: Result,
    key: str,
    frame: pl.DataFrame,
    columns: Table,
    lang: Lang,
    rows: pl.Series | None,
) -> list[ResultColumn]:
    sheet = result.data.sheets[key]
    names = {c.key: c.name for c in (*sheet.spec.columns, *sheet.facts)}
    styles = {shown(result, value, lang): look for value, look in _STYLES.items()}
    made = []
    for name, type_ in columns:
        column = column_of(frame, name)
        if column is None:
            continue
        known = (
            in_english(frame[column], _CLOCK_WORDS)
            if (name, lang) == ("derivation", "en")
            else frame[column]
        )
        values = typed(known, result, lang)
        wide = text_width(values, most=44) if values.dtype == pl.String else 14
        title = names.get(column) or both(column)
        made.append(ResultColumn(title, values, type_, wide, styles, rows=rows))
    return made


def _plan(result: Result) -> tuple[str, pl.DataFrame | None, Table]:
    frame = _planned(result)
    return "visit_plan", frame, [
        ("owner", "text"), ("planned", "date"), ("customer_id", "text"), ("customer_name", "text"),
        ("customer_tier", "text"), ("plan_kind", "text"), ("last_visit", "date"),
        ("visit_due", "date"), ("overdue_days", "int"), ("拜访状态", "text"), ("interval", "int"),
    ]  # fmt: skip


def _planned(result: Result) -> pl.DataFrame | None:
    """Return the plan of the coming weeks by owner and day."""
    frame = frame_of(result, "visit_plan")
    if frame is None:
        return None
    weeks = int(result.data.parameter("计划周数", result.data.parameter("weeks planned", WEEKS)))
    last = result.as_of + dt.timedelta(weeks=weeks)
    return frame.filter(pl.col("planned") <= last).sort(
        "owner", "planned", "customer_id", "plan_kind", nulls_last=True
    )


def _escalations(result: Result) -> tuple[str, pl.DataFrame | None, Table]:
    return "escalations", frame_of(result, "escalations"), [
        ("at", "datetime"), ("complaint_id", "text"), ("customer_id", "text"),
        ("customer_name", "text"), ("before", "text"), ("level", "text"), ("rule", "text"),
        ("reason", "text"), ("because", "text"), ("role", "text"), ("person", "text"),
        ("direction", "text"), ("action", "text"), ("sent", "text"), ("derivation", "text"),
    ]  # fmt: skip


def _crisis(result: Result) -> tuple[str, pl.DataFrame | None, Table]:
    return "crisis_steps", frame_of(result, "crisis_steps"), [
        ("complaint_id", "text"), ("customer_id", "text"), ("customer_name", "text"),
        ("crisis_at", "datetime"), ("step", "int"), ("步骤", "text"), ("step_owner", "text"),
        ("步骤时限", "text"), ("step_due", "datetime"), ("step_state", "text"),
    ]  # fmt: skip


def _returns(result: Result) -> tuple[str, pl.DataFrame | None, Table]:
    return "monthly_returns", frame_of(result, "monthly_returns"), [
        ("month", "date"), ("branch", "text"), ("owner", "text"), ("customer_id", "text"),
        ("customer_name", "text"), ("回访状态", "text"), ("return_day", "int"),
        ("complete", "text"), ("score", "percent"), ("满意度灯", "text"), ("meetings", "int"),
        ("纪要状态", "text"),
    ]  # fmt: skip


def _branches(result: Result) -> tuple[str, pl.DataFrame | None, Table]:
    return "branch_returns", frame_of(result, "branch_returns"), [
        ("branch", "text"), ("due_returns", "int"), ("in_time", "int"), ("late", "int"),
        ("missing", "int"), ("incomplete", "int"), ("rate", "percent"), ("falsified", "int"),
        ("处理", "text"),
    ]  # fmt: skip


def beside(result: Result, key: str, columns: Table, lang: Lang) -> list[ResultColumn]:
    frame = frame_of(result, key)
    if frame is None:
        return []
    return result_columns(result, key, frame, columns, lang, frame["#row"])


def beside_customers(
    key: str, columns: Table, result: Result, lang: Lang
) -> Sequence[ResultColumn]:
    """Return columns of a sheet that has a row for each customer, beside the customers."""
    frame, customers = frame_of(result, key), frame_of(result, "customers")
    if frame is None or customers is None:
        return []
    rows = customers.select("customer_id", pl.col("#row").alias("#beside"))
    found = frame.join(rows, on="customer_id", maintain_order="left")
    return result_columns(result, key, found, columns, lang, found["#beside"])


def _complaint_columns(result: Result, lang: Lang) -> Sequence[ResultColumn]:
    columns: Table = [
        ("response_due", "datetime"), ("response_used", "percent"), ("feedback_due", "datetime"),
        ("resolution_due", "datetime"), ("resolution_used", "percent"), ("paused_time", "number"),
        ("level", "text"), ("level_at", "datetime"), ("next_level_at", "datetime"),
        ("notified", "text"), ("derivation", "text"),
    ]  # fmt: skip
    return beside(result, "complaints", columns, lang)


def _visit_columns(result: Result, lang: Lang) -> Sequence[ResultColumn]:
    columns: Table = [("suspicion", "int"), ("suspicion_why", "text"), ("sampled", "text"), ("people_7", "int"), ("followup_late", "int")]  # fmt: skip
    return beside(result, "visits", columns, lang)


def _contact_columns(result: Result, lang: Lang) -> Sequence[ResultColumn]:
    frame = frame_of(result, "care")
    if frame is None:
        return []
    frame = frame.unique("contact_row", keep="last", maintain_order=True)
    columns: Table = [("care_date", "date"), ("care_in", "int"), ("关怀", "text")]
    return result_columns(result, "care", frame, columns, lang, frame["contact_row"])


# Files


def calendars(result: Result, lang: Lang) -> Mapping[str, bytes]:
    """Return a calendar of planned visits for each owner, every visit an event of a whole day."""
    from icalendar import Calendar

    frame = _planned(result)
    if frame is None:
        return {}
    found = {}
    rows = frame.drop_nulls(["owner", "planned"])
    for (owner,), part in rows.group_by(["owner"], maintain_order=True):
        calendar = Calendar()
        head = {"prodid": "-//kamrules//visits//EN", "version": "2.0", "calscale": "GREGORIAN"}
        for name, value in {**head, "x-wr-calname": str(owner)}.items():
            calendar.add(name, value)
        for row in part.iter_rows(named=True):
            calendar.add_component(_event(row, result, lang))
        found[str(owner)] = calendar.to_ical()
    return found


def _event(row: Mapping[str, Any], result: Result, lang: Lang) -> Event:
    from icalendar import Event

    day, name, kind = row["planned"], row["customer_name"] or row["customer_id"], row["plan_kind"]
    due = Text("应访 {}, 末次 {}, 等级 {}", "due {}, last {}, tier {}").of(lang)
    tier = shown(result, row["customer_tier"], lang)
    # A visit keeps its identity when its day moves within the same round.
    round_ = f"{result.data.book}|{row['customer_id']}|{kind}|{row['last_visit']}"
    event = Event()
    for property_, value in {
        "uid": f"{hashlib.sha256(round_.encode()).hexdigest()[:32]}@kamrules",
        "dtstamp": dt.datetime.combine(result.as_of, dt.time(), dt.UTC),
        "dtstart": day,
        "dtend": day + dt.timedelta(days=1),
        "summary": f"{shown(result, kind, lang)} {name}",
        "description": due.format(
            *(fmt(row[c], lang=lang) for c in ("visit_due", "last_visit")), tier
        ),
        "transp": "TRANSPARENT",
    }.items():
        event.add(property_, value)
    return event


def fresh_notices(result: Result) -> pl.DataFrame | None:
    """Return the latest step of every open complaint that nobody was told yet, of the last days."""
    log, complaints = frame_of(result, "escalations"), frame_of(result, "complaints")
    if log is None or complaints is None:
        return None
    days = int(result.data.parameter("通知天数", result.data.parameter("notice days", DAYS)))
    since = dt.datetime.combine(result.as_of - dt.timedelta(days=days - 1), dt.time())
    open_ = complaints.filter("is_open")["complaint_id"].implode()
    last = log.group_by("complaint_id", maintain_order=True).last()
    new = (pl.col("at") >= since) & ~pl.col("sent") & pl.col("complaint_id").is_in(open_)
    return last.filter(new & pl.col("person").is_not_null()).sort("at", "complaint_id")


def drafts(result: Result, lang: Lang) -> Mapping[str, bytes]:
    """Return a draft e-mail for each new notice; nothing is sent."""
    rows = fresh_notices(result)
    if rows is None:
        return {}
    if lang == "en":
        rows = rows.with_columns(in_english(rows["derivation"], _CLOCK_WORDS))
    return {
        f"{row['complaint_id']} {row['level']} {row['person']}": _draft(row, result, lang)
        for row in rows.iter_rows(named=True)
    }


def _draft(row: Mapping[str, Any], result: Result, lang: Lang) -> bytes:
    message = EmailMessage(policy=SMTP)
    level, at = row["level"], row["at"]
    name = row["customer_name"] or row["customer_id"] or ""
    message["To"] = row["email"] or ""
    subject = Text(
        "[{level}] 投诉 {id} {name}: {action}", "[{level}] complaint {id} {name}: {action}"
    )
    said = {"level": level, "id": row["complaint_id"], "name": name, "action": row["action"] or ""}
    message["Subject"] = subject.of(lang).format(**said).replace("\n", " ")
    message["Date"] = format_datetime(at.replace(tzinfo=dt.timezone(dt.timedelta(hours=8))))
    digest = hashlib.sha256(f"{result.data.book}|{row['complaint_id']}|{level}".encode())
    message["Message-ID"] = f"<{digest.hexdigest()[:32]}@kamrules>"
    message["X-Unsent"] = "1"
    lines = [
        Text("{}:", "{},").of(lang).format(row["person"]),
        "",
        Text("投诉 {0} ({1}) 在 {2} 升到 {3}。", "Complaint {0} ({1}) rose to {3} at {2}.").of(lang)
        .format(row["complaint_id"], name, fmt(at, lang=lang), level),
        Text("原因: {} (规则 {})", "Why: {} (rule {})").of(lang).format(row["reason"], row["rule"]),
    ]  # fmt: skip
    if row["because"]:
        lines.append(Text("相关: {}", "Together with: {}").of(lang).format(row["because"]))
    lines += [Text("期限: {}", "Deadlines: {}").of(lang).format(row["derivation"] or "-"), ""]
    lines.append(Text("请: {}", "Please: {}").of(lang).format(row["action"] or "-"))
    message.set_content("\n".join(lines), charset="utf-8", cte="base64")
    return message.as_bytes()


def digests(result: Result, lang: Lang) -> Mapping[str, bytes]:
    """Return for each person what to do: notices, crisis steps, visits that are late or planned."""
    parts: dict[str, list[str]] = {}

    def add(person: str | None, title: Text, lines: Iterable[str]) -> None:
        if person and (its := list(lines)):
            parts.setdefault(person, []).append(f"## {title.of(lang)} · {len(its)}\n")
            parts[person] += [f"- {line}" for line in its] + [""]

    notices = fresh_notices(result)
    if notices is not None:
        for (person,), rows in notices.group_by(["person"], maintain_order=True):
            add(str(person), Text("升级的投诉", "Escalated complaints"), (
                f"{_md(r['level'])} {_md(r['complaint_id'])} {_md(r['customer_name'])}: {_md(r['reason'])} → {_md(r['action'])}"
                for r in rows.iter_rows(named=True)
            ))  # fmt: skip
    crises = frame_of(result, "crisis_steps")
    step = column_of(crises, "步骤") if crises is not None else None
    if crises is not None and step:
        for (person,), rows in crises.group_by(["step_owner"], maintain_order=True):
            add(str(person) if person else None, Text("危机步骤", "Crisis steps"), (
                f"{_md(r['complaint_id'])} {_md(r[step])}: {fmt(r['step_due'], lang=lang) if r['step_due'] else _md(r['step_state'])}"
                for r in rows.iter_rows(named=True)
            ))  # fmt: skip
    voices = frame_of(result, "implicit_complaints")
    said = column_of(voices, "隐性投诉") if voices is not None else None
    if voices is not None and said:
        new = voices.filter(pl.col(said) == "建议立案")
        for (owner,), rows in new.group_by(["owner"], maintain_order=True):
            add(str(owner) if owner else None, Text("隐性投诉", "Implicit complaints"), (
                f"{r['noticed']} {_md(r['customer_name'])}: {_md(r['matter'])}"
                for r in rows.iter_rows(named=True)
            ))  # fmt: skip
    plan = _planned(result)
    if plan is not None:
        soon = pl.col("planned") <= result.as_of + dt.timedelta(days=7)
        for (owner,), rows in plan.filter(soon).group_by(["owner"], maintain_order=True):
            add(str(owner) if owner else None, Text("七天内的拜访", "Visits within seven days"), (
                f"{r['planned']} {_md(shown(result, r['plan_kind'], lang))} {_md(r['customer_name'])}"
                + (Text(" (逾期 {} 天)", " ({} days late)").of(lang).format(f"{r['overdue_days']:.0f}") if r["overdue_days"] else "")
                for r in rows.iter_rows(named=True)
            ))  # fmt: skip
    head = Text("# {}: 待办, 基准日 {}", "# {}: to do, as of {}").of(lang)
    return {
        person: ("\n".join([head.format(_md(person), result.as_of), "", *parts[person]])).encode()
        for person in sorted(parts)
    }


def _md(text: Any) -> str:
    """Return text that Markdown shows as it is."""
    return re.sub(r"([\\`*_\[\]<>#|])", r"\\\1", " ".join(str(text or "").split()))

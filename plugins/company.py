"""The company's own calendar and staff: holidays, support hours of customers, the reporting line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import polars as pl

from kamrules import hookimpl
from kamrules.facts.fact import Fact
from kamrules.facts.inputs import Book
from kamrules.messages.problem import Cell, Problem
from kamrules.plugin import message
from kamrules.rules.cell.sfeel import fold
from kamrules.sheets.column import ROW, Column, SheetSpec
from kamrules.sheets.sheet import Data
from kamrules.sheets.specs import columns
from kamrules.sheets.worktime import ROUND_THE_CLOCK, Days, Hours, hours, public_days, timeline

requires = ("tiering",)

# fmt: off
HOLIDAYS_NOT_KNOWN = message("W701", kind="calendar",
    what=("{year} 年的放假安排不全", "the days off of {year} are not complete"),
    why=("当年的调休还没有公布到本程序所用的数据里",
         "make-up days of that year were not announced in the data this program uses"),
    fix=("公布后把放假和上班(调休)的日期写进 节假日 表",
         "once announced, write days off and make-up days into the Holidays sheet"),
    effect=("{year} 年的期限只按周末和法定日计算",
            "deadlines in {year} count weekends and statutory days only"),
    example={"year": 2027})
UNCLEAR_HOURS = message("W702", kind="calendar",
    what=("看不懂工作时间 “{found}”", "the working hours '{found}' are not clear"),
    why=("要写成几段起止时刻, 或 7x24", "they are spans from a time to a time, or 7x24"),
    fix=("写成如 09:00-12:00, 13:00-18:00", "write e.g. 09:00-12:00, 13:00-18:00"),
    effect=("按标准工作时间 {used} 计算", "the standard hours {used} count"),
    example={"found": "朝九晚五", "used": "09:00-12:00, 13:00-18:00"})
CIRCLE_OF_MANAGERS = message("W703", kind="calendar",
    what=("{keys} 的上级连成了环", "the managers of {keys} form a circle"),
    why=("沿 直接上级 往上走会回到本人", "going up by Manager leads back to the same person"),
    fix=("改正 人员 表里的 直接上级", "correct Manager in the Staff sheet"),
    effect=("升级通知只通知到环的起点为止", "notices go up only as far as the circle begins"),
    example={"keys": "王敏, 李强"})
# fmt: on


CUSTOMERS = SheetSpec(
    "customers",
    "客户",
    "Customers",
    columns("support_hours | 服务时间 | Support Hours | text | 支持时间, 服务时段"),
)
STAFF = SheetSpec(
    "staff",
    "人员",
    "Staff",
    columns("""
    staff_id | 工号 | Staff ID | text
    name | 姓名 | Name | text required
    role | 岗位 | Role | text required | 职务
    manager | 直接上级 | Manager | text | 上级
    branch | 分公司 | Branch | text | 部门
    email | 邮箱 | Email | text
    active | 在职 | Active | bool
    """),
    ("员工", "组织架构", "Employees"),
)
HOLIDAYS = SheetSpec(
    "holidays",
    "节假日",
    "Holidays",
    columns("""
    date | 日期 | Date | date required
    kind | 类别 | Kind | enum 放假/上班(调休)/上班 required
    name | 名称 | Name | text
    """),
    ("假期", "调休", "工作日历"),
)
STANDARD = "09:00-18:00"
# The calendar that counts every hour, whoever the customer is.
NATURAL = "#natural"
_WEEKDAYS = "一二三四五六日"
# Dates further from the as-of date than this are mistakes; the calendar does not reach them.
_YEARS = 30


@hookimpl
def sheets() -> Iterable[SheetSpec]:
    return [CUSTOMERS, STAFF, HOLIDAYS]


@hookimpl
def facts(data: Data, as_of: dt.date) -> Iterator[Fact]:
    if "staff" in data.sheets:
        _, wrong = line_of(data)
        none: tuple[Column, ...] = ()
        yield Fact(
            "staff", ROW, none, data.sheets["staff"].frame.lazy().select(ROW), problems=wrong
        )


Calendars = Callable[[dt.date | None], "WorkCalendar"]


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """The spans of working time of every calendar in use, and who has which."""

    line: pl.DataFrame
    days: Days
    hours: dict[str, Hours]
    by_customer: dict[str, str]
    problems: tuple[Problem, ...]

    def of(self, customers: pl.Series) -> pl.Series:
        """Return the calendar of each customer."""
        named = customers.replace_strict(self.by_customer, default="", return_dtype=pl.String)
        return named.alias("calendar")

    def minutes(self, calendars: pl.Series) -> pl.Series:
        """Return the minutes of a working day of each calendar."""
        each = {name: its.minutes for name, its in self.hours.items()}
        return calendars.replace_strict(each, return_dtype=pl.Int64)


def calendar(data: Data, as_of: dt.date, last: dt.date | None = None) -> WorkCalendar:
    """Return the working time around the as-of date, two years beyond it or the last date."""
    problems: list[Problem] = []
    standard = hours(STANDARD)
    said = data.parameters.get("工作时间") or data.parameters.get("working hours")
    if said is not None:
        found = hours(str(said.value))
        if found is None:
            problems.append(UNCLEAR_HOURS.at(said.where, found=said.value, used=STANDARD))
        standard = found or standard
    assert standard is not None
    first = as_of.replace(year=as_of.year - _YEARS, day=1)
    end = max(as_of, last or as_of)
    end = min(end, as_of.replace(year=as_of.year + _YEARS, day=1)) + dt.timedelta(days=730)
    by_customer, calendars = _support(data, standard, problems)
    days = working_days(data, first, end)
    line = timeline(first, end, days, calendars)
    return WorkCalendar(line, days, calendars, by_customer, tuple(problems))


def calendars(book: Book, as_of: dt.date) -> Calendars:
    """Return the function that gives the working time up to a date."""
    return lambda last: calendar(book.data, as_of, last)


def staff_line(book: Book) -> ReportingLine:
    """Return the reporting line of the Staff sheet."""
    return line_of(book.data)[0]


def _support(
    data: Data, standard: Hours, problems: list[Problem]
) -> tuple[dict[str, str], dict[str, Hours]]:
    """Return the calendar of each customer that has one of its own, and the hours of each."""
    calendars = {"": standard, NATURAL: ROUND_THE_CLOCK}
    sheet = data.sheets.get("customers")
    by_customer: dict[str, str] = {}
    if sheet is None or "support_hours" not in sheet.frame.columns:
        return by_customer, calendars
    known = sheet.frame.select(ROW, "customer_id", "support_hours").drop_nulls()
    for (text,), part in known.group_by(["support_hours"], maintain_order=True):
        found = hours(str(text))
        if found is None:
            ref = f"{sheet.letters['support_hours']}{part[ROW][0]}"
            where = Cell(data.book, sheet.title, ref)
            problems.append(UNCLEAR_HOURS.at(where, found=text, used=STANDARD))
        else:
            calendars[str(text)] = found
            by_customer |= dict.fromkeys(part["customer_id"].to_list(), str(text))
    return by_customer, calendars


def working_days(data: Data, first: dt.date, last: dt.date) -> Days:
    """Return the days off and make-up days: those of the Holidays sheet, over the announced ones."""
    country = str(data.parameter("节假日国家", data.parameter("holiday country", "CN")) or "")
    weekend = str(data.parameter("周末", data.parameter("weekend", "六日")))
    numbers = frozenset(_WEEKDAYS.index(c) for c in weekend.replace("天", "日") if c in _WEEKDAYS)
    if fold(country) in ("", "无", "none"):
        known = Days(weekend=numbers)
    else:
        known = public_days(country, range(first.year, last.year + 1))
    frame = data.frame("holidays")
    if frame is None:
        return Days(known.off, known.on, numbers, known.announced)
    rows = frame.select("date", "kind").drop_nulls()
    on = {day for day, kind in rows.iter_rows() if str(kind).startswith("上班")}
    off = {day for day, kind in rows.iter_rows()} - on
    years = frozenset(day.year for day in on | off)
    return Days((known.off - on) | off, (known.on - off) | on, numbers, known.announced, years)


def unannounced(data: Data, days: Days, used: pl.Series) -> list[Problem]:
    """Return a warning for each year of the dates used whose make-up days are not known."""
    if days.announced is None:
        return []
    years = used.drop_nulls().dt.year().unique().sort().to_list()
    where = data.sheets["holidays"].title if "holidays" in data.sheets else ""
    return [
        HOLIDAYS_NOT_KNOWN.at(Cell(data.book, where), found=year, year=year)
        for year in years
        if year > days.announced and year not in days.years
    ]


@dataclass(frozen=True, slots=True)
class Person:
    """A member of the staff."""

    name: str
    role: str
    manager: str
    email: str
    active: bool


# From least to highest; a notice for one of them goes to the next above where nobody has the role.
RANKS = ("客户经理", "主管", "部门经理", "总监", "总经理")


class ReportingLine:
    """Who stands above whom."""

    def __init__(self, people: Iterable[Person], ids: dict[str, str]) -> None:
        self.people = {fold(p.name): p for p in people}
        self.names = {fold(id_): fold(name) for id_, name in ids.items()}

    def find(self, name: str | None) -> Person | None:
        """Return the person with a name or staff number."""
        key = fold(name or "")
        return self.people.get(key) or self.people.get(self.names.get(key, ""))

    def above(self, name: str | None) -> list[Person]:
        """Return the managers of a person from the direct one up, as far as no circle begins."""
        found: list[Person] = []
        person = self.find(name)
        seen = {person.name} if person else set()
        while person and (boss := self.find(person.manager)) and boss.name not in seen:
            found.append(boss)
            seen.add(boss.name)
            person = boss
        return found

    def addressee(self, owner: str | None, role: str) -> Person | None:
        """Return who of those above an owner has a role, or the next above who is in office."""
        plain = role.removeprefix("分管")
        if plain in ("负责人", "owner", "Owner"):
            person = self.find(owner)
            line = [person, *self.above(owner)] if person else []
            return next((p for p in line if p and p.active), None)
        wanted = RANKS.index(plain) if plain in RANKS else -1
        line = [p for p in self.above(owner) if p.active]
        exact = next((p for p in line if fold(p.role.removeprefix("分管")) == fold(plain)), None)
        if exact or wanted < 0:
            return exact
        return next((p for p in line if _rank(p) > wanted), None)


def _rank(person: Person) -> int:
    role = person.role.removeprefix("分管")
    return RANKS.index(role) if role in RANKS else -1


def line_of(data: Data) -> tuple[ReportingLine, tuple[Problem, ...]]:
    """Return the reporting line of the Staff sheet, and its circles."""
    sheet = data.sheets.get("staff")
    if sheet is None:
        return ReportingLine([], {}), ()
    frame = sheet.frame
    have = {
        c: c if c in frame.columns else None for c in ("manager", "email", "active", "staff_id")
    }
    rows = frame.select(
        "name", "role",
        *(pl.col(c) if known else pl.lit(None).alias(c) for c, known in have.items()),
    ).drop_nulls("name")  # fmt: skip
    people, ids = [], {}
    for name, role, manager, email, active, staff_id in rows.iter_rows():
        people.append(Person(name, role or "", manager or "", email or "", active is not False))
        if staff_id:
            ids[staff_id] = name
    line = ReportingLine(people, ids)
    circles = [p.name for p in people if _in_circle(line, p)]
    if not circles:
        return line, ()
    where = Cell(data.book, sheet.title, f"{sheet.letters['manager']}{sheet.header_row}")
    return line, (CIRCLE_OF_MANAGERS.at(where, found=circles[0], keys=", ".join(circles[:10])),)


def _in_circle(line: ReportingLine, person: Person) -> bool:
    above = line.above(person.name)
    last = line.find(above[-1].manager) if above else line.find(person.manager)
    return last is person

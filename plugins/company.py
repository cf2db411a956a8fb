"""The company's own calendar and staff: holidays, support hours of customers, the reporting line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import polars as pl

from kamrules.plugin import (
    ROW,
    Book,
    Problem,
    Rows,
    SheetSpec,
    columns,
    fact,
    fold,
    given,
    hookimpl,
    message,
    parameter,
    worktime,
)

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


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """The spans of working time of every calendar in use, and who has which."""

    line: pl.DataFrame
    days: worktime.Days
    hours: dict[str, worktime.Hours]
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


Calendars = Callable[[dt.date | None], WorkCalendar]


def calendars(
    customers: Rows, holidays: Rows, book: Book, as_of: dt.date,
    country: str = parameter("节假日国家", "Holiday Country", "CN"),
    weekend: str = parameter("周末", "Weekend", "六日"),
) -> Calendars:  # fmt: skip
    """Return what gives the working time around the as-of date, two years beyond it or a date."""
    standard, wrong = _standard(book)
    hours = {"": standard, NATURAL: worktime.ROUND_THE_CLOCK}
    by_customer: dict[str, str] = {}
    known = customers.select(ROW, "customer_id", "support_hours").drop_nulls()
    for (text,), part in known.group_by(["support_hours"], maintain_order=True):
        found = worktime.hours(str(text))
        if found is None:
            where = book.at("customers", "support_hours", part[ROW][0])
            wrong.append(UNCLEAR_HOURS.at(where, found=text, used=STANDARD))
        else:
            hours[str(text)] = found
            by_customer |= dict.fromkeys(part["customer_id"].to_list(), str(text))

    def until(last: dt.date | None) -> WorkCalendar:
        first, most = (as_of.replace(year=as_of.year + n, day=1) for n in (-_YEARS, _YEARS))
        end = min(max(as_of, last or as_of), most) + dt.timedelta(days=730)
        days = _working_days(holidays, range(first.year, end.year + 1), country, weekend)
        line = worktime.timeline(first, end, days, hours)
        return WorkCalendar(line, days, hours, by_customer, tuple(wrong))

    return until


def _standard(book: Book) -> tuple[worktime.Hours, list[Problem]]:
    """Return the hours of those customers that have none of their own."""
    standard = worktime.hours(STANDARD)
    assert standard is not None
    said = book.parameter("工作时间", "Working Hours")
    if said is None:
        return standard, []
    found = worktime.hours(str(said.value))
    if found is None:
        return standard, [UNCLEAR_HOURS.at(said.where, found=said.value, used=STANDARD)]
    return found, []


def _working_days(holidays: Rows, years: range, country: str, weekend: str) -> worktime.Days:
    """Return the days off and make-up days: those of the Holidays sheet, over the announced ones."""
    numbers = frozenset(_WEEKDAYS.index(c) for c in weekend.replace("天", "日") if c in _WEEKDAYS)
    if fold(country) in ("", "无", "none"):
        known = worktime.Days(weekend=numbers)
    else:
        known = worktime.public_days(country, years)
    rows = holidays.select("date", "kind").drop_nulls()
    on = {day for day, kind in rows.iter_rows() if str(kind).startswith("上班")}
    off = {day for day, kind in rows.iter_rows()} - on
    said = frozenset(day.year for day in on | off)
    return worktime.Days(
        (known.off - on) | off, (known.on - off) | on, numbers, known.announced, said
    )


def unannounced(book: Book, days: worktime.Days, used: pl.Series) -> list[Problem]:
    """Return a warning for each year of the dates used whose make-up days are not known."""
    if days.announced is None:
        return []
    years = used.drop_nulls().dt.year().unique().sort().to_list()
    return [
        HOLIDAYS_NOT_KNOWN.at(book.at("holidays"), found=year, year=year)
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


def staff_line(staff: Rows) -> ReportingLine:
    """Return the reporting line of the Staff sheet."""
    rows = staff.select("name", "role", "manager", "email", "active", "staff_id")
    people, ids = [], {}
    for name, role, manager, email, active, staff_id in rows.drop_nulls("name").iter_rows():
        people.append(Person(name, role or "", manager or "", email or "", active is not False))
        if staff_id:
            ids[staff_id] = name
    return ReportingLine(people, ids)


@fact("staff", columns=())
def circles(book: Book, line: ReportingLine = given(staff_line)) -> list[Problem]:
    """Return a warning where managers form a circle."""
    found = [p.name for p in line.people.values() if _in_circle(line, p)]
    if not found:
        return []
    where = book.at("staff", "manager")
    return [CIRCLE_OF_MANAGERS.at(where, found=found[0], keys=", ".join(found[:10]))]


def _in_circle(line: ReportingLine, person: Person) -> bool:
    above = line.above(person.name)
    last = line.find(above[-1].manager) if above else line.find(person.manager)
    return last is person

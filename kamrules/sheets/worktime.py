"""Working time: which hours of which days are worked, and time added and measured along them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from itertools import pairwise

import polars as pl

from kamrules.words.fold import fold

_CLOCK = re.compile(r"(\d{1,2}):(\d\d)\s*[-~至到]\s*(\d{1,2}):(\d\d)")
_ROUND_THE_CLOCK = re.compile(r"(7\s*[x*]\s*24|24\s*[x*]\s*7|24/7|全天|全天候|自然时间)(h|小时)?")
_EVERY_DAY = ("每天", "天天", "daily", "every day", "7x", "7*")
_MINUTE = 60_000_000
_DAY = 1440
# A derivation lists no more days than this one by one.
_LISTED = 8


@dataclass(frozen=True, slots=True)
class Hours:
    """The worked hours of a day, in minutes since midnight; *every_day* has no days off."""

    spans: tuple[tuple[int, int], ...]
    every_day: bool = False

    @property
    def minutes(self) -> int:
        """Return the minutes of a working day."""
        return sum(end - start for start, end in self.spans)


ROUND_THE_CLOCK = Hours(((0, _DAY),), every_day=True)


@dataclass(frozen=True, slots=True)
class Days:
    """Days off and make-up days (调休) beside the weekend, 0 being Monday.

    *announced* is the last year whose days off are known, None where none are expected.
    """

    off: frozenset[dt.date] = frozenset()
    on: frozenset[dt.date] = frozenset()
    weekend: frozenset[int] = frozenset({5, 6})
    announced: int | None = None
    years: frozenset[int] = field(default_factory=frozenset)  # years a person wrote down

    def works(self, day: dt.date) -> bool:
        """Return whether a day is worked: make-up days count before days off."""
        return day in self.on or (day.weekday() not in self.weekend and day not in self.off)


def hours(text: str) -> Hours | None:
    """Return the hours that a text such as ``09:00-12:00, 13:00-18:00`` or ``7x24`` means."""
    plain = fold(text).replace("×", "x").replace("：", ":").replace("，", ",")
    if _ROUND_THE_CLOCK.fullmatch(plain):
        return ROUND_THE_CLOCK
    every_day = plain.startswith(_EVERY_DAY)
    rest = plain
    for word in _EVERY_DAY:
        rest = rest.removeprefix(word)
    spans: list[tuple[int, int]] = []
    for part in re.split(r"[,;、]", rest):
        found = _CLOCK.fullmatch(part.strip())
        if not found:
            return None
        start, end = (int(found[n]) * 60 + int(found[n + 1]) for n in (1, 3))
        if start > _DAY or end > _DAY or start == end:
            return None
        spans += [(start, end)] if start < end else [(0, end), (start, _DAY)]
    spans.sort()
    if any(end > start for (_, end), (start, _) in pairwise(spans)):
        return None
    return Hours(tuple(span for span in spans if span[0] < span[1]), every_day)


def public_days(country: str, years: Iterable[int]) -> Days:
    """Return the days off and make-up days of a country, as far as they were announced."""
    return _public_days(country, tuple(sorted(years)))


@cache
def _public_days(country: str, wanted: tuple[int, ...]) -> Days:
    import holidays

    known = holidays.country_holidays(country, years=wanted)
    on = frozenset(getattr(known, "weekend_workdays", ()))
    last = None
    if country == "CN":
        # Without make-up days a year holds only what the law fixes, not what was announced.
        last = max((day.year for day in on), default=None)
    if country == "CN" and last is None:
        ahead = holidays.country_holidays(country, years=range(2007, wanted[-1] + 1))
        last = max((day.year for day in ahead.weekend_workdays), default=2007)
    return Days(frozenset(known), on, frozenset({5, 6}), last)


def timeline(
    first: dt.date, last: dt.date, days: Days, calendars: Mapping[str, Hours]
) -> pl.DataFrame:
    """Return the working spans of each calendar in order.

    Columns: calendar, day, start, end, made_up, and the working time in microseconds *before* and
    *after* each span, counted from the first day.
    """
    return _timeline(first, last, days, tuple(calendars.items()))


@lru_cache(maxsize=4)
def _timeline(
    first: dt.date, last: dt.date, days: Days, calendars: tuple[tuple[str, Hours], ...]
) -> pl.DataFrame:
    every = pl.DataFrame({"day": pl.date_range(first, last, eager=True)})
    listed = every["day"].to_list()
    worked = [days.works(day) for day in listed]
    made_up = [day in days.on and day.weekday() in days.weekend for day in listed]
    every = every.with_columns(pl.Series("works", worked), pl.Series("made_up", made_up))
    parts = []
    for name, its in calendars:
        kept = every if its.every_day else every.filter("works")
        spans = pl.DataFrame(
            {"from": [s for s, _ in its.spans], "to": [e for _, e in its.spans]},
            schema={"from": pl.Int64, "to": pl.Int64},
        )
        midnight = pl.col("day").cast(pl.Datetime("us"))
        rows = kept.join(spans, how="cross").sort("day", "from")
        length = (pl.col("to") - pl.col("from")) * _MINUTE
        parts.append(
            rows.select(
                pl.lit(name).alias("calendar"),
                "day",
                (midnight + pl.duration(minutes=pl.col("from"))).alias("start"),
                (midnight + pl.duration(minutes=pl.col("to"))).alias("end"),
                (pl.col("made_up") & (not its.every_day)).alias("made_up"),
                (length.cum_sum() - length).alias("before"),
                length.cum_sum().alias("after"),
            )
        )
    return pl.concat(parts)


def worked(line: pl.DataFrame, calendar: pl.Series, at: pl.Series) -> pl.Series:
    """Return the working time from the beginning of the line to each instant, in microseconds."""
    rows = _rows(calendar, at=at)
    found = _asof(rows, line, "at", "start", "backward")
    into = pl.min_horizontal("at", "end") - pl.col("start")
    spent = pl.col("before") + into.dt.total_microseconds()
    outside = pl.col("at") > line["end"].max()
    value = pl.when(outside).then(None).otherwise(spent.fill_null(0))
    return found.select(pl.when(pl.col("at").is_not_null()).then(value).alias("worked")).to_series()


def between(line: pl.DataFrame, calendar: pl.Series, start: pl.Series, end: pl.Series) -> pl.Series:
    """Return the working time between two instants in microseconds, negative where end is first."""
    return worked(line, calendar, end) - worked(line, calendar, start)


def add(line: pl.DataFrame, calendar: pl.Series, start: pl.Series, amount: pl.Series) -> pl.Series:
    """Return the first instant after so much working time (microseconds), null beyond the line.

    A negative amount gives the last instant before which so much is left until *start*.
    """
    target = worked(line, calendar, start) + amount
    rows = _rows(calendar, at=start, amount=amount, target=target)
    later = _asof(rows, line, "target", "after", "forward")
    earlier = _asof(rows, line, "target", "before", "backward")
    instant = pl.col("start") + pl.duration(microseconds=pl.col("target") - pl.col("before"))
    ends = pl.DataFrame(
        {
            "at": rows["at"],
            "amount": rows["amount"],
            "later": later.select(instant).to_series(),
            "earlier": earlier.select(instant).to_series(),
        }
    )
    reached = pl.when(pl.col("amount") > 0).then("later").when(pl.col("amount") < 0).then("earlier")
    return ends.select(reached.when(pl.col("amount") == 0).then("at").alias("end")).to_series()


def _rows(calendar: pl.Series, **columns: pl.Series) -> pl.DataFrame:
    return pl.DataFrame({"calendar": calendar, **columns}).with_row_index("#place")


def _asof(
    rows: pl.DataFrame, line: pl.DataFrame, left: str, right: str, strategy: str, exact: bool = True
) -> pl.DataFrame:
    """Return the rows in their order, each with the span of its calendar that is next to it."""
    known = rows.drop_nulls([left, "calendar"]).sort(left)
    spans = line.sort(right).with_columns(pl.col(right).alias("#key"))
    found = known.join_asof(
        spans, left_on=left, right_on="#key", by="calendar", strategy=strategy,  # type: ignore[arg-type]
        allow_exact_matches=exact, check_sortedness=False,
    )  # fmt: skip
    wanted = found.select("#place", *(c for c in spans.columns if c not in ("calendar", "#key")))
    return rows.join(wanted, on="#place", how="left", maintain_order="left")


def derivations(
    line: pl.DataFrame, calendar: pl.Series, start: pl.Series, end: pl.Series, opening: pl.Series
) -> pl.Series:
    """Return how each end follows from its start, day by day, in Chinese and figures.

    *opening* is how the sentence begins, such as ``02-13 16:20 + 8 工时``.
    """
    rows = _rows(calendar, start_=start, end_=end, opening=opening)
    rows = rows.with_columns(first=_place(rows, line, "start_", "end", "forward"))
    rows = rows.with_columns(last=_place(rows, line, "end_", "start", "backward"))
    known = rows.drop_nulls(["first", "last"]).filter(pl.col("first") <= pl.col("last"))
    listed = _listed(known, line)
    sentence = pl.format(
        "{}: {} -> {}", "opening", "listed", pl.col("end_").dt.strftime("%m-%d %H:%M")
    )
    joined = rows.join(listed, on="#place", how="left", maintain_order="left")
    return joined.select(sentence.alias("derivation")).to_series()


def _listed(known: pl.DataFrame, line: pl.DataFrame) -> pl.DataFrame:
    """Return the days and hours of each row as text; of many, the first and the last."""
    spans = line.with_row_index("#span").drop("calendar")
    parts = (
        known.with_columns(pl.int_ranges("first", pl.col("last") + 1).alias("#span"))
        .explode("#span")
        .with_columns(pl.col("#span").cast(pl.UInt32))
        .join(spans, on="#span", how="left", maintain_order="left")
        .with_columns(
            spent=(pl.min_horizontal("end", "end_") - pl.max_horizontal("start", "start_"))
            .dt.total_microseconds()
            .cast(pl.Int64)
        )
        .group_by("#place", "day", "made_up", maintain_order=True)
        .agg(pl.col("spent").sum())
        .filter(pl.col("spent") > 0)
        .with_columns(
            pl.len().over("#place").alias("count"), pl.int_range(pl.len()).over("#place").alias("n")
        )
    )
    shown = pl.concat_str(
        pl.col("day").dt.strftime("%m-%d"),
        pl.when("made_up").then(pl.lit(" 上班(调休) ")).otherwise(pl.lit(" ")),
        figure(pl.col("spent") / (60 * _MINUTE)),
        pl.lit("h"),
    )
    few = pl.col("count") <= _LISTED
    text = pl.when(few | (pl.col("n") < _LISTED // 2) | (pl.col("n") == pl.col("count") - 1)).then(
        shown
    )
    gap = pl.format("… ({} 天)", pl.col("count"))
    return (
        parts.select(
            "#place",
            pl.when(~few & (pl.col("n") == _LISTED // 2)).then(gap).otherwise(text).alias("part"),
        )
        .drop_nulls()
        .group_by("#place", maintain_order=True)
        .agg(pl.col("part").str.join(", ").alias("listed"))
    )


_UNITS = {
    "工作日": "working day",
    "工时": "working hour",
    "小时": "hour",
    "分钟": "minute",
    "天": "day",
}


def in_english(derivation: pl.Series, words: Mapping[str, str]) -> pl.Series:
    """Return derivations with their units, and the *words* of their openings, in English."""
    said = pl.col("derivation").str.replace_many({**words, "上班(调休)": "make-up day"})
    for zh, en in _UNITS.items():
        said = said.str.replace_all(rf"(^|[^\d.])1\s*{zh}", f"${{1}}1 {en}")
        said = said.str.replace_all(rf"(\d)\s*{zh}", f"${{1}} {en}s")
    return derivation.to_frame("derivation").select(said).to_series()


def _place(rows: pl.DataFrame, line: pl.DataFrame, at: str, key: str, strategy: str) -> pl.Series:
    """Return the place in the line of the span next to an instant, which it does not only touch."""
    spans = line.with_row_index("#span")
    return _asof(rows, spans, at, key, strategy, exact=False)["#span"].cast(pl.Int64)


def figure(number: pl.Expr) -> pl.Expr:
    """Return a number with up to two decimals as text."""
    text = ((number * 100 + 0.5).floor() / 100).cast(pl.String)
    return text.str.strip_suffix(".0")

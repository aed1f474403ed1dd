"""Times and ISO weeks: UTC, whole seconds, weeks as integers such as 202546."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from cohabit.errors import UsageError


def iso(seconds: int) -> str:
    """Seconds since 1970 as `2025-02-20T12:28:00Z`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def now_iso() -> str:
    """The present second, in UTC."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def week_of(day: date) -> int:
    """ISO week of a day as year × 100 + week."""
    year, week, _ = day.isocalendar()
    return year * 100 + week


def parse_day(text: str) -> date:
    """Parse `YYYY-MM-DD`, or raise UsageError."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is not a date; write it as YYYY-MM-DD, for example 2025-03-31") from None


def weeks_between(first: date, last: date) -> list[int]:
    """Every ISO week that contains a day of the span, both ends included, ascending."""
    monday = first - timedelta(days=first.weekday())
    weeks = []
    while monday <= last:
        weeks.append(week_of(monday))
        monday += timedelta(days=7)
    return weeks


def monday_after(day: date) -> date:
    """First day of the ISO week after that of a day."""
    return day + timedelta(days=7 - day.weekday())


def monday_of(week: int) -> date:
    """First day of an ISO week such as 202509."""
    return date.fromisocalendar(week // 100, week % 100, 1)


def week_name(week: int) -> str:
    """`2025-W09` for 202509."""
    return f"{week // 100}-W{week % 100:02}"


def thursday_of(week: int) -> date:
    """The Thursday of an ISO week; it lies in the year and month that the week belongs to."""
    return date.fromisocalendar(week // 100, week % 100, 4)


def weeks_from(first: int, last: int) -> list[int]:
    """Every ISO week from one to another, both included."""
    return weeks_between(thursday_of(first), thursday_of(last))


def month_name(week: int) -> str:
    """The month that an ISO week belongs to, as `2025-02`."""
    return thursday_of(week).isoformat()[:7]


def month_after(label: str, months: int) -> str:
    """The month so many months after another, as `2025-02`."""
    count = int(label[:4]) * 12 + int(label[5:]) - 1 + months
    return f"{count // 12}-{count % 12 + 1:02}"


def weeks_of_month(label: str) -> list[int]:
    """The ISO weeks of a month (`2025-02`): those whose Thursday lies in it."""
    day = date.fromisoformat(f"{label}-01")
    day += timedelta(days=(3 - day.weekday()) % 7)
    weeks = []
    while day.isoformat()[:7] == label:
        weeks.append(week_of(day))
        day += timedelta(days=7)
    return weeks

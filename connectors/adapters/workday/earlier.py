"""What a worker's position was before it became what it is, as far back as something was entered.

In: a worker as of the day of the run, the day from which on something was entered of them, and a way to read
them as of another day. Out: the worker with earlier times of the primary position added. A correction that
shifts a change, or two changes entered at once, would be lost otherwise: Workday shows one day at a time.

Each earlier time is one more element of `Worker_Job_Data`, the latest first. It has `Effective_Until`, its
last day, and beside `Position_Data` what belongs to it and stands elsewhere for the current one: its
`Worker_Status_Data`, `Organization_Data` and `Management_Chain_Data`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from connectors.adapters.workday.worker_xml import Read, day_of, inside, jobs, primary, status

#: Reads the worker as of a day; None where Workday does not show them.
AsOf = Callable[[date], Read | None]

UNTIL = "Effective_Until"
#: Times at most; a history that long was never entered at once.
_TIMES_MOST = 24
_DAY = timedelta(days=1)


def with_earlier(read: Read, since: date, as_of: AsOf) -> Read:
    """Return the worker with every time of the primary position that ends after `since` has begun."""
    begins = _begins(read)
    if begins is None or read.hired is None:
        return read
    found: list[dict[str, Any]] = []
    while max(since, read.hired) < begins and len(found) < _TIMES_MOST:
        until = begins - _DAY
        then = as_of(until)
        job = primary(then.raw) if then is not None else None
        start = _begins(then) if then is not None and job is not None else None
        if then is None or job is None or start is None or start >= begins:
            break
        found.append(_element(then, job, until))
        begins = start
    if not found:
        return read
    data = dict(inside(read.raw, "Worker_Data"))
    employment = dict(inside(data, "Employment_Data"))
    employment["Worker_Job_Data"] = [*jobs(read.raw), *found]
    data["Employment_Data"] = employment
    return replace(read, raw={**read.raw, "Worker_Data": data})


def has_earlier(read: Read) -> bool:
    """Return whether earlier times were added."""
    return any(UNTIL in each for each in jobs(read.raw))


def _begins(read: Read) -> date | None:
    """Return from which day on the position is what it is, or is over."""
    job = primary(read.raw)
    if job is not None:
        return day_of(inside(job, "Position_Data").get("Effective_Date"))
    told = status(read.raw)
    last = day_of(told.get("Termination_Date") or told.get("End_Employment_Date"))
    return last + _DAY if last is not None else None


def _element(then: Read, job: dict[str, Any], until: date) -> dict[str, Any]:
    data = inside(then.raw, "Worker_Data")
    names = ("Organization_Data", "Management_Chain_Data")
    beside: dict[str, Any] = {name: data[name] for name in names if name in data}
    return {**job, **beside, "Worker_Status_Data": status(then.raw), UNTIL: until.isoformat()}

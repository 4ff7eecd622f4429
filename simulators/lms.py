"""Learning systems that post what the workers of a population learned, under identifiers of their own.

In: a population and an LMS. Out: xAPI statements over HTTP, in batches, spread over the last three years.
*moodle* names people by an account with Moodle's own user id; *mail* names the same people by their e-mail
address of the day, by its hash, or by an account with the employee number. The same seed gives the same
statements, so posting them twice changes nothing.

    python -m simulators.lms --endpoint http://localhost:8000/xapi/ --key … --secret … --style mail
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha1
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import httpx

from simulators.population import Population, Position, Worker, population

Json = dict[str, Any]

#: Over how many days statements are spread.
DAYS = 3 * 365
_BATCH = 50
_WAIT = 30.0
_ADL = "http://adlnet.gov/expapi/verbs/"
#: Verb, how often it comes, whether it ends the course.
_VERBS = (
    ("initialized", 30, False),
    ("progressed", 15, False),
    ("completed", 35, True),
    ("passed", 15, True),
    ("failed", 5, True),
)
COURSES = {
    "GMP": "Good Manufacturing Practice",
    "GLP": "Good Laboratory Practice",
    "GCP": "Good Clinical Practice",
    "GDP": "Good Distribution Practice",
    "GVP": "Pharmacovigilance",
    "HIPAA": "Patient Privacy",
    "BLS": "Basic Life Support",
    "PART11": "Electronic Records and Signatures",
    "OSHA": "Workplace Safety",
    "LOTO": "Lock-out, Tag-out",
    "HAZCOM": "Hazard Communication",
    "SOX": "Financial Controls",
    "DOT": "Hours of Service",
    "FORKLIFT": "Forklift Operation",
    "RADIATION": "Radiation Protection",
    "PHRMA": "Interactions with Health Professionals",
}


@dataclass(frozen=True, slots=True)
class Lms:
    """A kind of learning system."""

    style: str
    title: str
    site: str
    #: Where a course is, behind the site.
    course: str

    def actor(self, worker: Worker, email: str, chance: Random) -> Json:
        """Return a worker as this system names people."""
        if self.style == "moodle":
            return {"account": {"homePage": self.site, "name": str(user_id(worker))}}
        way = chance.choice(("mbox", "mbox", "mbox_sha1sum", "account"))
        if way == "mbox" and email:
            return {"mbox": f"mailto:{email}"}
        if way == "mbox_sha1sum" and email:
            hashed = sha1(f"mailto:{email}".encode(), usedforsecurity=False).hexdigest()
            return {"mbox_sha1sum": hashed}
        return {"account": {"homePage": self.site, "name": worker.number}}


SYSTEMS = {
    "moodle": Lms("moodle", "Moodle", "https://moodle.northwind.example", "/course/view.php?id="),
    "mail": Lms("mail", "Totara", "https://learn.northwind.example", "/totara/course/"),
}


def user_id(worker: Worker) -> int:
    """Return the id Moodle gave a worker: nothing HR knows."""
    return 20_000 + int(worker.number) * 3


def statements(
    people: Population, lms: Lms, *, seed: int = 1, now: datetime | None = None
) -> Iterator[tuple[Worker, Json]]:
    """Yield who learned, and the statement; without an end. A worker learns only while employed."""
    # Two systems of one seed do not tell the same.
    chance = Random(f"{seed} {lms.style}")  # noqa: S311  made-up learning, the same each time
    last = min((now or datetime.now(UTC)).date(), people.until)
    while True:
        worker = chance.choice(people.workers)
        day = last - timedelta(days=chance.randrange(1, DAYS))
        found = worker.at(day)
        current = found.current.primary if found is not None else None
        if found is None or current is None:
            continue
        actor = {
            "objectType": "Agent",
            "name": found.name.formatted,
            **lms.actor(worker, found.email, chance),
        }
        yield worker, _statement(people, lms, actor, current.position, day, chance)


def _statement(
    people: Population, lms: Lms, actor: Json, position: Position, day: date, chance: Random
) -> Json:
    classes = (*people.job_by_key[position.job].regulatory_classes, *position.regulatory_classes)
    code = chance.choice(classes or ("OSHA",))
    [(verb, _, ends)] = chance.choices(_VERBS, weights=[each[1] for each in _VERBS])
    seconds = chance.randrange(7 * 3600, 18 * 3600)
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(seconds=seconds)
    number = 100 + sorted(COURSES).index(code)
    found: Json = {
        "id": str(UUID(int=chance.getrandbits(128), version=4)),
        "actor": actor,
        "verb": {"id": f"{_ADL}{verb}", "display": {"en": verb}},
        "object": {
            "objectType": "Activity",
            "id": f"{lms.site}{lms.course}{number}",
            "definition": {
                "type": "http://adlnet.gov/expapi/activities/course",
                "name": {"en": COURSES[code]},
            },
        },
        "context": {"platform": lms.title, "language": "en"},
        "timestamp": moment.isoformat().replace("+00:00", "Z"),
    }
    if ends:
        found["result"] = _result(verb, chance)
    return found


def _result(verb: str, chance: Random) -> Json:
    if verb == "completed":
        return {"completion": True, "duration": f"PT{chance.randrange(5, 90)}M"}
    scaled = chance.randrange(80, 101) if verb == "passed" else chance.randrange(20, 80)
    return {
        "completion": True,
        "success": verb == "passed",
        "score": {"scaled": scaled / 100, "raw": scaled, "min": 0, "max": 100},
    }


def post(
    made: Iterator[Json],
    *,
    endpoint: str,
    key: str,
    secret: str,
    count: int,
    rate: float = 0.0,
    told: Callable[[int], None] = lambda _: None,
) -> int:
    """Post so many statements, at most `rate` a second (0: as fast as they are taken); return how many.

    Raises httpx.HTTPError where the hub does not take them.
    """
    sent, began = 0, time.monotonic()
    size = _BATCH if not rate else max(1, min(_BATCH, int(rate)))
    headers = {"X-Experience-API-Version": "1.0.3"}
    with httpx.Client(auth=(key, secret), headers=headers, timeout=_WAIT, trust_env=False) as client:
        while sent < count:
            batch = list(islice(made, min(size, count - sent)))
            client.post(f"{endpoint.rstrip('/')}/statements", json=batch).raise_for_status()
            sent += len(batch)
            told(sent)
            ahead = sent / rate - (time.monotonic() - began) if rate else 0.0
            if ahead > 0 and sent < count:
                time.sleep(ahead)
    return sent


def links(people: Population, lms: Lms, path: Path) -> None:
    """Write which account is whose, as an administrator would who links actors by a file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("account_home_page", "account_name", "employee_number"))
        for worker in people.workers:
            writer.writerow((lms.site, user_id(worker), worker.number))


def main(words: list[str] | None = None) -> int:
    """Post statements as asked for on the command line."""
    parser = argparse.ArgumentParser("python -m simulators.lms", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--endpoint", required=True, help="The hub's xAPI endpoint.")
    parser.add_argument("--key", required=True)
    parser.add_argument("--secret", required=True)
    parser.add_argument("--style", choices=sorted(SYSTEMS), default="moodle")
    parser.add_argument("--statements", type=int, default=1000, metavar="N")
    parser.add_argument(
        "--rate", type=float, default=0.0, metavar="R", help="A second; 0: as fast as can be."
    )
    parser.add_argument("--workers", type=int, default=10_000, help="As for the simulated HR systems.")
    parser.add_argument("--years", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--until", type=date.fromisoformat, help="The population's last day.")
    parser.add_argument("--links", type=Path, metavar="FILE", help="Write which account is whose, as CSV.")
    asked = parser.parse_args(words)
    from simulators.__main__ import horizon

    people = population(asked.workers, asked.years, asked.seed, asked.until or horizon())
    lms = SYSTEMS[asked.style]
    if asked.links is not None:
        links(people, lms, asked.links)
    try:
        sent = post(
            (statement for _, statement in statements(people, lms, seed=asked.seed)),
            endpoint=asked.endpoint,
            key=asked.key,
            secret=asked.secret,
            count=asked.statements,
            rate=asked.rate,
        )
    except httpx.HTTPStatusError as error:
        sys.stderr.write(f"{error.response.status_code} {error.response.text[:1000]}\n")
        return 1
    except httpx.HTTPError as error:
        sys.stderr.write(f"The hub does not answer: {error}\n")
        return 1
    sys.stdout.write(f"{lms.title} posted {sent} statements.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

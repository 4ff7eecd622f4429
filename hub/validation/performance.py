"""PQ: a running hub does, from end to end, what it is for, in a record store made for that.

In: its address, this process's database (the hub's own), limits. Out: steps, and what stays in the hub. Who
waits for workers waits no longer than was said. Never a statement, a person or a key in another store.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from django.utils import timezone

from compliance.models import AuditEntry
from hub.validation import measuring, proven, setting
from hub.validation.caller import Caller, Json, differing
from hub.validation.measuring import Limits
from hub.validation.steps import Check, Part, Seen, Unmet, taken
from lrs import acting

VERBS = "http://adlnet.gov/expapi/verbs/"
_BATCH = 25
#: Kinds of actor of which the audit trail knows no more than the database's role.
_NOBODY = frozenset({"database", "anonymous"})
_ATTACHMENT_BYTES = 100_000


def _a_moment() -> None:
    time.sleep(0.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How a hub is to be qualified."""

    address: str
    #: How long workers may take for what follows a statement.
    within_seconds: float = 180.0
    #: How long batches are posted to measure throughput.
    load_seconds: float = 5.0
    limits: Limits = field(default_factory=Limits)
    #: What is done between two looks.
    pause: Callable[[], object] = _a_moment


def qualified(asked: Asked) -> tuple[Part, list[str]]:
    """Take every step; return them, and what stays in the hub."""
    run = _Qualification(asked)
    # The audit trail tells by this reason what the qualification did.
    outer = acting.now() or acting.Acting(process="validate")
    with acting.on_behalf_of(replace(outer, reason=run.setting.store)):
        try:
            steps = taken(run.checks())
        finally:
            run.close()
    return Part("PQ", "Performance qualification", steps), setting.leaves(run.setting)


class _Qualification:
    """One run of it."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.setting = setting.new()
        self.began = timezone.now()
        self.anybody = Caller(asked.address)
        self.known: Caller | None = None
        self.first: Json = {}
        self.completed = ""

    def checks(self) -> Sequence[Check]:
        within = f"within {self.asked.within_seconds:g} s"
        return (
            Check("PQ-01", "The hub is ready", "every part answers at /readyz", self.ready),
            Check(
                "PQ-02",
                "A credential in a store of its own",
                "it is let in; a wrong secret is not",
                self.connect,
            ),
            Check("PQ-03", "A course, a person, a requirement", "made; the person is overdue", self.prepare),
            Check("PQ-10", "One statement", "stored, and comes back equal", self.single),
            Check("PQ-11", f"A batch of {_BATCH}", "stored whole, and each comes back equal", self.batch),
            Check("PQ-12", "An attachment", "comes back byte for byte", self.attachment),
            Check("PQ-13", "The same statement once more", "accepted, and stored once", self.repeated),
            Check(
                "PQ-14", "Another statement under an id that is taken", "409, and not stored", self.conflict
            ),
            Check(
                "PQ-15",
                "A batch with one faulty statement",
                "400 that names it, and nothing stored",
                self.faulty,
            ),
            Check(
                "PQ-16",
                "Queries",
                "by person, verb, activity, registration: just what was posted",
                self.query,
            ),
            Check("PQ-17", "Voiding", "the statement is found as a voided one only", self.voiding),
            Check(
                "PQ-20",
                "Whose statement it is",
                f"the person, in their unit at that time, {within}",
                self.identity,
            ),
            Check("PQ-21", "A completion", f"of that statement, {within}", self.completion),
            Check("PQ-22", "Status", f"the person is compliant, {within}", self.status),
            Check(
                "PQ-23",
                "Proof",
                f"the statement is proven to be in the log, by verify.py, {within}",
                self.proof,
            ),
            Check("PQ-30", "Throughput", "as demanded, where a limit was given", self.throughput),
            Check("PQ-31", "Answering a post", "as demanded, where a limit was given", self.posting),
            Check("PQ-32", "Answering a query", "as demanded, where a limit was given", self.asking),
            Check(
                "PQ-40", "Audit trail", "tells what the qualification itself made, and who did", self.trail
            ),
            Check(
                "PQ-41", "Other stores", "nothing of them was changed by the qualification", self.elsewhere
            ),
            Check("PQ-42", "The end", "requirement retired; the credential is let in no more", self.end),
        )

    def close(self) -> None:
        """Let nothing go on, whatever happened."""
        for each in filter(None, (self.anybody, self.known)):
            each.close()
        setting.ended(self.setting)

    # What is made

    def ready(self) -> Seen:
        told = self.anybody.get("/readyz")
        return Seen(f"{', '.join(told['parts'])} at {self.asked.address}")

    def connect(self) -> Seen:
        setting.connect(self.setting)
        self.known = Caller(self.asked.address, self.setting.key, self.setting.secret)
        self.caller.get("/xapi/statements", limit="1")
        wrong = Caller(self.asked.address, self.setting.key, secrets.token_urlsafe(32))
        try:
            wrong.send("GET", "/xapi/statements", expect=401)
        finally:
            wrong.close()
        return Seen(f"store “{self.setting.store}”; the wrong secret was answered 401")

    def prepare(self) -> Seen:
        made = self.caller.send(
            "POST",
            "/api/v1/courses",
            expect=201,
            body={"code": setting.COURSE, "title": "Qualification"},
        ).json()
        self.caller.send(
            "POST",
            f"/api/v1/courses/{made['id']}/activities",
            expect=201,
            body={"iri": self.setting.activity},
        )
        setting.hire(self.setting)
        setting.require(self.setting)
        state = self.state()
        if state != "overdue":
            raise Unmet(f"the person is {state}")
        return Seen(
            f"person {self.setting.person_id}, overdue; approved by an account made for that, unsigned"
        )

    # Statements

    def said(self, verb: str = "experienced", **more: Any) -> Json:
        """Return a statement of the person there is."""
        return {
            "id": str(uuid4()),
            "actor": {"objectType": "Agent", "mbox": f"mailto:{self.setting.mailbox}"},
            "verb": {"id": f"{VERBS}{verb}", "display": {"en": verb}},
            "object": {"objectType": "Activity", "id": f"{self.setting.activity}/{uuid4()}"},
            "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"),
            **more,
        }

    def single(self) -> Seen:
        course = {"objectType": "Activity", "id": self.setting.activity}
        self.first = self.said("passed", object=course, result={"success": True, "score": {"scaled": 0.93}})
        [self.completed] = self.caller.post(self.first)
        self.equal(self.first)
        return Seen(f"{self.completed}, equal in every member that was sent")

    def batch(self) -> Seen:
        sent = [self.said(result={"response": f"Größe {number} ≥ 0"}) for number in range(_BATCH)]
        ids = self.caller.post(sent)
        if ids != [each["id"] for each in sent]:
            raise Unmet(f"{len(ids)} ids came back, in another order or other ones")
        for each in sent:
            self.equal(each)
        return Seen(f"{len(sent)} statements, each equal")

    def attachment(self) -> Seen:
        content = secrets.token_bytes(_ATTACHMENT_BYTES)
        statement_id = self.caller.post_with_attachment(self.said(), content)
        found = self.caller.attachments(statement_id)
        if found != [content]:
            raise Unmet(
                f"{len(found)} attachments, of {[len(each) for each in found]} bytes, not what was sent"
            )
        return Seen(f"{len(content):,} bytes, the same")

    def repeated(self) -> Seen:
        sent = self.said()
        self.caller.post(sent)
        self.caller.post(sent)
        found = self.found(1, activity=sent["object"]["id"])
        return Seen(f"{len(found)} stored")

    def conflict(self) -> Seen:
        sent = self.said()
        self.caller.post(sent)
        other = {**sent, "verb": {"id": f"{VERBS}failed"}}
        self.caller.send("POST", "/xapi/statements", expect=409, body=other)
        self.equal(sent)
        self.found(1, activity=sent["object"]["id"])
        return Seen("409; the first one is as it was")

    def faulty(self) -> Seen:
        good, bad = self.said(), self.said()
        del bad["verb"]
        answer = self.caller.send("POST", "/xapi/statements", expect=400, body=[good, bad])
        self.caller.absent(good["id"])
        self.caller.absent(bad["id"])
        return Seen(f"400: {answer.text[:200]}; neither is stored")

    def query(self) -> Seen:
        registration, sent = str(uuid4()), self.said("attempted")
        sent["context"] = {"registration": registration}
        self.caller.post([sent, self.said()])
        filters = {
            "agent": f'{{"mbox":"mailto:{self.setting.mailbox}"}}',
            "verb": sent["verb"]["id"],
            "activity": sent["object"]["id"],
            "registration": registration,
        }
        for name, value in filters.items():
            found = self.found(None if name == "agent" else 1, **{name: value})
            if name == "agent" and sent["id"] not in {each["id"] for each in found}:
                raise Unmet("asked for the person, the statement was not among the latest")
        nobody = self.caller.get("/xapi/statements", registration=str(uuid4()))["statements"]
        if nobody:
            raise Unmet(f"{len(nobody)} statements of a registration there is not")
        return Seen("each filter found the statement; a registration there is not found none")

    def voiding(self) -> Seen:
        sent = self.said()
        self.caller.post(sent)
        target = {"objectType": "StatementRef", "id": sent["id"]}
        self.caller.post({**self.said(), "verb": {"id": f"{VERBS}voided"}, "object": target})
        self.caller.absent(sent["id"])
        found = self.caller.get("/xapi/statements", voidedStatementId=sent["id"])
        if faults := differing(sent, found):
            raise Unmet(f"the voided statement came back with another {', '.join(faults)}")
        return Seen("404 by statementId; by voidedStatementId it is as it was sent")

    # What follows a statement

    def identity(self) -> Seen:
        def look() -> str | None:
            lines = self.caller.get("/api/v1/statements", person=str(self.setting.person_id))["statements"]
            mine = [each for each in lines if each["statement"]["id"] == self.reached()]
            units = [(each.get("unit") or {}).get("key") for line in mine for each in line["context"]]
            return (
                None
                if setting.UNIT not in units
                else f"person {self.setting.person_id} in unit {setting.UNIT}"
            )

        return self.awaited(look)

    def completion(self) -> Seen:
        def look() -> str | None:
            person = str(self.setting.person_id)
            for each in self.caller.get("/api/v1/completions", person=person)["completions"]:
                if self.reached() in {said["id"] for said in each["statements"]}:
                    return f"completion {each['id']} of {each['code']} by rule {each['rule']}"
            return None

        return self.awaited(look)

    def status(self) -> Seen:
        self.reached()
        return self.awaited(lambda: "compliant" if self.state() == "compliant" else None)

    def proof(self) -> Seen:
        statement_id = self.reached()

        def look() -> str | None:
            answer = self.caller.ask("/api/v1/log/inclusion", statement=statement_id)
            if answer is None:
                return None
            keys = [each["vkey"] for each in self.caller.get("/api/v1/log/keys")["keys"]]
            return proven.checked(self.caller.raw(statement_id), statement_id, answer, keys)

        return self.awaited(look)

    # How fast

    def throughput(self) -> Seen:
        limit = self.asked.limits.least_per_second
        return measuring.throughput(self.caller, self.said, seconds=self.asked.load_seconds, least=limit)

    def posting(self) -> Seen:
        limit = self.asked.limits.most_post_ms
        return measuring.latency("posts of one statement", lambda: self.caller.post(self.said()), most=limit)

    def asking(self) -> Seen:
        limit, agent = self.asked.limits.most_query_ms, f'{{"mbox":"mailto:{self.setting.mailbox}"}}'
        ask = lambda: self.caller.get("/xapi/statements", agent=agent, limit="25")  # noqa: E731
        return measuring.latency("queries by person, 25 statements each", ask, most=limit)

    # What it did itself

    def trail(self) -> Seen:
        told = []
        for table in ("lrs_credential", "compliance_course", "compliance_requirement_version"):
            lines = self.caller.get("/api/v1/audit-trail", table=table, operation="insert")["audit_trail"]
            who = [each["actor"] for each in lines if each["actor"]["kind"] not in _NOBODY]
            if not lines or len(who) != len(lines):
                raise Unmet(f"{len(lines)} entries of {table}, {len(who)} of which tell who made the row")
            told.append(f"{table} by {who[0]['kind']} {who[0]['id']} ({who[0]['name']})")
        return Seen(f"made: {', '.join(told)}")

    def elsewhere(self) -> Seen:
        entries = AuditEntry.objects.filter(at__gte=self.began, reason=self.setting.store)
        if not entries.exists():
            raise Unmet("the audit trail has no entry of the qualification")
        others = entries.exclude(store_id=None).exclude(store_id=self.setting.store_id)
        if found := sorted(set(others.values_list("table_name", flat=True))):
            raise Unmet(f"rows of other stores were changed, of {', '.join(found)}")
        return Seen(f"{entries.count()} changes by the qualification, none of them in another store")

    def end(self) -> Seen:
        setting.ended(self.setting)

        def look() -> str | None:
            try:
                self.caller.send("GET", "/xapi/statements", expect=401)
            except Unmet:
                return None
            return "retired; the credential is answered 401"

        return self.awaited(look)

    # Looking

    @property
    def caller(self) -> Caller:
        if self.known is None:
            raise Unmet("not reached: there is no credential")
        return self.known

    def reached(self) -> str:
        if not self.completed:
            raise Unmet("not reached: the statement it is about was not stored")
        return self.completed

    def equal(self, sent: Json) -> None:
        """Unmet where a statement does not come back as it was sent."""
        if faults := differing(sent, self.caller.statement(sent["id"])):
            raise Unmet(f"{sent['id']} came back with another {', '.join(faults)}")

    def found(self, count: int | None, **filters: str) -> list[Json]:
        """Return the statements of a query, which must be so many."""
        found: list[Json] = self.caller.get("/xapi/statements", **filters)["statements"]
        if count is not None and len(found) != count:
            raise Unmet(f"{len(found)} statements, not {count}, by {', '.join(filters)}")
        return found

    def state(self) -> str:
        """Return how the person stands under the requirement."""
        path = f"/api/v1/people/{self.setting.person_id}/status"
        told = self.caller.get(path, requirement=str(self.setting.requirement_id))["status"]
        return str(told[0]["state"]) if told else "not asked for anything"

    def awaited(self, look: Callable[[], str | None]) -> Seen:
        """Look again and again until there is something to see, no longer than was said."""
        began = time.monotonic()
        while True:
            found = look()
            seconds = time.monotonic() - began
            if found is not None and seconds <= self.asked.within_seconds:
                return Seen(f"{found}, after {seconds:.1f} s")
            if seconds > self.asked.within_seconds:
                raise Unmet(f"not so after {seconds:.0f} s")
            self.asked.pause()

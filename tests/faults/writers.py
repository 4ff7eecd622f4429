"""LMSs that go on sending whatever happens, and remember what they were told.

Each writer sends a batch and, where it fails, the very same batch again until it is acknowledged, as a good
LMS does. Some batches it gives up after the first failure, as a bad one does: those may be stored or not,
but never in part.
"""

from __future__ import annotations

import hashlib
import random
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

import requests

from tests.live import Lms
from tests.lrs.http.refusal import (
    END,
    MULTIPART,
    Statement,
    a_statement,
    attachment_part,
    statement_part,
    with_certificate,
)

#: What a client may be told while parts are being killed; anything else is a fault of the hub.
PASSING = {502, 503, 504}


@dataclass(slots=True)
class Sent:
    """One batch and what became of it."""

    statements: list[Statement]
    contents: list[bytes]
    acknowledged: bool = False
    failures: list[str] = field(default_factory=list)
    last_attempt: datetime | None = None


class Writer(threading.Thread):
    """One LMS."""

    def __init__(self, lms: Lms, number: int, seed: int) -> None:
        super().__init__(name=f"LMS {number}", daemon=True)
        self.lms = lms
        self.random = random.Random(f"{seed}/{number}")
        self.sent: list[Sent] = []
        self.acknowledged = 0
        #: Answers nobody should get.
        self.wrong: list[str] = []
        self._ending = threading.Event()

    def end(self) -> None:
        """Finish the batch at hand and stop."""
        self._ending.set()

    def run(self) -> None:
        while not self._ending.is_set():
            batch = self._batch()
            self.sent.append(batch)
            gives_up = self.random.random() < 0.15
            while not self._send(batch):
                if gives_up or self.wrong:
                    break
                time.sleep(0.1)

    def _batch(self) -> Sent:
        count = self.random.choice([1, 1, 5, 20, 60])
        statements = [a_statement(result={"response": f"{self.name} {number}"}) for number in range(count)]
        contents: list[bytes] = []
        if self.random.random() < 0.3:
            contents = [self.random.randbytes(self.random.choice([10, 3_000, 300_000])) for _ in range(2)]
            statements[0] = with_certificate(contents[0])
            statements.append(with_certificate(contents[1]))
        return Sent(statements, contents)

    def _send(self, batch: Sent) -> bool:
        batch.last_attempt = datetime.now(UTC)
        try:
            answer = self._post(batch)
        except requests.RequestException as error:
            batch.failures.append(type(error).__name__)
            return False
        if answer.status_code == 200:
            batch.acknowledged = answer.json() == [each["id"] for each in batch.statements]
            if not batch.acknowledged:
                self.wrong.append(answer.text[:500])
            self.acknowledged += 1
            return batch.acknowledged
        if answer.status_code not in PASSING:
            self.wrong.append(f"{answer.status_code} {answer.text[:500]}")
        elif answer.status_code == 503 and not answer.headers.get("Retry-After"):
            self.wrong.append(f"503 without Retry-After: {answer.text[:500]}")
        batch.failures.append(str(answer.status_code))
        return False

    def _post(self, batch: Sent) -> requests.Response:
        if not batch.contents:
            return self.lms.send("POST", json=batch.statements, timeout=30)
        body = (
            statement_part(batch.statements)
            + b"".join(attachment_part(each) for each in batch.contents)
            + END
        )
        return self.lms.send("POST", data=body, headers=MULTIPART, timeout=30)


def digests(batches: list[Sent]) -> dict[str, bytes]:
    """Return the contents sent in acknowledged batches by their SHA-256."""
    return {
        hashlib.sha256(content).hexdigest(): content
        for batch in batches
        if batch.acknowledged
        for content in batch.contents
    }

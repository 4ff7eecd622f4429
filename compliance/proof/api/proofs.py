"""Keys and proofs.

In: a leaf, a statement of the caller's store, two sizes. Out: what a verifier needs. The salt and the record
are told only with a statement: who may read of it may check that just this was logged.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from compliance.models import LogKey
from compliance.proof import note, proofs, publish, sources, statements, stored
from compliance.proof.api.resource import LogResource
from compliance.proof.errors import NotLogged
from compliance.proof.proofs import Inclusion
from connectors.api.parameters import Parameter
from connectors.api.problems import Problem, not_found, wrong_parameter
from connectors.api.resource import answer, written
from lrs.query.single import read_single

_MOST = 2**53 - 1
_HASH = {"type": "string", "description": "32 bytes, hexadecimal."}
_PATH = {"type": "array", "items": {"type": "string"}, "description": "Hashes, base64, in the order of use."}


def _count(name: str, description: str, least: int) -> Parameter:
    def read(value: str) -> int:
        if not value.isascii() or not value.isdigit() or len(value) > 16 or not least <= int(value) <= _MOST:
            raise ValueError(f"is a whole number from {least} to {_MOST}")
        return int(value)

    return Parameter(name, description, read, {"type": "integer", "minimum": least, "maximum": _MOST})


def _uuid(name: str, description: str) -> Parameter:
    def read(value: str) -> UUID:
        try:
            return UUID(value)
        except ValueError as error:
            raise ValueError("is a statement's id, a UUID") from error

    return Parameter(name, description, read, {"type": "string", "format": "uuid"})


_INDEX = _count("index", "The leaf, counted from 0.", 0)
_STATEMENT = _uuid("statement", "Id of a statement of the store; instead of a leaf.")


class Keys(LogResource):
    """The keys checkpoints are and were signed with."""

    answers = {
        "GET": {
            "type": "object",
            "required": ["origin", "keys"],
            "properties": {
                "origin": {
                    "type": "string",
                    "description": "Name of the log, first line of each checkpoint.",
                },
                "keys": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["vkey", "made", "retired"],
                        "properties": {
                            "vkey": {"type": "string", "description": "C2SP signed-note verifier key."},
                            "made": {"type": "string", "format": "date-time"},
                            "retired": {"type": ["string", "null"], "format": "date-time"},
                        },
                    },
                },
            },
        }
    }

    def get(self, _request: Request) -> HttpResponse:
        """Tell every key, oldest first."""
        keys = [
            {
                "vkey": note.Verifier(each.name, bytes(each.public)).vkey,
                "made": written(each.made),
                "retired": written(each.retired) if each.retired is not None else None,
            }
            for each in LogKey.objects.order_by("pk")
        ]
        return answer({"origin": stored.head().origin, "keys": keys})


class InclusionProof(LogResource):
    """That a leaf, or a statement, is in the log."""

    parameters = {"GET": (_INDEX, _STATEMENT)}
    answers = {
        "GET": {
            "type": "object",
            "required": ["index", "entry", "leaf", "size", "root", "path", "checkpoint"],
            "properties": {
                "index": {"type": "integer"},
                "kind": {"type": "string", "description": "What the leaf is for."},
                "entry": {"type": "string", "description": "The entry as it stands in the log, JSON."},
                "leaf": _HASH,
                "size": {"type": "integer", "description": "Leaves under the checkpoint."},
                "root": _HASH,
                "path": _PATH,
                "checkpoint": {"type": "string", "description": "The signed note."},
                "record": {"type": "string", "description": "Canonical JSON; only of a statement."},
                "salt": {
                    "type": "string",
                    "description": "32 bytes, hexadecimal; the commitment is SHA-256 of salt and record.",
                },
            },
        }
    }

    def get(self, _request: Request) -> HttpResponse:
        """Prove it against the last checkpoint."""
        proof, record = _asked(self)
        told: dict[str, Any] = {
            "index": proof.index,
            "kind": proof.kind,
            "entry": proof.entry.decode(),
            "leaf": proof.leaf.hex(),
            "size": proof.size,
            "root": proof.root.hex(),
            "path": _written(proof.path),
            "checkpoint": proof.note,
        }
        if record is not None and proof.salt is not None:
            told |= {"record": record.decode(), "salt": proof.salt.hex()}
        return answer(told)


class ProofFile(LogResource):
    """The same as a file that is checked offline (C2SP tlog-proof)."""

    parameters = {"GET": (_INDEX, _STATEMENT)}
    answers = {"GET": {"type": "string"}}

    @classmethod
    def described_answers(cls, _method: str) -> dict[str, Any]:
        """Return what is answered, for the description."""
        return {"200": {"description": "A proof.", "content": {"text/plain": {"schema": {"type": "string"}}}}}

    def get(self, _request: Request) -> HttpResponse:
        """Hand out the file."""
        proof, _ = _asked(self)
        response = HttpResponse(proofs.written(proof), content_type="text/plain; charset=utf-8")
        response.headers["Content-Disposition"] = f'attachment; filename="{proof.index}.tlog-proof"'
        return response


class ConsistencyProof(LogResource):
    """That a tree goes on from an earlier one."""

    parameters = {
        "GET": (
            _count("from", "Leaves of the earlier tree.", 1),
            _count("to", "Leaves of the later tree; the last published where it is left out.", 1),
        )
    }
    answers = {
        "GET": {
            "type": "object",
            "required": ["from", "to", "path"],
            "properties": {"from": {"type": "integer"}, "to": {"type": "integer"}, "path": _PATH},
        }
    }

    def get(self, _request: Request) -> HttpResponse:
        """Prove it."""
        if "from" not in self.values:
            raise wrong_parameter("from", "The parameter from says how many leaves the earlier tree has.")
        old = self.values["from"]
        last = publish.latest()
        new = self.values.get("to", 0 if last is None else last.size)
        if last is None or new > last.size:
            raise wrong_parameter("to", "No tree of so many leaves was published.", value=new)
        if old > new:
            raise wrong_parameter("from", "The earlier tree is not larger than the later.", value=old)
        return answer({"from": old, "to": new, "path": _written(proofs.between(old, new))})


def _asked(resource: LogResource) -> tuple[Inclusion, bytes | None]:
    """Return the proof that is asked for; of a statement, also its record."""
    values = resource.values
    if ("index" in values) == ("statement" in values):
        raise wrong_parameter("index", "Name either a leaf (index) or a statement (statement).")
    try:
        if "index" in values:
            return proofs.of_leaf(values["index"]), None
        found = read_single(resource.caller.store_id, values["statement"])
        if found is None:
            raise not_found("statement")
        source = sources.of(statements.KIND)
        proof = proofs.of_record(source.kind, found.seq)
        return proof, source.stored(found.seq - 1, 1)[0].record.canonical
    except NotLogged as error:
        raise Problem(404, str(error), rule="not-logged") from error


def _written(path: Any) -> list[str]:
    return [b64encode(each).decode("ascii") for each in path]

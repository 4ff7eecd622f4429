"""Several operations in one request (RFC 7644, 3.7), which may name what others of them create.

In: a BulkRequest. Out: a BulkResponse with a result for each operation that was done or refused, in the order
of the request. Each operation is a transaction of its own. One that names a resource a later one creates
waits for it; where they wait for each other in a ring, one is created without the reference and given it
afterwards. After `failOnErrors` errors nothing more is done.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from scim2_models import (
    ConflictException,
    InvalidPathException,
    InvalidSyntaxException,
    InvalidValueException,
    PayloadTooLargeException,
)

from connectors.models import ScimResource
from connectors.scim import answer, kept, write
from connectors.scim.kept import Space
from connectors.scim.resources import BULK_OPERATIONS, ENDPOINTS

_REQUEST = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
_RESPONSE = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
_REFERENCE = re.compile(r"bulkId:([^/\"\]\s]+)")
_METHODS = ("POST", "PUT", "PATCH", "DELETE")


@dataclass(slots=True)
class _Job:
    """One bulk request on its way."""

    space: Space
    operations: list[Any]
    #: bulkId → id of what was created.
    made: dict[str, str] = field(default_factory=dict)
    #: What could not be created: who names it fails, too.
    failed: set[str] = field(default_factory=set)
    results: dict[int, dict[str, Any]] = field(default_factory=dict)
    #: Created without what they name: place in the request → (kind, id, data).
    unfinished: dict[int, tuple[str, str, Any]] = field(default_factory=dict)
    errors: int = 0


def run(space: Space, payload: Any) -> dict[str, Any]:
    """Do what a bulk request asks for; return the response's body."""
    if not isinstance(payload, Mapping) or _REQUEST not in (payload.get("schemas") or ()):
        raise InvalidSyntaxException(detail=f"The body must be a {_REQUEST}.")
    operations, most = payload.get("Operations"), payload.get("failOnErrors")
    if not isinstance(operations, list):
        raise InvalidSyntaxException(detail="Operations must be a list.")
    if len(operations) > BULK_OPERATIONS:
        raise PayloadTooLargeException(detail=f"There are {BULK_OPERATIONS} operations at most.")
    if most is not None and (not isinstance(most, int) or isinstance(most, bool) or most < 1):
        raise InvalidValueException(detail="failOnErrors must be a number from 1 on.")
    job = _Job(space, operations)
    promised = [each.get("bulkId") for each in operations if isinstance(each, Mapping) and _creates(each)]
    if len(set(promised)) < len(promised):
        raise InvalidValueException(detail="Two operations have the same bulkId.")
    _go(job, most)
    results = [job.results[each] for each in sorted(job.results)]
    return {"schemas": [_RESPONSE], "Operations": results}


def _go(job: _Job, most: int | None) -> None:
    waiting = list(range(len(job.operations)))
    while waiting and (most is None or job.errors < most):
        ready = next((each for each in waiting if not _awaited(job, each, waiting)), None)
        number = waiting[0] if ready is None else ready
        waiting.remove(number)
        _do(job, number, ring=ready is None)
        for each in [each for each in job.unfinished if not _awaited(job, each, waiting)]:
            _finish(job, each)


def _creates(operation: Mapping[str, Any]) -> bool:
    return str(operation.get("method", "")).upper() == "POST" and isinstance(operation.get("bulkId"), str)


def _awaited(job: _Job, number: int, waiting: list[int]) -> set[str]:
    """Return what an operation names that others, which have not been done, will create."""
    promised = {
        job.operations[each]["bulkId"]
        for each in waiting
        if each != number and isinstance(job.operations[each], Mapping) and _creates(job.operations[each])
    }
    return _named(job.operations[number]) & promised


def _named(value: Any) -> set[str]:
    if isinstance(value, str):
        return set(_REFERENCE.findall(value))
    if isinstance(value, Mapping):
        return {found for each in value.values() for found in _named(each)}
    if isinstance(value, list):
        return {found for each in value for found in _named(each)}
    return set()


def _do(job: _Job, number: int, *, ring: bool) -> None:
    operation = job.operations[number]
    result: dict[str, Any] = {}
    try:
        _one(job, number, _method(operation, result), result, ring=ring)
    except Exception as error:  # noqa: BLE001  one operation that fails is told in its result
        status, body = answer.problem(error)
        result |= {"status": str(status), "response": body}
        job.errors += 1
        if "bulkId" in result:
            job.failed.add(result["bulkId"])
    job.results[number] = result


def _method(operation: Any, result: dict[str, Any]) -> str:
    """Return the method of an operation; tell it, and the bulkId, in the result."""
    if not isinstance(operation, Mapping):
        raise InvalidSyntaxException(detail="An operation must be an object.")
    method = result["method"] = str(operation.get("method", "")).upper()
    if isinstance(operation.get("bulkId"), str):
        result["bulkId"] = operation["bulkId"]
    return method


def _one(job: _Job, number: int, method: str, result: dict[str, Any], *, ring: bool) -> None:
    operation = job.operations[number]
    if method not in _METHODS:
        raise InvalidSyntaxException(detail=f"The method must be one of {', '.join(_METHODS)}.")
    path = _resolved(job, operation.get("path"), without=False)
    endpoint, _, uid = str(path or "").strip("/").partition("/")
    kind = ENDPOINTS.get(endpoint)
    if kind is None or "/" in uid or (method == "POST") == bool(uid):
        raise InvalidPathException(detail="The path must be /Users or /Groups, with an id but for POST.")
    if uid:
        result["location"] = f"{job.space.base}/{endpoint}/{uid}"
    data = _resolved(job, operation.get("data"), without=ring)
    match = str(operation.get("version") or "")
    if method == "DELETE":
        write.delete(job.space, kind, uid, if_match=match)
        result["status"] = "204"
        return
    row = _written(job, method, kind, uid, data, match, result)
    if ring:
        job.unfinished[number] = (kind, str(row.uid), operation.get("data"))
    _tell(job, row, result)


def _written(
    job: _Job, method: str, kind: str, uid: str, data: Any, match: str, result: dict[str, Any]
) -> ScimResource:
    if method == "POST":
        if not result.get("bulkId"):
            raise InvalidSyntaxException(detail="A POST needs a bulkId.")
        row = write.create(job.space, kind, data)
        job.made[result["bulkId"]] = str(row.uid)
        result["status"] = "201"
        return row
    result["status"] = "200"
    if method == "PUT":
        return write.replace(job.space, kind, uid, data, if_match=match)
    return write.patch(job.space, kind, uid, data, if_match=match)


def _tell(job: _Job, row: ScimResource, result: dict[str, Any]) -> None:
    result |= {"location": job.space.location(row), "version": kept.etag(row)}


def _finish(job: _Job, number: int) -> None:
    """Give a resource of a ring what it names."""
    kind, uid, data = job.unfinished.pop(number)
    result = job.results[number]
    try:
        _tell(job, write.replace(job.space, kind, uid, _resolved(job, data, without=False)), result)
    except Exception as error:  # noqa: BLE001  as above
        status, body = answer.problem(error)
        result |= {"status": str(status), "response": body}
        job.errors += 1


def _resolved(job: _Job, value: Any, *, without: bool) -> Any:
    """Return values with ids in the place of bulkIds; `without` leaves out what names one not created yet."""
    if isinstance(value, str):
        return _REFERENCE.sub(lambda found: _id(job, found.group(1)), value)
    if isinstance(value, Mapping):
        parts = value.items()
        return {
            key: _resolved(job, each, without=without)
            for key, each in parts
            if not (without and _open(job, each))
        }
    if isinstance(value, list):
        return [_resolved(job, each, without=without) for each in value if not (without and _open(job, each))]
    return value


def _open(job: _Job, value: Any) -> bool:
    """Return whether a value, or the value of an object, names what is not created yet."""
    if isinstance(value, Mapping):
        value = value.get("value")
    return isinstance(value, str) and bool(_named(value) - set(job.made))


def _id(job: _Job, bulk_id: str) -> str:
    if bulk_id in job.made:
        return job.made[bulk_id]
    if bulk_id in job.failed:
        raise ConflictException(detail=f"What bulkId:{bulk_id} names could not be created.")
    raise ConflictException(detail=f"No operation has the bulkId {bulk_id}.")

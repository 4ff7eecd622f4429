"""The OpenAPI document of `/api/v1/`: what the resources declare, and what all of them share.

In: a resource's parameters, its body's serializer and the JSON Schema of its answers. Out: operations of the
document at `/api/schema/`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from drf_spectacular.openapi import AutoSchema

PROBLEM: Mapping[str, Any] = {
    "type": "object",
    "description": "Why a request was refused (RFC 9457).",
    "required": ["type", "title", "status", "detail", "rule"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "rule": {"type": "string", "description": "Stable name of what was not kept to."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["detail"],
                "properties": {
                    "detail": {"type": "string"},
                    "parameter": {"type": "string", "description": "The query parameter it is about."},
                    "pointer": {"type": "string", "description": "JSON pointer into the body."},
                    "value": {"type": "string"},
                },
            },
        },
        "requestId": {"type": "string"},
    },
}

SECURITY_SCHEMES: Mapping[str, Any] = {
    "key": {"type": "http", "scheme": "basic", "description": "Key and secret of a credential."},
    "token": {
        "type": "oauth2",
        "description": "OAuth 2; see /.well-known/oauth-authorization-server.",
        "flows": {
            "clientCredentials": {
                "tokenUrl": "/oauth/token/",
                "scopes": {
                    "workforce/read": "Read people, and statements with their context",
                    "workforce/write": "Keep people no HR system knows",
                    "log/read": "Read the proof log and what proves that a statement is in it",
                    "audit/read": "Read the audit trail",
                    "compliance/read": "Read courses, completions and training records",
                    "compliance/write": "Keep courses, and record training",
                },
            }
        },
    },
    "session": {"type": "apiKey", "in": "cookie", "name": "sessionid"},
}

_REFUSALS = {
    "400": "A query parameter is unknown or wrong, or the body is not JSON.",
    "401": "No key or token, or one that is not valid.",
    "403": "The scope is missing.",
    "406": "No answer of the type asked for.",
    "429": "Too many requests; Retry-After says how long to wait.",
    "503": "The database is away; Retry-After says how long to wait.",
}
_WITH_ID = {"404": "The store has no such thing."}
_WITH_BODY = {
    "409": "It contradicts what is there.",
    "413": "The body is too large.",
    "415": "The body is not application/json.",
    "422": "The body cannot be taken; each error has a pointer.",
}


class Described(AutoSchema):
    """Describes one operation from what its resource declares."""

    @property
    def _resource(self) -> Any:
        """The view, which is a connectors.api.resource.Resource."""
        return self.view

    def get_operation_id(self) -> str:
        """Return a name such as people_assignments_get."""
        parts = [part.strip("{}").replace("-", "_") for part in self.path.split("/")[3:] if part]
        return "_".join([*parts, self.method.lower()])

    def get_tags(self) -> list[str]:
        """Return the first part of the address."""
        return [self.path.split("/")[3]]

    def get_auth(self) -> list[dict[str, list[str]]]:
        """Return the ways to sign in; who is signed in to the administration only looks."""
        reading = self.method == "GET"
        scopes = [self._resource.scopes[0 if reading else 1]]
        found: list[dict[str, list[str]]] = [{"token": scopes}, {"key": []}]
        return [*found, {"session": []}] if reading else found

    def get_override_parameters(self) -> list[dict[str, Any]]:  # type: ignore[override]  # as they will stand
        """Return nothing: parameters are added as they are declared."""
        return []

    def _get_parameters(self) -> list[dict[str, Any]]:
        path = [
            {"name": name, "in": "path", "required": True, "schema": {"type": "integer", "format": "int64"}}
            for name in self._names_in_path()
        ]
        query = [
            {"name": each.name, "in": "query", "description": each.description, "schema": dict(each.schema)}
            for each in self._resource.described_parameters(self.method)
        ]
        headers = list(getattr(self.view, "headers_taken", {}).get(self.method, ()))
        return [*path, *query, *headers]

    def _names_in_path(self) -> Iterable[str]:
        return [part.strip("{}") for part in self.path.split("/") if part.startswith("{")]

    def get_request_serializer(self) -> Any:
        """Return the serializer of the body."""
        return getattr(self.view, "bodies", {}).get(self.method)

    def get_response_serializers(self) -> Any:
        """Return nothing: answers are described by JSON Schema."""
        return None

    def _get_response_bodies(self, direction: str = "response") -> dict[str, Any]:  # noqa: ARG002  the base class's
        refusals = dict(_REFUSALS)
        if "{" in self.path:
            refusals |= _WITH_ID
        if self.method in {"POST", "PATCH"}:
            refusals |= _WITH_BODY
        problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
        return {
            **self._resource.described_answers(self.method),
            **{code: {"description": said, "content": problem} for code, said in sorted(refusals.items())},
        }


def add_shared(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add the components every operation names (a hook of drf-spectacular)."""
    components = result.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = dict(PROBLEM)
    components["securitySchemes"] = {**components.get("securitySchemes", {}), **SECURITY_SCHEMES}
    return result

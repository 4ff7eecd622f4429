"""`organization-units`, `jobs` and `locations`, as of a moment, as known at another.

In: filters. Out: units with the way from the root, jobs, locations, in the order of their ids; only what was
there then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.http import HttpResponse
from psycopg import sql
from rest_framework.request import Request

from connectors.api import parameters
from connectors.api.people import as_asked
from connectors.api.resource import AT, KNOWN, Listing
from lrs import database

_KEY = parameters.text("key", "Only the one with this key.", most=200)


class _Kept(Listing):
    """Units, jobs or locations: rows of a table of versions."""

    #: What stands behind FROM; `v` are the versions, `t` the things.
    source: ClassVar[str]
    #: Columns, by what they are called in the answer.
    columns: ClassVar[Mapping[str, str]]

    def get(self, _request: Request) -> HttpResponse:
        """List what was there at a moment."""
        conditions: list[sql.Composable] = [
            sql.SQL("t.store_id = {}").format(self.caller.store_id),
            sql.SQL("t.id > {}").format(self.after_id),
            sql.SQL("v.valid @> {}::timestamptz AND v.recorded @> {}::timestamptz").format(
                self.at, self.known
            ),
            *self.conditions(),
        ]
        if "key" in self.values:
            conditions.append(sql.SQL("t.key = {}").format(sql.Literal(self.values["key"])))
        selected = sql.SQL(", ").join(sql.SQL(each) for each in self.columns.values())
        with database.binary_cursor() as cursor:
            cursor.execute(
                sql.SQL("SELECT {} FROM {} WHERE {} ORDER BY t.id LIMIT {}").format(
                    selected,
                    sql.SQL(self.source).format(at=self.at, known=self.known),
                    sql.SQL(" AND ").join(conditions),
                    self.limit + 1,
                )
            )
            lines = [dict(zip(self.columns, row, strict=True)) for row in cursor]
        more = len(lines) > self.limit
        lines = lines[: self.limit]
        return self.page(lines, [lines[-1]["id"]] if more else None, **as_asked(self))

    def conditions(self) -> Sequence[sql.Composable]:
        """Return what else must be so."""
        return ()


class OrganizationUnits(_Kept):
    """The tree of organization units."""

    name = "organization-units"
    source = (
        "connectors_organization_unit t JOIN connectors_organization_unit_version v ON v.unit_id = t.id"
        " LEFT JOIN connectors_unit_path p ON p.unit_id = t.id AND p.valid @> {at}::timestamptz"
        " AND p.recorded @> {known}::timestamptz"
    )
    columns = {
        "id": "t.id",
        "key": "t.key",
        "namespace": "t.namespace",
        "kind": "v.kind",
        "code": "v.code",
        "name": "v.name",
        "parent": "v.parent_id",
        "path": "coalesce(p.path, ARRAY[t.id])",
    }
    answers = {
        "GET": {
            "type": "object",
            "required": list(columns),
            "properties": {
                **{name: {"type": "string"} for name in ("key", "namespace", "kind", "code", "name")},
                "id": {"type": "integer"},
                "parent": {"type": ["integer", "null"]},
                "path": {"type": "array", "items": {"type": "integer"}, "description": "From the root."},
            },
        }
    }
    parameters = {
        "GET": (
            parameters.identity("under", "Only this unit and everything below it."),
            _KEY,
            AT,
            KNOWN,
        )
    }

    def conditions(self) -> Sequence[sql.Composable]:
        """Limit the answer to a subtree."""
        if "under" not in self.values:
            return ()
        return [sql.SQL("p.path @> ARRAY[{}::bigint]").format(self.values["under"])]


class Jobs(_Kept):
    """Jobs."""

    name = "jobs"
    source = "connectors_job t JOIN connectors_job_version v ON v.job_id = t.id"
    columns = {
        "id": "t.id",
        "key": "t.key",
        "namespace": "t.namespace",
        "title": "v.title",
        "family": "v.family",
        "regulatory_classes": "v.regulatory_classes",
    }
    answers = {
        "GET": {
            "type": "object",
            "required": list(columns),
            "properties": {
                "id": {"type": "integer"},
                **{name: {"type": "string"} for name in ("key", "namespace", "title", "family")},
                "regulatory_classes": {"type": "array", "items": {"type": "string"}},
            },
        }
    }
    parameters = {
        "GET": (
            _KEY,
            parameters.text("regulatory_class", "Only jobs of this regulatory class."),
            AT,
            KNOWN,
        )
    }

    def conditions(self) -> Sequence[sql.Composable]:
        """Limit the answer to a regulatory class."""
        if "regulatory_class" not in self.values:
            return ()
        wanted: Any = sql.Literal(self.values["regulatory_class"])
        return [sql.SQL("{} = ANY (v.regulatory_classes)").format(wanted)]


class Locations(_Kept):
    """Locations."""

    name = "locations"
    source = "connectors_location t JOIN connectors_location_version v ON v.location_id = t.id"
    columns = {
        "id": "t.id",
        "key": "t.key",
        "namespace": "t.namespace",
        "name": "v.name",
        "country": "v.country",
        "region": "v.region",
        "city": "v.city",
    }
    answers = {
        "GET": {
            "type": "object",
            "required": list(columns),
            "properties": {
                "id": {"type": "integer"},
                **{
                    name: {"type": "string"}
                    for name in ("key", "namespace", "name", "country", "region", "city")
                },
            },
        }
    }
    parameters = {"GET": (_KEY, AT, KNOWN)}

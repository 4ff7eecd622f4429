"""`reports`: what auditors pull, as JSON, CSV, PDF or bundle; `report-runs`: those that were made;
`saved-reports`: those that are made again and again.

In: filters. Out: the file where it is made at once, else the run, to be asked again (202). A key needs the
scope audit/read, which `all` does not include, and sees its store; a member of staff sees what their grants
let them. A report that was released is for all who see its whole store. Every report leaves an entry in the
disclosure log.
"""

from __future__ import annotations

from typing import Any

from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.request import Request

from compliance.api.base import done, json_object
from compliance.errors import ComplianceError
from compliance.models import ReportRun, Rhythm, RunState, SavedReport
from compliance.reports import filters, kinds, release, runs, saved
from compliance.reports.written import FORMATS
from compliance.signing import as_json, signatures_of
from connectors.api import parameters
from connectors.api.problems import Problem, not_found, wrong_body, wrong_parameter
from connectors.api.resource import Listing, Resource, answer, written

_READ = runs.SCOPE
_TEXT = {"type": "string"}
_FILTERS = (
    *(
        parameters.text(name, said, most=200)
        for name, said in (
            ("person", "Only this person: its id."),
            ("unit", "Only who is in this unit, or below it: its id."),
            ("course", "Only this course: its id."),
            ("requirement", "Only this requirement: its id."),
            ("table", "For the trail of one record: its table."),
            ("key", "For the trail of one record: its primary key."),
            ("since", "The period from this day or moment on."),
            ("until", "The period up to the end of this day, or to this moment."),
            ("at", "As of the end of this day, or this moment; now where it is left out."),
            ("known", "As known at the end of this day, or at this moment; now where it is left out."),
            ("restricted", "Why people whose data is restricted are reported, too; they are left out else."),
        )
    ),
    parameters.choice("output", "As what.", runs.OUTPUTS, default="json"),
)
RUN: dict[str, Any] = {
    "type": "object",
    "required": ["id", "report", "output", "filters", "state", "created"],
    "properties": {
        "id": {"type": "integer"},
        "report": _TEXT,
        "output": {"type": "string", "enum": list(runs.OUTPUTS)},
        "filters": {"type": "object", "additionalProperties": _TEXT},
        "state": {"type": "string", "enum": RunState.values},
        "created": {"type": "string", "format": "date-time"},
        "ended": {"type": ["string", "null"], "format": "date-time"},
        "expires": {"type": ["string", "null"], "format": "date-time"},
        "bytes": {"type": "integer"},
        "sha256": _TEXT,
        "error": _TEXT,
        "released": {"type": ["string", "null"], "format": "date-time"},
    },
}
#: One run, with the signatures of its release.
ONE_RUN: dict[str, Any] = {
    **RUN,
    "properties": {**RUN["properties"], "signatures": {"type": "array", "items": {"type": "object"}}},
}


SAVED: dict[str, Any] = {
    "type": "object",
    "required": ["id", "name", "report", "output", "filters", "rhythm", "active", "next_run"],
    "properties": {
        "id": {"type": "integer"},
        "name": _TEXT,
        "report": _TEXT,
        "output": {"type": "string", "enum": list(runs.OUTPUTS)},
        "filters": {"type": "object", "additionalProperties": _TEXT},
        "rhythm": {"type": "string", "enum": ["", *Rhythm.values]},
        "active": {"type": "boolean"},
        "next_run": {"type": ["string", "null"], "format": "date-time"},
    },
}


class _Reports(Resource):
    """What they do alike."""

    scopes = (_READ, _READ)
    permission = runs.PULL

    @property
    def who(self) -> runs.Who:
        """Who asks."""
        user: Any = None if self.caller.credential_id is not None else self.django_request.user
        return runs.Who(user=user, credential_id=self.caller.credential_id, store_id=self.caller.store_id)

    def mine(self) -> Any:
        """Return the runs of whoever asks."""
        found = ReportRun.objects.filter(store_id=self.caller.store_id)
        credential = self.caller.credential_id
        if credential is not None:
            return found.filter(credential_id=credential)
        return found.filter(user=self.who.user)

    def released(self) -> Any:
        """Return the runs of the store that were released, where whoever asks sees all of it."""
        found = ReportRun.objects.filter(store_id=self.caller.store_id).exclude(released=None)
        if self.caller.credential_id is not None:
            return found
        return found.filter(pk__in=release.readable(self.django_request.user).values("pk"))

    def run_of(self, run_id: int) -> ReportRun:
        """Return a run of whoever asks, or one that was released; or say that there is none."""
        found = self.mine().filter(pk=run_id).first() or self.released().filter(pk=run_id).first()
        if found is None:
            raise not_found("report run")
        run: ReportRun = found
        return run


class Reports(_Reports):
    """Which reports there are."""

    answers = {
        "GET": {
            "type": "object",
            "required": ["reports"],
            "properties": {
                "reports": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {
                            **dict.fromkeys(("name", "title", "says"), _TEXT),
                            "needs": {"type": "array", "items": _TEXT},
                        },
                    },
                }
            },
        }
    }

    def get(self, _request: Request) -> HttpResponse:
        """List the reports."""
        found = [
            {
                "name": each.name,
                "title": each.title,
                "says": each.says,
                "needs": [one.removesuffix("_id") for one in each.needs],
            }
            for each in kinds.KINDS.values()
        ]
        return answer({"reports": found})


class OneReport(_Reports):
    """One report, made."""

    parameters = {"GET": _FILTERS}
    answers = {"GET": {"type": "object", "additionalProperties": True}}

    def get(self, _request: Request, report: str) -> HttpResponseBase:
        """Make a report; its file where it is made at once, else the run (202)."""
        if report not in (*kinds.KINDS, runs.BUNDLE):
            raise not_found("report")
        output = "bundle" if report == runs.BUNDLE else str(self.values.get("output", "json"))
        given = {name: value for name, value in self.values.items() if name in filters.NAMES}
        try:
            run = runs.start(self.who, report, output, given)
        except ComplianceError as error:
            if not error.field:
                raise Problem(403, error.reason, rule="permission") from error
            raise wrong_parameter(error.field, error.reason) from error
        return _file(run) if run.state == RunState.DONE else answer(_line(run), status=202)


class Runs(_Reports, Listing):
    """Reports that were made."""

    name = "report-runs"
    parameters = {
        "GET": (parameters.flag("released", "Those of the whole store that were released, and no others."),)
    }
    answers = {"GET": RUN, "POST": RUN}

    def get(self, _request: Request) -> HttpResponse:
        """List the reports that were made for whoever asks, or were released; newest first."""
        rows = self.released() if self.values.get("released") else self.mine()
        if self.after:
            rows = rows.filter(pk__lt=self.after_id)
        found = list(rows.order_by("-pk")[: self.limit + 1])
        more = len(found) > self.limit
        found = found[: self.limit]
        return self.page([_line(each) for each in found], [found[-1].pk] if more else None)

    def post(self, request: Request) -> HttpResponse:
        """Have a report made: `report`, `output` and `filters`."""
        body = json_object(request)
        given = body.get("filters", {})
        if not isinstance(given, dict):
            given = {}
        run = done(
            lambda: runs.start(self.who, str(body.get("report", "")), str(body.get("output", "json")), given)
        )
        return answer(_line(run), status=201)


class OneRun(_Reports):
    """One report that was made."""

    answers = {"GET": ONE_RUN}

    def get(self, _request: Request, run_id: int) -> HttpResponse:
        """Tell how far a report is, and who signed its release."""
        found = self.run_of(run_id)
        signed = signatures_of(release.KIND, str(found.pk)) if found.released else []
        return answer({**_line(found), "signatures": as_json(signed)})


class RunFile(_Reports):
    """The file of a report."""

    answers = {"GET": {"type": "string", "format": "binary"}}

    def get(self, _request: Request, run_id: int) -> HttpResponseBase:
        """Give the file of a report."""
        return _file(self.run_of(run_id))


class Saved(_Reports):
    """Reports that are made again and again."""

    parameters = {"GET": ()}
    answers = {"GET": {"type": "object", "properties": {"saved": {"type": "array", "items": SAVED}}},
               "POST": SAVED}  # fmt: skip

    def get(self, _request: Request) -> HttpResponse:
        """List what whoever asks has saved, by name."""
        return answer({"saved": [_saved_line(each) for each in saved.of(self.who)]})

    def post(self, request: Request) -> HttpResponse:
        """Save a report: `name`, `report`, `output`, `filters` and `rhythm`; the same name saves it anew."""
        body = json_object(request)
        given = body.get("filters", {})
        found = done(
            lambda: saved.save(
                self.who,
                name=str(body.get("name", "")),
                report=str(body.get("report", "")),
                output=str(body.get("output", "json")),
                given=given if isinstance(given, dict) else {},
                rhythm=str(body.get("rhythm", "")),
            )
        )
        return answer(_saved_line(found), status=201)


class OneSaved(_Reports):
    """One saved report."""

    answers = {"GET": SAVED, "PATCH": SAVED, "POST": RUN}

    def get(self, _request: Request, saved_id: int) -> HttpResponse:
        """Tell of one."""
        return answer(_saved_line(self.saved_of(saved_id)))

    def patch(self, request: Request, saved_id: int) -> HttpResponse:
        """Have it made by itself no more, or again: `active`."""
        found, active = self.saved_of(saved_id), json_object(request).get("active")
        if not isinstance(active, bool):
            error = {"pointer": "/active", "detail": "Whether it is made by itself: true or false."}
            raise wrong_body([error], rule="saved.active")
        (saved.resume if active else saved.stop)(found)
        return answer(_saved_line(self.saved_of(saved_id)))

    def post(self, _request: Request, saved_id: int) -> HttpResponse:
        """Make it now; its run."""
        found = self.saved_of(saved_id)
        return answer(_line(done(lambda: saved.make(self.who, found))), status=201)

    def saved_of(self, saved_id: int) -> SavedReport:
        """Return one of whoever asks, or say that there is none."""
        found = saved.of(self.who).filter(pk=saved_id).first()
        if found is None:
            raise not_found("saved report")
        return found


def _saved_line(found: SavedReport) -> dict[str, Any]:
    return {
        "id": found.pk,
        "name": found.name,
        "report": found.report,
        "output": found.output,
        "filters": found.filters,
        "rhythm": found.rhythm,
        "active": found.active,
        "next_run": written(found.next_run),
    }


def _file(run: ReportRun) -> FileResponse:
    try:
        opened = runs.open_file(run)
    except ComplianceError as error:
        raise Problem(410 if run.state == RunState.DONE else 409, error.reason, rule="file") from error
    media = "application/zip" if run.output == runs.BUNDLE else FORMATS[run.output][1]
    response = FileResponse(
        opened, as_attachment=run.output != "json", filename=runs.file_name(run), content_type=media
    )
    response.headers["X-Report-Run"] = str(run.pk)
    return response


def _line(run: ReportRun) -> dict[str, Any]:
    return {
        "id": run.pk,
        "report": run.report,
        "output": run.output,
        "filters": run.filters,
        "state": run.state,
        "created": written(run.created),
        "ended": written(run.ended),
        "expires": written(run.expires),
        "bytes": run.bytes,
        "sha256": run.sha256,
        "error": run.error,
        "released": written(run.released),
    }

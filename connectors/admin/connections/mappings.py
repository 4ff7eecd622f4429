"""Versions of field mappings: edited with a live preview, tested, put to use, rolled back, compared.

In: requests. Out: pages, JSON for the preview, files. What a step means is connectors.mapping.lifecycle's; a
version that was in use is never edited.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

import orjson
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern
from django.utils.text import slugify

from connectors.adapters import adapters
from connectors.admin.connections import mapping_view
from connectors.admin.connections.base import ConnectionAdmin, by, key, may, must, system_of, to, told
from connectors.errors import ConnectorError
from connectors.mapping import compile, document, lifecycle, sheet  # noqa: A004  mapping.compile
from connectors.models import FieldMapping, MappingState, System
from lrs.admin.download import download
from lrs.admin.keyset import listing

#: Bytes of what the preview is asked about.
_ASKED_MOST = 2 * document.BYTES_MOST
#: Sample records the editor offers of each kind.
_SAMPLES_MOST = 10
_EDITABLE = (MappingState.DRAFT, MappingState.TESTED)


class Unreadable(ConnectorError):
    """What was typed is no JSON object."""


class Stale(ConnectorError):
    """Somebody else changed the version meanwhile."""


@admin.register(FieldMapping)
class FieldMappingAdmin(ConnectionAdmin):
    """Mappings are drafted, tested and activated; a version is never deleted."""

    def pages(self) -> list[URLPattern]:
        """Return the addresses."""
        return [
            self.route("", self.versions, "connectors_fieldmapping_changelist"),
            self.route("new/<int:pk>/", self.new, "connectors_fieldmapping_new"),
            self.route("import/<int:pk>/", self.take_in, "connectors_fieldmapping_import"),
            self.route("<int:pk>/", self.editor, "connectors_fieldmapping_change"),
            self.route("<int:pk>/preview/", self.preview, "connectors_fieldmapping_preview"),
            self.route("<int:pk>/step/", self.step, "connectors_fieldmapping_step"),
            self.route("<int:pk>/compare/", self.compare, "connectors_fieldmapping_compare"),
            self.route("<int:pk>/export/", self.export, "connectors_fieldmapping_export"),
            self.route("<int:pk>/sheet/", self.sheet, "connectors_fieldmapping_sheet"),
            self.route("<int:pk>/sheet.csv", self.sheet_csv, "connectors_fieldmapping_csv"),
        ]

    def versions(self, request: HttpRequest) -> HttpResponse:
        """The versions of all connections, or of one."""
        must(request, "view_fieldmapping")
        rows: QuerySet[Any] = FieldMapping.objects.select_related("system", "created_by").defer(
            "document", "sample"
        )
        chosen = request.GET.get("system", "")
        system = System.objects.filter(pk=key(int(chosen))).first() if chosen.isdecimal() else None
        if system is not None:
            rows = rows.filter(system=system)
        context = {
            "system": system,
            "systems": System.objects.order_by("name").only("name"),
            "listing": listing(request, rows),
            "may_change": may(request, "change_fieldmapping"),
        }
        title = f"{system.name}: mapping" if system is not None else "Mappings"
        return self.page(request, "mapping/list.html", context, title=title)

    def new(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Draft what is in use, or what the adapter comes with, to be edited."""
        must(request, "change_fieldmapping")
        system = system_of(pk)
        if request.method == "POST":
            with told(request):
                return to("connectors_fieldmapping_change", _drafted(system, request).pk)
        return to("connectors_fieldmapping_changelist", query=f"?system={pk}")

    def take_in(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Draft an exported mapping."""
        must(request, "change_fieldmapping")
        system = system_of(pk)
        file = request.FILES.get("file")
        if request.method == "POST" and file is not None:
            with told(request):
                content = file.read(document.BYTES_MOST + 1)
                made = lifecycle.import_(system, content, by=by(request))
                return to("connectors_fieldmapping_change", made.pk)
        return to("connectors_fieldmapping_changelist", query=f"?system={pk}")

    def editor(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A version: its fields, a sample beside them, what comes of it; and its edited form being kept."""
        must(request, "view_fieldmapping")
        version = _version(pk)
        if request.method == "POST":
            must(request, "change_fieldmapping")
            try:
                self._save(request, version)
            except ConnectorError as error:
                messages.error(request, f"{error.reason} {error.suggestion}".strip())
                return self._editor(request, version, request.POST, status=400)
            return to("connectors_fieldmapping_change", pk)
        return self._editor(request, version, {})

    def preview(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What a document makes of a record, as JSON, while somebody types."""
        must(request, "view_fieldmapping")
        _version(pk)
        if request.method != "POST" or len(request.body) > _ASKED_MOST:
            return JsonResponse({"error": "This takes a document and a record, not too large."}, status=400)
        try:
            asked = orjson.loads(request.body)
            found = mapping_view.preview(asked["document"], str(asked.get("kind", "")), asked.get("raw"))
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
            return JsonResponse({"error": "This is no document."}, status=400)
        return HttpResponse(orjson.dumps(found, default=str), content_type="application/json")

    def step(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Test a version, put it to use, go back to it, or draft another of it."""
        must(request, "change_fieldmapping")
        version = _version(pk)
        step = _STEPS.get(request.POST.get("step", ""))
        if request.method == "POST" and step is not None:
            with told(request):
                pk = step(request, version).pk
        return to("connectors_fieldmapping_change", pk)

    def compare(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What differs between two versions."""
        must(request, "view_fieldmapping")
        after = _version(pk)
        others = FieldMapping.objects.filter(system=after.system).exclude(pk=pk)
        asked = request.GET.get("with", "")
        before = others.filter(pk=key(int(asked))).first() if asked.isdecimal() else None
        before = before or others.filter(version__lt=after.version).first() or others.first()
        context = {
            "after": after,
            "before": before,
            "others": others.defer("document", "sample"),
            "lines": list(mapping_view.difference(before.document, after.document)) if before else [],
            "fields": mapping_view.changed_fields(before.document, after.document) if before else [],
        }
        return self.page(
            request, "mapping/compare.html", context, title=f"{after.system.name}: versions compared"
        )

    def export(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """A version as JSON, without samples."""
        must(request, "view_fieldmapping")
        version = _version(pk)
        content = lifecycle.export(version)
        name = f"{slugify(version.system.name) or 'mapping'}-mapping-{version.version}"
        return download([content], name=name, content_type="application/json", size=len(content))

    def sheet(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The field mapping document."""
        must(request, "view_fieldmapping")
        version = _version(pk)
        try:
            rows = sheet.rows(compile(version.document))
        except ConnectorError as error:
            messages.error(request, error.reason)
            return to("connectors_fieldmapping_change", pk)
        kinds = [
            (kind, [row for row in rows if row.kind == kind]) for kind in dict.fromkeys(r.kind for r in rows)
        ]
        context = {"version": version, "kinds": kinds, "note": version.document.get("note", "")}
        title = f"{version.system.name}: field mapping document"
        return self.page(request, "mapping/sheet.html", context, title=title)

    def sheet_csv(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """The field mapping document as CSV."""
        must(request, "view_fieldmapping")
        version = _version(pk)
        try:
            content = sheet.as_csv(sheet.rows(compile(version.document))).encode()
        except ConnectorError as error:
            messages.error(request, error.reason)
            return to("connectors_fieldmapping_change", pk)
        name = f"{slugify(version.system.name) or 'mapping'}-fields-{version.version}"
        return download([content], name=name, content_type="text/csv; charset=utf-8", size=len(content))

    def _save(self, request: HttpRequest, version: FieldMapping) -> None:
        if request.POST.get("known", "") != known_as(version):
            raise Stale(
                "Somebody changed this version meanwhile.", suggestion="Your text is below; nothing was kept."
            )
        content = _object(request.POST.get("document", ""), "The mapping")
        sample = None
        if request.POST.get("keep_sample") and request.POST.get("raw", "").strip():
            raw = _object(request.POST["raw"], "The sample")
            sample = {**version.sample, request.POST.get("kind", "worker"): [raw]}
        saved = lifecycle.save(
            version,
            content=content,
            sample=sample,
            note=request.POST.get("note", "").replace("\0", "")[:5000],
            by=by(request),
        )
        if request.POST.get("then") == "test":
            _test(request, saved)
        else:
            messages.success(request, "Kept as a draft.")

    def _editor(
        self, request: HttpRequest, version: FieldMapping, typed: Mapping[str, str], *, status: int = 200
    ) -> HttpResponse:
        samples = {kind: raws[:_SAMPLES_MOST] for kind, raws in lifecycle.samples_for(version).items()}
        records = version.document.get("records", {})
        kinds = list(dict.fromkeys([*(records if isinstance(records, dict) else ()), *samples]))
        kind = typed.get("kind") or next(
            (each for each in kinds if each in samples), kinds[0] if kinds else "worker"
        )
        raw = next(iter(samples.get(kind, ())), {})
        preview = mapping_view.preview(version.document, kind, raw)
        for row in preview["rows"]:
            row["results"] = preview["results"].get(row["pointer"], [])
        context = {
            "version": version,
            "system": version.system,
            "used": lifecycle.active(version.system),
            "text": typed.get("document") or mapping_view.text_of(version.document),
            "note": typed.get("note", version.note),
            "known": known_as(version),
            "kinds": kinds,
            "kind": kind,
            "raw": typed.get("raw") or (mapping_view.text_of(raw) if raw else ""),
            "samples": samples,
            "preview": preview,
            "schema": document.schema()["$defs"],
            "records": mapping_view.text_of(preview["records"]),
            "editable": version.state in _EDITABLE and may(request, "change_fieldmapping"),
            "may_change": may(request, "change_fieldmapping"),
            "result": version.test_result,
        }
        title = f"{version.system.name}: mapping version {version.version}"
        return self.page(request, "mapping/editor.html", context, title=title, status=status)


def known_as(version: FieldMapping) -> str:
    """Return by what it is told whether somebody changed a version meanwhile."""
    content = orjson.dumps([version.document, version.sample, version.note], option=orjson.OPT_SORT_KEYS)
    return sha256(content).hexdigest()[:16]


def _version(pk: int) -> FieldMapping:
    found: FieldMapping = get_object_or_404(
        FieldMapping.objects.select_related("system__store", "created_by"), pk=key(pk)
    )
    return found


def _object(text: str, what: str) -> dict[str, Any]:
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Unreadable(f"{what} is no JSON: {error}.") from error
    if not isinstance(found, dict):
        raise Unreadable(f"{what} must be an object.")
    return found


def _drafted(system: System, request: HttpRequest) -> FieldMapping:
    used = lifecycle.active(system)
    if used is not None and request.POST.get("of") != "default":
        return lifecycle.copy(used, by=by(request))
    adapter = adapters().get(system.adapter)
    if adapter is None:
        raise ConnectorError(f"There is no adapter {system.adapter!r}.")
    note = f"From the default mapping of {adapter.title}."
    return lifecycle.draft(system, adapter.default_mapping, by=by(request), note=note)


def _test(request: HttpRequest, version: FieldMapping) -> FieldMapping:
    result = lifecycle.try_out(version, by=by(request))
    if result["passed"]:
        messages.success(request, f"Tested on {result['tried']} samples: passed.")
    else:
        messages.error(request, f"Tested on {result['tried']} samples: not passed.")
    return version


def _activate(request: HttpRequest, version: FieldMapping) -> FieldMapping:
    used = lifecycle.activate(version, by=by(request))
    messages.success(request, f"Version {used.version} is in use.")
    return used


def _roll_back(request: HttpRequest, version: FieldMapping) -> FieldMapping:
    made = lifecycle.roll_back(version, by=by(request))
    messages.success(request, f"In use again, as version {made.version}.")
    return made


def _copy(request: HttpRequest, version: FieldMapping) -> FieldMapping:
    return lifecycle.copy(version, by=by(request))


_STEPS: Mapping[str, Callable[[HttpRequest, FieldMapping], FieldMapping]] = {
    "test": _test,
    "activate": _activate,
    "roll_back": _roll_back,
    "copy": _copy,
}

"""Drift: where a source is not as it was, what is held for it, and the rename that would mend it.

In: requests. Out: pages; a draft mapping with the proposed renames, or a finding taken for what is usual.
Both are connectors.drift's, which notes them in the history of the connection.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern

from connectors import drift
from connectors.admin.connections.base import ConnectionAdmin, by, held, key, may, must, system_of, to, told
from connectors.drift.baseline import baseline_of
from connectors.models import DriftFinding, DriftState, SourceShape, System
from lrs.admin.keyset import listing

_VALUES_MOST = 12


@dataclass(frozen=True, slots=True)
class Seen:
    """A finding with what is usual and what is so now."""

    finding: DriftFinding
    usual: tuple[str, ...]
    now: tuple[str, ...]
    #: The version of the mapping that repairs it.
    repaired: int | None


@admin.register(DriftFinding)
class DriftFindingAdmin(ConnectionAdmin):
    """Findings are accepted or repaired, never deleted."""

    def pages(self) -> list[URLPattern]:
        """Return the addresses."""
        return [
            self.route("", self.findings, "connectors_driftfinding_changelist"),
            self.route("<int:pk>/accept/", self.accept, "connectors_driftfinding_accept"),
            self.route("repair/<int:pk>/", self.repair, "connectors_driftfinding_repair"),
        ]

    def findings(self, request: HttpRequest) -> HttpResponse:
        """The findings of all connections or of one, with what is usual beside what is so now."""
        must(request, "view_driftfinding")
        asked = request.GET.get("state", "")
        state = asked if asked in DriftState.values else DriftState.OPEN
        rows: QuerySet[Any] = DriftFinding.objects.filter(state=state).select_related("system", "settled_by")
        chosen = request.GET.get("system", "")
        system = System.objects.filter(pk=key(int(chosen))).first() if chosen.isdecimal() else None
        if system is not None:
            rows = rows.filter(system=system)
        listed = listing(request, rows)
        context = {
            "system": system,
            "systems": System.objects.order_by("name").only("name"),
            "state": state,
            "states": DriftState.choices,
            "groups": _groups(listed.rows),
            "listing": listed,
            "is_open": state == DriftState.OPEN,
            "may_change": may(request, "change_driftfinding"),
            "may_repair": may(request, "change_driftfinding", "change_fieldmapping"),
        }
        return self.page(request, "drift/list.html", context, title="Drift")

    def accept(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take what was found for what is usual from now on."""
        must(request, "change_driftfinding")
        found = get_object_or_404(DriftFinding.objects.select_related("system"), pk=key(pk))
        if request.method == "POST":
            with told(request):
                drift.accept(found, by=by(request))
                messages.success(request, "Accepted: nothing is held for it any more.")
        return to("connectors_driftfinding_changelist", query=f"?system={found.system_id}")

    def repair(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Draft a mapping with proposed renames: all that are open, or the ticked ones."""
        must(request, "change_driftfinding", "change_fieldmapping")
        system = system_of(pk)
        if request.method == "POST":
            ticked = [key(int(each)) for each in request.POST.getlist("finding") if each.isdecimal()]
            rows = DriftFinding.objects.filter(system=system, state=DriftState.OPEN).exclude(proposal="")
            chosen = list(rows.filter(pk__in=ticked) if ticked else rows)
            with told(request):
                made = drift.repair(system, chosen, by=by(request))
                messages.success(request, "A draft with the new names. Test it, then activate it.")
                return to("connectors_fieldmapping_change", made.pk)
        return to("connectors_driftfinding_changelist", query=f"?system={pk}")


def _groups(rows: Any) -> list[dict[str, Any]]:
    """Return findings by connection."""
    groups: dict[int, dict[str, Any]] = {}
    for each in rows:
        group = groups.get(each.system_id)
        if group is None:
            latest = SourceShape.objects.filter(system=each.system).first()
            group = groups[each.system_id] = {
                "system": each.system,
                "findings": [],
                "usual": baseline_of(each.system),
                "now": latest.kinds if latest is not None else {},
                "held": set(),
                "proposals": 0,
            }
        group["findings"].append(_seen(each, group["usual"], group["now"]))
        if each.state == DriftState.OPEN:
            group["held"].update(each.detail.get("held", ()))
            group["proposals"] += bool(each.proposal)
    for group in groups.values():
        group["held"] = [held(each) for each in sorted(group["held"])]
    return list(groups.values())


def _seen(finding: DriftFinding, usual: Mapping[str, Any], now: Mapping[str, Any]) -> Seen:
    kind, path = finding.detail.get("record", ""), finding.detail.get("path", "")
    return Seen(
        finding,
        _shape(usual.get(kind, {}), path) if finding.state == DriftState.OPEN else (),
        (*_told(finding.detail), *_shape(now.get(kind, {}), finding.proposal or path)),
        finding.detail.get("repaired in version"),
    )


def _shape(kinds: Mapping[str, Any], path: str) -> tuple[str, ...]:
    """Return what a field, or the whole, looks like in words."""
    if not path:
        return (f"{kinds['records']:,} records",) if "records" in kinds else ()
    found = kinds.get("fields", {}).get(path)
    if not found or not found.get("n"):
        return ("not there",) if kinds else ()
    types = found.get("types", {})
    share = f"in {found['n'] / max(1, found['of']):.0%} of records"
    said = [", ".join([share, *sorted(types, key=lambda each: -types[each])])]
    if patterns := found.get("patterns"):
        said.append(", ".join(sorted(patterns, key=lambda each: -patterns[each])[:3]))
    if values := found.get("values"):
        shown = [str(each) for each in values][:_VALUES_MOST]
        said.append(", ".join(shown) + (" …" if len(values) > _VALUES_MOST else ""))
    return tuple(said)


def _told(detail: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what a finding itself says."""
    said = []
    if "from" in detail and "to" in detail:
        said.append(f"{detail['from']} → {detail['to']}")
    for name in ("new", "gone"):
        if value := detail.get(name):
            shown = value if isinstance(value, str) else ", ".join(str(each) for each in value)
            said.append(f"{name}: {shown}")
    return tuple(said)

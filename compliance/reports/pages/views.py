"""Pages for auditors: choose a report, see it, pull it, look at what was pulled.

In: requests of somebody signed in who may pull reports. Out: pages that work without scripts, and files. What
lies outside of what they may see is refused; every look leaves an entry in the disclosure log.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from compliance import conf
from compliance.access.disclosure import disclosed, purpose_of
from compliance.access.scope import require, scope_of
from compliance.errors import ComplianceError
from compliance.models import ReportRun, Rhythm, RunState, SavedReport
from compliance.proof.errors import ProofError
from compliance.reports import filters, kinds, release, runs, saved
from compliance.reports.pages import choices
from compliance.reports.table import told
from compliance.reports.written import FORMATS
from compliance.signing import as_html, signatures_of

SIGN_IN = "account_login"
#: Lines of each table a page shows.
LINES = 200
View = Callable[..., HttpResponseBase]
BUNDLE = kinds.Kind(
    runs.BUNDLE,
    "Bundle that proves itself",
    "Statements, completions, contexts and signatures with proofs, and the program that checks them offline.",
    lambda _asked, _evidence: (),
)
_PARTS = {
    "person": "Person", "unit": "Department", "course": "Course", "requirement": "Requirement",
}  # fmt: skip


def auditors(view: View) -> View:
    """Let in who may pull reports; the others are told to sign in, to say why they look, or refused."""

    @never_cache
    @login_required(login_url=SIGN_IN)
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **named: Any) -> HttpResponseBase:
        require(request.user, runs.PULL)
        if conf.purpose_required() and not purpose_of(request):
            messages.info(request, "Say first why you look at people's records.")
            return HttpResponseRedirect(f"{reverse('hub_account')}?{urlencode({'next': request.path})}")
        return view(request, *args, **named)

    return guarded


@auditors
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """Show which reports there are, what was saved, and what was pulled last."""
    store_id = _store(request)
    context = {
        "kinds": [*kinds.KINDS.values(), BUNDLE],
        "stores": choices.stores(_user(request)),
        "store": store_id,
        "saved": [
            (each, urlencode({**each.filters, "store": store_id}))
            for each in saved.of(runs.Who(user=_user(request), store_id=store_id))
        ],
        "runs": _mine(request)[:5],
    }
    return render(request, "compliance/reports/index_page.html", context)


@auditors
@require_GET
def report(request: HttpRequest, name: str) -> HttpResponse:
    """Show a report's filters, and with `see`, the report."""
    kind, store_id = _kind(name), _store(request)
    user, given = _user(request), filters.kept(request.GET)
    scope = scope_of(user, runs.PULL)
    context: dict[str, Any] = {
        "kind": kind,
        "store": store_id,
        "given": given,
        "find": request.GET.get("find", ""),
        "fields": _fields(store_id, scope, given, request.GET.get("find", "")),
        "needs": [each.removesuffix("_id") for each in kind.needs],
        "outputs": runs.OUTPUTS if name != runs.BUNDLE else (runs.BUNDLE,),
        "rhythms": Rhythm.choices,
        "query": urlencode({**given, "store": store_id}),
    }
    if "see" in request.GET and name != runs.BUNDLE:
        try:
            context |= _seen(request, runs.Who(user=user, store_id=store_id), name, given)
        except ComplianceError as error:
            return render(
                request, "compliance/reports/report_page.html", {**context, "fault": error.reason}, status=400
            )
    return render(request, "compliance/reports/report_page.html", context)


@auditors
@require_POST
def pull(request: HttpRequest, name: str) -> HttpResponse:
    """Have a report made as a file, or saved to be made again and again."""
    _kind(name)
    store_id, given = _store(request), filters.kept(request.POST)
    who = runs.Who(user=_user(request), store_id=store_id)
    back = f"{reverse('audit:report', args=[name])}?{urlencode({**given, 'store': store_id})}"
    output = request.POST.get("output", "pdf")
    try:
        if title := request.POST.get("title", "").strip():
            rhythm = request.POST.get("rhythm", "")
            saved.save(who, name=title, report=name, output=output, given=given, rhythm=rhythm)
            messages.success(request, "Saved.")
            return HttpResponseRedirect(back)
        run = runs.start(who, name, output, given)
    except (ComplianceError, ProofError) as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(back)
    return HttpResponseRedirect(reverse("audit:run", args=[run.pk]))


@auditors
@require_POST
def saved_report(request: HttpRequest, saved_id: int) -> HttpResponse:
    """Make a saved report now, or have it made by itself no more, or again."""
    found = get_object_or_404(SavedReport, pk=saved_id, user=_user(request))
    back = f"{reverse('audit:index')}?{urlencode({'store': found.store_id})}"
    if "make" in request.POST:
        try:
            run = saved.make(runs.Who(user=_user(request), store_id=found.store_id), found)
        except (ComplianceError, ProofError) as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(back)
        return HttpResponseRedirect(reverse("audit:run", args=[run.pk]))
    if "stop" in request.POST:
        saved.stop(found)
    else:
        saved.resume(found)
    return HttpResponseRedirect(back)


@auditors
@require_GET
def pulled(request: HttpRequest) -> HttpResponse:
    """Show everything that was pulled."""
    return render(request, "compliance/reports/runs_page.html", {"runs": _mine(request)[:LINES]})


@auditors
@require_GET
def run(request: HttpRequest, run_id: int) -> HttpResponse:
    """Show how far a report is, and where its file is."""
    found = run_of(request, run_id)
    waiting = found.state in (RunState.WAITING, RunState.RUNNING)
    context = {
        "run": found,
        "waiting": waiting,
        "file_name": runs.file_name(found),
        "mine": found.user_id == _user(request).pk,
        "signatures_block": as_html(signatures_of(release.KIND, str(found.pk))) if found.offered else "",
    }
    return render(request, "compliance/reports/run_page.html", context)


@auditors
@require_GET
def file(request: HttpRequest, run_id: int) -> HttpResponseBase:
    """Give the file of a report."""
    found = run_of(request, run_id)
    try:
        still_open(request, found)
        opened = runs.open_file(found)
    except ComplianceError as error:
        raise Http404(error.reason) from None
    disclosed(request, f"report:{found.report}:file", asked=found.filters, store_id=found.store_id)
    media = "application/zip" if found.output == runs.BUNDLE else FORMATS[found.output][1]
    return FileResponse(opened, as_attachment=True, filename=runs.file_name(found), content_type=media)


def _seen(request: HttpRequest, who: runs.Who, name: str, given: dict[str, str]) -> dict[str, Any]:
    with runs.read(who, name, given) as found:
        tables = []
        for table in found.tables:
            rows = [[told(each) for each in row] for row in islice(table.rows, LINES + 1)]
            tables.append(
                {
                    "title": table.title,
                    "columns": table.columns,
                    "rows": rows[:LINES],
                    "more": len(rows) > LINES,
                }
            )
    disclosed(request, f"report:{name}:page", found.people, asked=given, store_id=who.store_id)
    return {"report": found, "tables": tables}


def _fields(store_id: int, scope: Any, given: dict[str, str], find: str) -> list[dict[str, Any]]:
    offered = {
        "person": choices.people(store_id, scope, find) if find else _named(store_id, scope, given),
        "unit": choices.units(store_id, scope),
        "course": choices.courses(store_id),
        "requirement": choices.requirements(store_id),
    }
    return [
        {"name": name, "label": label, "choices": [(str(key), text) for key, text in offered[name]]}
        for name, label in _PARTS.items()
    ]


def _named(store_id: int, scope: Any, given: dict[str, str]) -> list[choices.Choice]:
    """Return the person that was chosen, else the first people by name."""
    found = choices.people(store_id, scope, "")
    chosen = given.get("person", "")
    if chosen.isdigit() and int(chosen) not in dict(found) and scope.sees(int(chosen)):
        found.append((int(chosen), f"Person {chosen}"))
    return found


def _kind(name: str) -> kinds.Kind:
    if name == runs.BUNDLE:
        return BUNDLE
    try:
        return kinds.kind_of(name)
    except ComplianceError as error:
        raise Http404(error.reason) from None


def _store(request: HttpRequest) -> int:
    """Return the store that was chosen, else the first; refused where it is none of theirs."""
    offered = [key for key, _ in choices.stores(_user(request))]
    wanted = request.POST.get("store") or request.GET.get("store") or ""
    if not offered:
        raise PermissionDenied("You have no access to records here.")
    if not wanted:
        return offered[0]
    if not wanted.isdigit() or int(wanted) not in offered:
        raise PermissionDenied("This store is outside of what you may see.")
    return int(wanted)


def _mine(request: HttpRequest) -> Any:
    return ReportRun.objects.filter(user=_user(request)).order_by("-pk")


def run_of(request: HttpRequest, run_id: int) -> ReportRun:
    """Return a run of whoever asks, or one that waits for its release or has it, where they may read that."""
    mine: ReportRun | None = _mine(request).filter(pk=run_id).first()
    found = mine or release.readable(_user(request)).filter(pk=run_id).first()
    if found is None:
        raise Http404("There is no such report that you may read.")
    return found


def still_open(request: HttpRequest, run: ReportRun) -> None:
    """Raise ComplianceError where access became narrower than what one had made before."""
    if run.user_id == _user(request).pk:
        runs.question(runs.Who(user=run.user, store_id=run.store_id), run.report, run.filters)


def _user(request: HttpRequest) -> Any:
    return request.user

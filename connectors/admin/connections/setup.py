"""The guided set-up: one page for each step, left and resumed at will; later the same pages change things.

In: a connection being set up, and what was sent. Out: the connection, its settings, secrets, mapping and
pilot, each change with a note in its history. A secret that was kept is never part of any answer.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from connectors import vault
from connectors.admin.connections import attempt, settings_form, standing
from connectors.admin.connections.about_form import AboutForm
from connectors.admin.connections.base import ConnectionAdmin, by, lines, may, must, note, system_of, to, told
from connectors.admin.connections.markdown import rendered
from connectors.admin.connections.standing import Step
from connectors.mapping import lifecycle
from connectors.models import FieldMapping, RunMode, SyncRun, System, SystemSecret, SystemState
from connectors.sync.pilot import PARTS

#: Characters of a secret at most.
_SECRET_MOST = 20_000
_STATES = {
    "pilot": (standing.start_pilot, "The pilot has started."),
    "live": (standing.go_live, "It is live."),
    "pause": (standing.pause, "It is paused."),
    "resume": (standing.resume, "It goes on."),
    "try": (standing.try_now, "The next attempt is let through."),
}


class Setup:
    """The steps, below the connections."""

    def __init__(self, of: ConnectionAdmin) -> None:
        self.of = of

    def pages(self) -> list[URLPattern]:
        """Return the addresses."""
        route = self.of.route
        return [
            route("add/", self.add, "connectors_system_add"),
            route("<int:pk>/setup/", self.resume, "connectors_system_setup"),
            route("<int:pk>/setup/about/", self.about, "connectors_setup_about"),
            route("<int:pk>/setup/settings/", self.settings, "connectors_setup_settings"),
            route("<int:pk>/setup/secrets/", self.secrets, "connectors_setup_secrets"),
            route("<int:pk>/setup/test/", self.test, "connectors_setup_test"),
            route("<int:pk>/setup/mapping/", self.mapping, "connectors_setup_mapping"),
            route("<int:pk>/setup/pilot/", self.pilot, "connectors_setup_pilot"),
            route("<int:pk>/setup/live/", self.live, "connectors_setup_live"),
            route("<int:pk>/state/", self.state, "connectors_system_state"),
        ]

    def add(self, request: HttpRequest) -> HttpResponse:
        """The first step: which system, what it is called, whose it is."""
        must(request, "add_system")
        form = AboutForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            with transaction.atomic():
                system = form.save()
                note(system, request, "state", f"Set-up of {system.name} begun.", adapter=system.adapter)
            return to("connectors_setup_settings", system.pk)
        steps = [Step("about", "About", False), *_later()]
        context = {"form": form, "steps": steps, "step": "about"}
        return self.of.page(
            request, "setup/about.html", context, title="New connection", status=400 if form.errors else 200
        )

    def resume(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The first step that is not done."""
        must(request, "change_system")
        system = system_of(pk)
        undone = next((each for each in standing.steps(system) if not each.done), None)
        return to(f"connectors_setup_{undone.key if undone else 'live'}", system.pk)

    def about(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What a connection is called, whose it is, when it runs."""
        must(request, "change_system")
        system = system_of(pk)
        form = AboutForm(request.POST if request.method == "POST" else None, instance=system)
        if request.method == "POST" and form.is_valid():
            changed = form.said()
            with transaction.atomic():
                kept = form.save()
                if "every_minutes" in form.changed_data:
                    kept.next_run = standing.first_run(kept)
                    kept.save(update_fields=["next_run"])
                if changed:
                    note(kept, request, "settings", f"Changed: {', '.join(changed)}.", **changed)
            return to("connectors_setup_settings", kept.pk)
        return self._page(request, system, "about", {"form": form}, status=400 if form.errors else 200)

    def settings(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What the adapter asks, as its JSON Schema describes it."""
        must(request, "change_system")
        system = system_of(pk)
        adapter = standing.adapter(system)
        schema = adapter.settings_schema if adapter is not None else {}
        if request.method != "POST":
            return self._page(
                request, system, "settings", {"form": settings_form.shown(schema, system.settings)}
            )
        form = settings_form.sent(schema, request.POST.dict())
        if not form.valid:
            return self._page(request, system, "settings", {"form": form}, status=400)
        before = system.settings
        if form.values != before:
            names = sorted(
                name for name in {*before, *form.values} if before.get(name) != form.values.get(name)
            )
            with transaction.atomic():
                System.objects.filter(pk=system.pk).update(settings=form.values)
                said = {name: [before.get(name), form.values.get(name)] for name in names}
                note(system, request, "settings", f"Settings changed: {', '.join(names)}.", changed=said)
        return to("connectors_setup_secrets", system.pk)

    @method_decorator(sensitive_post_parameters())
    @method_decorator(sensitive_variables("typed"))
    def secrets(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What the adapter logs in with: put in, replaced or removed, never shown."""
        must(request, "change_system")
        system = system_of(pk)
        adapter = standing.adapter(system)
        wanted = adapter.secrets if adapter is not None else {}
        if request.method == "POST":
            with transaction.atomic():
                for name in wanted:
                    if request.POST.get(f"remove-{name}"):
                        vault.forget(system, name)
                        note(system, request, "secret", f"Secret {name} removed.", name=name)
                        continue
                    typed = request.POST.get(f"secret-{name}", "").replace("\r\n", "\n").strip()
                    if len(typed) > _SECRET_MOST or "\0" in typed:
                        messages.error(request, f"{wanted[name]}: this is no secret. It was not kept.")
                    elif typed:
                        vault.keep(system, name, typed)
                        note(system, request, "secret", f"Secret {name} set.", name=name)
            return to("connectors_setup_secrets" if request.POST.get("stay") else "connectors_setup_test", pk)
        kept = {
            each.name: each.changed for each in SystemSecret.objects.filter(system=system).defer("encrypted")
        }
        rows = [
            {"name": name, "about": about, "changed": kept.get(name), "long": _is_long(about)}
            for name, about in wanted.items()
        ]
        privilege = rendered(adapter.least_privilege) if adapter is not None else ""
        return self._page(request, system, "secrets", {"rows": rows, "privilege": privilege})

    def test(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Try the connection without changing anything."""
        must(request, "change_system")
        system = system_of(pk)
        adapter = standing.adapter(system)
        if request.method == "POST":
            if adapter is not None:
                attempt.tried(system, adapter, by=by(request))
            return to("connectors_setup_test", pk)
        wrong = (
            settings_form.problems(adapter.settings_schema, system.settings) if adapter is not None else []
        )
        return self._page(
            request, system, "test", {"last": standing.last_test(system), "wrong": wrong, "adapter": adapter}
        )

    def mapping(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Adopt the adapter's mapping, or make one's own."""
        must(request, "change_system")
        system = system_of(pk)
        if request.method == "POST":
            must(request, "change_fieldmapping")
            with told(request):
                used = lifecycle.adopt(system, by=by(request))
                messages.success(request, f"Version {used.version} is in use.")
            return to("connectors_setup_mapping", pk)
        versions = FieldMapping.objects.filter(system=system).defer("document", "sample")[:10]
        context = {
            "used": lifecycle.active(system),
            "versions": versions,
            "may_map": may(request, "change_fieldmapping"),
        }
        return self._page(request, system, "mapping", context)

    def pilot(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Who is inside while it is tried on some, and what a run would change."""
        must(request, "change_system")
        system = system_of(pk)
        if request.method == "POST":
            given = {part: lines(request.POST.get(part, "")) for part in PARTS}
            with told(request):
                standing.keep_pilot(system, given, by=by(request))
                messages.success(request, f"The pilot: {standing.pilot_said(given)}.")
            return to("connectors_setup_pilot", pk)
        dry = SyncRun.objects.filter(system=system, mode=RunMode.DRY)[:5]
        parts = [
            ("units", "Organization units", "With everything below them; one key on each line."),
            ("locations", "Locations", "One key on each line."),
            ("workers", "Workers", "One key on each line: the employee number, mostly."),
        ]
        rows = [
            {"name": name, "title": title, "hint": hint, "text": "\n".join(system.pilot.get(name, ()))}
            for name, title, hint in parts
        ]
        context = {
            "rows": rows,
            "runs": dry,
            "may_run": may(request, "add_syncrun") and not _pushes(system),
            "said": standing.pilot_said(system.pilot),
        }
        return self._page(request, system, "pilot", context)

    def live(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Start the pilot, go live, pause, go on."""
        must(request, "change_system")
        system = system_of(pk)
        whole = SyncRun.objects.filter(system=system, mode=RunMode.DRY, state="succeeded", pilot={}).first()
        return self._page(
            request, system, "live", {"whole": whole, "said": standing.pilot_said(system.pilot)}
        )

    def state(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Bring a connection to another state."""
        must(request, "change_system")
        system = system_of(pk)
        asked = _STATES.get(request.POST.get("to", ""))
        if request.method == "POST" and asked is not None:
            change, said = asked
            with told(request):
                change(system, by=by(request))
                messages.success(request, said)
        return to("connectors_system_change", pk)

    def _page(
        self,
        request: HttpRequest,
        system: System,
        step: str,
        context: dict[str, Any],
        *,
        status: int = 200,
    ) -> HttpResponse:
        shown = {
            "system": system,
            "adapter": standing.adapter(system),
            "steps": standing.steps(system),
            "step": step,
            "is_draft": system.state == SystemState.DRAFT,
            **context,
        }
        return self.of.page(request, f"setup/{step}.html", shown, title=system.name, status=status)


def _later() -> list[Step]:
    """Return the steps after the first, of a connection that is not there yet."""
    titles = ("Settings", "Secrets", "Test", "Mapping", "Pilot", "Go live")
    return [Step("", title, False) for title in titles]


def _pushes(system: System) -> bool:
    """Whether a system brings what it has by itself."""
    adapter = standing.adapter(system)
    return adapter is not None and adapter.live


def _is_long(about: str) -> bool:
    """Whether a secret has lines, which a field for passwords would swallow."""
    said = about.lower()
    return "passphrase" not in said and any(
        word in said for word in ("armor", "pem", "private key", "certificate")
    )

"""The identity rules: their order, what each compares, and what a change would do before it is saved.

Looking needs the permission to view rules, changing the one to change them. Nothing is deleted: links
name the rule they stand on, so a rule is switched off.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.apps import apps
from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, reverse

from connectors import tasks
from connectors.admin.people.base import PeopleAdmin, store_of, user_id
from connectors.identity import rulebook, standing
from connectors.models import ActorKind, IdentifierType, IdentityRefresh, IdentityRule

_LIST = "admin:connectors_identityrule_changelist"
_TRANSFORMS = (
    ("strip_prefix", "Without this at its beginning"),
    ("strip_suffix", "Without this at its end"),
    ("strip_domain", "Without a domain (DOMAIN\\name, name@domain)"),
    ("drop_leading_zeros", "Without leading zeros"),
    ("pad_zeros", "With leading zeros, to so many digits"),
)


class RuleForm(forms.ModelForm[IdentityRule]):
    """One rule, its transformation as fields."""

    identifier_type = forms.ChoiceField(label="Compared with", choices=IdentifierType.choices)
    strip_prefix = forms.CharField(label=_TRANSFORMS[0][1], max_length=100, required=False)
    strip_suffix = forms.CharField(label=_TRANSFORMS[1][1], max_length=100, required=False)
    strip_domain = forms.BooleanField(label=_TRANSFORMS[2][1], required=False)
    drop_leading_zeros = forms.BooleanField(label=_TRANSFORMS[3][1], required=False)
    pad_zeros = forms.IntegerField(label=_TRANSFORMS[4][1], min_value=1, max_value=30, required=False)
    source_id = forms.TypedChoiceField(label="LMS", required=False, coerce=int, empty_value=None)
    confidence = forms.FloatField(min_value=0.0, max_value=1.0)
    accept_from = forms.FloatField(
        min_value=0.0, max_value=1.0, help_text="Below this confidence a link waits for review."
    )

    class Meta:
        model = IdentityRule
        fields = (
            "name",
            "order",
            "active",
            "actor_kind",
            "home_page",
            "source_id",
            "identifier_type",
            "issuer",
            "same_issuer",
            "confidence",
            "accept_from",
            "grace_days",
        )

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        for name, _ in _TRANSFORMS:
            self.fields[name].initial = self.instance.transform.get(name)
        field = self.fields["source_id"]
        if isinstance(field, forms.TypedChoiceField):
            sources = apps.get_model("lrs", "Source").objects.filter(store=self.instance.store_id)
            field.choices = [("", "Any"), *sources.order_by("name").values_list("pk", "name")]

    def clean(self) -> dict[str, Any]:
        """Put the transformation together."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        self.instance.transform = {name: values[name] for name, _ in _TRANSFORMS if values.get(name)}
        name = values.get("name")
        others = IdentityRule.objects.filter(store=self.instance.store_id, name=name).exclude(
            pk=self.instance.pk
        )
        if name and others.exists():
            self.add_error("name", "Another rule has this name.")
        return values


@admin.register(IdentityRule)
class RuleAdmin(PeopleAdmin):
    """How actors are told."""

    changes_with = "connectors.change_identityrule"

    def pages(self) -> list[URLPattern]:
        return [
            self.route("", self.list, "connectors_identityrule_changelist"),
            self.route("add/", self.add, "connectors_identityrule_add"),
            self.route("<int:pk>/", self.edit, "connectors_identityrule_change"),
            self.route("<int:pk>/move/", self.move, "connectors_identityrule_move"),
        ]

    def list(self, request: HttpRequest) -> HttpResponse:
        """The rules in order, what is under way, and who changed what."""
        self.must_view(request)
        chosen = store_of(request)
        if chosen["store"] is None:
            return self.page(request, "empty.html", {}, title="Identity rules")
        store_id = chosen["store"].pk
        if not IdentityRule.objects.filter(store=store_id).exists():
            standing.begin(store_id)
        rules = list(IdentityRule.objects.filter(store=store_id))
        kind = ContentType.objects.get_for_model(IdentityRule)
        story = LogEntry.objects.filter(content_type=kind, object_id__in=[str(each.pk) for each in rules])
        context = {
            **chosen,
            "rules": [{"row": each, "says": said(each)} for each in rules],
            "walks": IdentityRefresh.objects.filter(store=store_id).select_related("by")[:5],
            "story": story.select_related("user").order_by("-action_time")[:20],
            "may_change": self.has_change_permission(request),
        }
        return self.page(request, "rules.html", context, title="Identity rules")

    def add(self, request: HttpRequest) -> HttpResponse:
        """A new rule."""
        self.must_change(request)
        store = store_of(request)["store"]
        if store is None:
            return HttpResponseRedirect(reverse(_LIST))
        return self._form(request, IdentityRule(store=store, name=""), is_new=True)

    def edit(self, request: HttpRequest, pk: int) -> HttpResponse:
        """One rule."""
        self.must_view(request)
        if request.method == "POST":
            self.must_change(request)
        return self._form(request, _rule(pk), is_new=False)

    def move(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Up, down, on or off: first what it would do, then doing it."""
        self.must_change(request)
        rule = _rule(pk)
        action = request.POST.get("action", "")
        changed = _moved(rule, action) if request.method == "POST" else []
        if not changed:
            return HttpResponseRedirect(reverse(_LIST))
        if not request.POST.get("sure"):
            found = rulebook.preview(
                rule.store_id, [rule.actor_kind], rulebook.as_it_would_be(rule.store_id, changed)
            )
            context = {"rule": rule, "action": action, "words": _ACTIONS[action], "preview": found}
            return self.page(request, "rule_move.html", context, title="Identity rule")
        with transaction.atomic():
            for each in changed:
                each.save(update_fields=["order", "active"])
            self._saved(request, rule, _ACTIONS[action], {rule.actor_kind})
        return HttpResponseRedirect(reverse(_LIST))

    def _form(self, request: HttpRequest, rule: IdentityRule, *, is_new: bool) -> HttpResponse:
        before = rule.actor_kind
        form = RuleForm(request.POST if request.method == "POST" else None, instance=rule)
        found = None
        if request.method == "POST" and form.is_valid():
            made = form.save(commit=False)
            kinds = {made.actor_kind, before or made.actor_kind}
            if request.POST.get("save"):
                with transaction.atomic():
                    made.save()
                    said_ = "added" if is_new else f"changed ({', '.join(form.changed_data) or 'nothing'})"
                    self._saved(request, made, said_, kinds)
                return HttpResponseRedirect(reverse(_LIST))
            found = rulebook.preview(made.store_id, kinds, rulebook.as_it_would_be(made.store_id, [made]))
        context = {
            "form": form,
            "rule": rule,
            "is_new": is_new,
            "preview": found,
            "transforms": [name for name, _ in _TRANSFORMS],
            "may_change": self.has_change_permission(request),
        }
        title = "New identity rule" if is_new else "Identity rule"
        return self.page(request, "rule.html", context, title=title, status=400 if form.errors else 200)

    def _saved(self, request: HttpRequest, rule: IdentityRule, what: str, kinds: set[str]) -> None:
        self.log_change(request, rule, f"{rule.name}: {what}.")
        rulebook.refresh(rule.store_id, kinds, reason=f"{rule.name}: {what}", by_id=user_id(request))
        transaction.on_commit(lambda: tasks.tell_actors.apply_async(expires=25, retry=False))
        messages.success(
            request, f"{rule.name}: {what}. The actors concerned are told anew in the background."
        )


_ACTIONS = {"up": "tried earlier", "down": "tried later", "on": "switched on", "off": "switched off"}


def said(rule: IdentityRule) -> str:
    """Return a rule as a sentence."""
    kind = ActorKind(rule.actor_kind).label
    where = f" of {rule.home_page}" if rule.home_page else ""
    if rule.source_id:
        where += f" from LMS {rule.source_id}"
    type_ = dict(IdentifierType.choices).get(rule.identifier_type, rule.identifier_type)
    how = "".join(
        f", {label[0].lower()}{label[1:]}" + (f" ({rule.transform[name]})" if name not in _PLAIN else "")
        for name, label in _TRANSFORMS
        if rule.transform.get(name)
    )
    issuer = f" issued by {rule.issuer}" if rule.issuer else ""
    same = " of the same home page" if rule.same_issuer else ""
    return f"{kind}{where}{how} = {type_.lower() if type_ != 'OpenID' else type_}{issuer}{same}"


_PLAIN = frozenset({"strip_domain", "drop_leading_zeros"})


def _moved(rule: IdentityRule, action: str) -> list[IdentityRule]:
    """Return the rules an action changes, changed; nothing where it changes none."""
    if action in ("on", "off"):
        if rule.active == (action == "on"):
            return []
        rule.active = action == "on"
        return [rule]
    if action not in _ACTIONS:
        return []
    rows = list(IdentityRule.objects.filter(store=rule.store_id))
    place = next(place for place, each in enumerate(rows) if each.pk == rule.pk)
    other = place - 1 if action == "up" else place + 1
    if not 0 <= other < len(rows):
        return []
    rows[place], rows[other] = rows[other], rows[place]
    changed = []
    for number, each in enumerate(rows, start=1):
        if each.order != 10 * number:
            each.order = 10 * number
            changed.append(each)
    return changed


def _rule(pk: int) -> IdentityRule:
    return get_object_or_404(IdentityRule, pk=min(pk, (1 << 63) - 1))

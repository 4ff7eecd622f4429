"""The form of a connection itself: what it is called, whose it is, when it runs, what it must keep to.

In: what was sent. Out: a valid System; which system it connects and in which store can be said once only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from zoneinfo import available_timezones

from django import forms
from django.apps import apps
from django.db.models import Model

from connectors.adapters import adapters
from connectors.models import IdentifierType, System

if TYPE_CHECKING:
    SystemForm = forms.ModelForm[System]
else:
    SystemForm = forms.ModelForm

_FIRST = ("adapter", "store", "name", "namespace", "time_zone", "owner")
_RHYTHM = ("every_minutes", "full_every_hours")
_LIMITS = ("end_share_most", "end_count_least")
_TARGETS = ("freshness_minutes", "provisioning_hours")
_PEOPLE = ("precedence", "match_people_by")
_LABELS = {
    "adapter": "System",
    "store": "Store",
    "namespace": "Namespace of keys",
    "time_zone": "Time zone",
    "owner": "Owner",
    "every_minutes": "Minutes between runs",
    "full_every_hours": "Hours between full runs",
    "end_share_most": "Largest share of workers a run may end",
    "end_count_least": "Workers a run may end without asking",
    "freshness_minutes": "Target: age of the data, in minutes",
    "provisioning_hours": "Target: hours from hire to LMS account",
    "precedence": "Precedence",
    "match_people_by": "Same person, if these are the same",
}
_HELP = {
    "owner": "Who answers for this connection: a person or a team, with an address.",
    "every_minutes": "Empty: only when somebody starts it. A system that pushes needs none.",
    "end_share_most": "0.05 is 5 %. A run that would end more stops and asks.",
    "match_people_by": "A worker who is new in this system is taken for a person another system knows.",
}


class AboutForm(SystemForm):
    """A connection, without its settings, secrets and mapping."""

    class Meta:
        model = System
        fields = (*_FIRST, *_RHYTHM, *_LIMITS, *_TARGETS, *_PEOPLE)
        labels = _LABELS
        help_texts = _HELP

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        known = [
            (key, each.title) for key, each in sorted(adapters().items(), key=lambda pair: pair[1].title)
        ]
        self.fields["adapter"] = forms.ChoiceField(label="System", choices=known)
        self.fields["match_people_by"] = forms.MultipleChoiceField(
            label=_LABELS["match_people_by"],
            help_text=_HELP["match_people_by"],
            choices=IdentifierType.choices,
            required=False,
            widget=forms.CheckboxSelectMultiple,
        )
        zones = sorted(available_timezones())
        self.fields["time_zone"] = forms.ChoiceField(
            label="Time zone",
            choices=[(each, each) for each in zones],
            help_text="Where a day of this system’s dates begins and ends.",
        )
        self.fields["namespace"].required = False
        self.fields[
            "namespace"
        ].help_text = (
            "Systems with the same namespace share the keys of units, jobs and locations. Empty: its own."
        )
        self.fields["end_share_most"].widget.attrs |= {"min": "0", "max": "1", "step": "0.01"}
        self.fields["store"] = forms.ModelChoiceField(
            label="Store",
            queryset=apps.get_model("lrs", "Store").objects.order_by("name"),
            empty_label=None,
            help_text="Whose statements these people belong to. None is there? Add one under Stores.",
        )
        if self.instance.pk:
            for name in ("adapter", "store"):
                self.fields[name].disabled = True
        else:
            self.fields["time_zone"].initial = "UTC"

    def clean_end_share_most(self) -> float:
        """Refuse what is no share."""
        share = float(self.cleaned_data["end_share_most"])
        if not 0 <= share <= 1:
            raise forms.ValidationError("This must be between 0 and 1.")
        return share

    def clean(self) -> dict[str, Any]:
        """Give a connection without a namespace one of its own."""
        found: dict[str, Any] = super().clean() or self.cleaned_data
        if not found.get("namespace") and found.get("name"):
            found["namespace"] = found["name"][:100]
        return found

    def first(self) -> Iterator[forms.BoundField]:
        """Yield the fields that everybody fills in."""
        return (self[name] for name in _FIRST)

    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """Return the other fields, which have good defaults."""
        return [
            ("Rhythm", [self[name] for name in _RHYTHM]),
            ("Limits", [self[name] for name in _LIMITS]),
            ("Targets", [self[name] for name in _TARGETS]),
            ("People", [self[name] for name in _PEOPLE]),
        ]

    @property
    def details_wrong(self) -> bool:
        """Whether something is wrong in a field that is folded away."""
        return any(name in self.errors for name in (*_RHYTHM, *_LIMITS, *_TARGETS, *_PEOPLE))

    def said(self) -> dict[str, list[str]]:
        """Return what changes, as before and after in words."""
        found = {}
        for name in self.changed_data:
            before, after = self.initial.get(name), self.cleaned_data.get(name)
            found[str(self.fields[name].label)] = [_word(before), _word(after)]
        return found


def _word(value: Any) -> str:
    if isinstance(value, Model):
        return str(value)
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)

"""Bodies of people kept by hand: their form, in one place for checking and for the description.

In: JSON. Out: values; or every fault with the pointer of its place. An unknown member is a fault: a misspelt
one would otherwise be lost in silence.
"""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from connectors.models import AssignmentStatus, IdentifierType, WorkerType

#: Whom an HR system need not know. An employee is told of by one.
_KEPT_TYPES = [WorkerType.CONTRACTOR, WorkerType.PARTNER]


class _Strict(serializers.Serializer[Any]):
    """A body without members nobody reads."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the values, unless there is a member that is not known."""
        if isinstance(data, dict):
            unknown = {str(name): ["This is not a member here."] for name in data if name not in self.fields}
            if unknown:
                raise serializers.ValidationError(unknown)
        return super().to_internal_value(data)


class Name(_Strict):
    """What a person is called."""

    formatted = serializers.CharField(max_length=300)
    given = serializers.CharField(max_length=150, allow_blank=True, required=False)
    family = serializers.CharField(max_length=150, allow_blank=True, required=False)
    preferred = serializers.CharField(max_length=150, allow_blank=True, required=False)
    language = serializers.CharField(max_length=35, allow_blank=True, required=False)


class ChangedName(Name):
    """What of a name is to be otherwise."""

    formatted = serializers.CharField(max_length=300, required=False)


class KnownBy(_Strict):
    """By what a person is known."""

    type = serializers.ChoiceField(choices=IdentifierType.choices)
    value = serializers.CharField(max_length=400)
    issuer = serializers.CharField(max_length=400, allow_blank=True, required=False)
    primary = serializers.BooleanField(required=False)


class Assignment(_Strict):
    """Where a person works; ids as the lists of this API give them."""

    title = serializers.CharField(max_length=300, allow_blank=True, required=False)
    status = serializers.ChoiceField(choices=AssignmentStatus.choices, required=False)
    job = serializers.IntegerField(min_value=1, allow_null=True, required=False)
    unit = serializers.IntegerField(min_value=1, allow_null=True, required=False)
    location = serializers.IntegerField(min_value=1, allow_null=True, required=False)
    manager = serializers.IntegerField(min_value=1, allow_null=True, required=False, help_text="A person.")
    position = serializers.CharField(max_length=100, allow_blank=True, required=False)
    full_time_equivalent = serializers.DecimalField(
        max_digits=4, decimal_places=2, min_value=0, allow_null=True, required=False
    )
    regulatory_classes = serializers.ListField(
        child=serializers.CharField(max_length=200), max_length=100, required=False
    )


class _KeptPerson(_Strict):
    """What both bodies have."""

    name = Name()
    identifiers = KnownBy(many=True, required=False)
    worker_type = serializers.ChoiceField(choices=[(each.value, each.label) for each in _KEPT_TYPES])
    start_date = serializers.DateField(help_text="The first day.")
    end_date = serializers.DateField(help_text="The last day.")
    sponsor = serializers.IntegerField(min_value=1, help_text="The person who answers for this one.")
    legal_employer = serializers.CharField(max_length=300, allow_blank=True, required=False)
    assignment = Assignment(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a last day before the first."""
        start, end = attrs.get("start_date"), attrs.get("end_date")
        if start is not None and end is not None and end < start:
            raise serializers.ValidationError({"end_date": ["The last day is before the first."]})
        return attrs


class NewPerson(_KeptPerson):
    """Somebody to keep. Sponsor and last day are what makes somebody answer for them, and look again."""

    key = serializers.CharField(
        max_length=200, required=False, help_text="Your own key of the person; one is made if left out."
    )


class ChangedPerson(_KeptPerson):
    """What is to be so of somebody kept; what is left out stays."""

    name = ChangedName()
    valid_from = serializers.DateField(help_text="From which day on; now if left out.")

    def get_fields(self) -> dict[str, Any]:
        """Return the members, none of which has to be there."""
        found = super().get_fields()
        for each in found.values():
            each.required = False
        return found

"""Bodies of compliance: their form, in one place for checking and for the description.

In: JSON. Out: values; or every fault with the pointer of its place. An unknown member is a fault: a misspelt
one would otherwise be lost in silence.
"""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from compliance.models import CourseKind

_TEXT: dict[str, Any] = {"allow_blank": True, "required": False}


class Strict(serializers.Serializer[Any]):
    """A body without members nobody reads."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the values, unless there is a member that is not known."""
        if isinstance(data, dict):
            unknown = {str(name): ["This is not a member here."] for name in data if name not in self.fields}
            if unknown:
                raise serializers.ValidationError(unknown)
        return super().to_internal_value(data)


class ChangedCourse(Strict):
    """What of a course is to be otherwise; what is left out stays."""

    title = serializers.CharField(max_length=300, required=False)
    description = serializers.CharField(max_length=20_000, **_TEXT)
    kind = serializers.ChoiceField(choices=CourseKind.choices, required=False)
    credit_hours = serializers.DecimalField(
        max_digits=6, decimal_places=2, min_value=0, allow_null=True, required=False
    )
    retired_on = serializers.DateField(allow_null=True, required=False)
    same_within_hours = serializers.IntegerField(
        min_value=0, max_value=1_000_000, allow_null=True, required=False
    )


class NewCourse(ChangedCourse):
    """A course."""

    code = serializers.CharField(max_length=100)
    title = serializers.CharField(max_length=300)


class NewVersion(Strict):
    """A version of a course."""

    label = serializers.CharField(max_length=100)  # type: ignore[assignment]  # a member, not its label
    effective_on = serializers.DateField()
    retraining = serializers.BooleanField(required=False)
    change_note = serializers.CharField(max_length=20_000, **_TEXT)
    credit_hours = serializers.DecimalField(
        max_digits=6, decimal_places=2, min_value=0, allow_null=True, required=False
    )


class NewActivity(Strict):
    """That an activity is the course."""

    iri = serializers.CharField(max_length=2_000)
    version = serializers.CharField(max_length=100, allow_null=True, required=False)
    move = serializers.BooleanField(required=False, help_text="Take it from the course that has it.")


class Merge(Strict):
    """Which course this one is."""

    into = serializers.IntegerField(min_value=1)


class NewEquivalence(Strict):
    """That a course counts as another."""

    course = serializers.IntegerField(min_value=1)
    counts_as = serializers.IntegerField(min_value=1)
    mutual = serializers.BooleanField(required=False)
    valid_from = serializers.DateField(allow_null=True, required=False)
    valid_to = serializers.DateField(allow_null=True, required=False)
    reason = serializers.CharField(max_length=20_000)
    approved_as = serializers.CharField(max_length=300, help_text="Who approved.")


class Evidence(Strict):
    """A file that shows it."""

    name = serializers.CharField(max_length=255)
    content_type = serializers.CharField(max_length=255)
    content = serializers.CharField(max_length=36 * 1024 * 1024, trim_whitespace=False, help_text="Base64.")
    is_certificate = serializers.BooleanField(required=False)


class NewRecord(Strict):
    """A training somebody tells of."""

    person = serializers.IntegerField(min_value=1)
    course = serializers.IntegerField(min_value=1)
    version = serializers.CharField(max_length=100, allow_null=True, required=False)
    kind = serializers.ChoiceField(choices=CourseKind.choices, required=False)
    completed_at = serializers.DateTimeField()
    hours = serializers.DecimalField(max_digits=6, decimal_places=2, allow_null=True, required=False)
    passed = serializers.BooleanField(allow_null=True, required=False)
    score = serializers.FloatField(min_value=-1, max_value=1, allow_null=True, required=False)
    trainer_name = serializers.CharField(max_length=300)
    trainer_person = serializers.IntegerField(min_value=1, allow_null=True, required=False)
    trainer_qualification = serializers.CharField(max_length=500, **_TEXT)
    trainer_address = serializers.CharField(max_length=500, **_TEXT)
    provider = serializers.CharField(max_length=300, **_TEXT)
    location = serializers.CharField(max_length=500, **_TEXT)
    materials = serializers.CharField(max_length=20_000, **_TEXT)
    content = serializers.CharField(max_length=20_000, **_TEXT)
    understanding = serializers.CharField(max_length=20_000, **_TEXT)
    equipment = serializers.CharField(max_length=300, **_TEXT)
    evaluated_on = serializers.DateField(allow_null=True, required=False)
    evaluator_name = serializers.CharField(max_length=300, **_TEXT)
    certification = serializers.CharField(max_length=20_000, **_TEXT)
    job_title = serializers.CharField(max_length=300, **_TEXT)
    reference = serializers.CharField(max_length=200, **_TEXT)
    evidence = Evidence(many=True, required=False, max_length=20)  # type: ignore[call-arg]  # the list's
    post = serializers.BooleanField(required=False, help_text="Make it a statement at once.")


class Nothing(Strict):
    """No member at all."""


class Catalogue(serializers.Serializer[Any]):
    """A catalogue; its JSON Schema is compliance/catalogue/schema.json."""

    format = serializers.IntegerField(min_value=1, max_value=1)
    courses = serializers.ListField(child=serializers.DictField())
    equivalences = serializers.ListField(child=serializers.DictField(), required=False)

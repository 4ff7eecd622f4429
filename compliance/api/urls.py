"""Addresses of compliance below `/api/v1/`."""

from __future__ import annotations

from django.urls import path

from compliance.api import audit_trail, catalogue, completions, courses, records, retention

app_name = "compliance-api"

urlpatterns = [
    path("audit-trail", audit_trail.AuditTrail.as_view(), name="audit-trail"),
    path("courses", courses.Courses.as_view(), name="courses"),
    path("courses/<int:course_id>", courses.OneCourse.as_view(), name="course"),
    path("courses/<int:course_id>/versions", courses.Versions.as_view(), name="course-versions"),
    path("courses/<int:course_id>/activities", courses.Activities.as_view(), name="course-activities"),
    path(
        "courses/<int:course_id>/activities/<int:activity_id>",
        courses.OneActivity.as_view(),
        name="course-activity",
    ),
    path("courses/<int:course_id>/merge", courses.Merge.as_view(), name="course-merge"),
    path("catalogue", catalogue.Catalogue.as_view(), name="catalogue"),
    path("course-equivalences", catalogue.Equivalences.as_view(), name="course-equivalences"),
    path(
        "course-equivalences/<int:equivalence_id>",
        catalogue.OneEquivalence.as_view(),
        name="course-equivalence",
    ),
    path("unassigned-activities", catalogue.UnassignedActivities.as_view(), name="unassigned-activities"),
    path("completions", completions.Completions.as_view(), name="completions"),
    path("completion-rules", completions.CompletionRules.as_view(), name="completion-rules"),
    path("training-records", records.TrainingRecords.as_view(), name="training-records"),
    path("training-records/<int:record_id>", records.OneTrainingRecord.as_view(), name="training-record"),
    path(
        "training-records/<int:record_id>/post",
        records.PostedTrainingRecord.as_view(),
        name="training-record-post",
    ),
    path("retention/schedules", retention.Schedules.as_view(), name="retention-schedules"),
    path("retention/due", retention.Due.as_view(), name="retention-due"),
    path("retention/holds", retention.Holds.as_view(), name="retention-holds"),
    path("retention/dispositions", retention.Dispositions.as_view(), name="retention-dispositions"),
    path(
        "retention/dispositions/<int:disposition_id>/certificate",
        retention.Certificate.as_view(),
        name="retention-certificate",
    ),
    path("retention/data-requests", retention.Requests.as_view(), name="data-requests"),
]

"""Addresses of compliance below `/api/v1/`."""

from __future__ import annotations

from django.urls import path

from compliance.api import (
    audit_trail,
    catalogue,
    completions,
    courses,
    records,
    reports,
    requirements,
    retention,
    status,
)

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
    path("requirements", requirements.Requirements.as_view(), name="requirements"),
    path("requirements/<int:requirement_id>", requirements.OneRequirement.as_view(), name="requirement"),
    path("requirements/<int:requirement_id>/impact", requirements.Impact.as_view(), name="impact"),
    path("requirement-templates", requirements.Templates.as_view(), name="requirement-templates"),
    path("people/<int:person_id>/status", status.PersonStatus.as_view(), name="person-status"),
    path("people/<int:person_id>/qualified", status.Qualified.as_view(), name="qualified"),
    path("people/<int:person_id>/team", status.Team.as_view(), name="team"),
    path("status", status.Status.as_view(), name="status"),
    path("training-matrix", status.Matrix.as_view(), name="training-matrix"),
    path("gaps", status.Gaps.as_view(), name="gaps"),
    path("due-forecast", status.Forecast.as_view(), name="due-forecast"),
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
    path("reports", reports.Reports.as_view(), name="reports"),
    path("reports/<slug:report>", reports.OneReport.as_view(), name="report"),
    path("saved-reports", reports.Saved.as_view(), name="saved-reports"),
    path("saved-reports/<int:saved_id>", reports.OneSaved.as_view(), name="saved-report"),
    path("report-runs", reports.Runs.as_view(), name="report-runs"),
    path("report-runs/<int:run_id>", reports.OneRun.as_view(), name="report-run"),
    path("report-runs/<int:run_id>/file", reports.RunFile.as_view(), name="report-file"),
]

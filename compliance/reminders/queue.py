"""Which reminders are due, as rows: one for each person, requirement, due day and stage.

In: policies and the table of now. Out: `Reminder` rows, in one statement. Queueing again, or twice at once,
adds nothing: the row is unique. What a policy missed while the hub was down is made up for within a week; a
policy made today does not dig up what was due long ago.
"""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from lrs import database

#: For how many days a stage that was missed is made up for.
CATCH_UP = 7

_QUEUE = """
INSERT INTO compliance_reminder
    (store_id, person_id, requirement_id, due, stage, policy_id, message_id, created, attempts, next_attempt,
     last_error)
SELECT s.store_id, s.person_id, s.requirement_id, s.due,
       to_char(p.days, 'FMSG9999990') || ' ' || p.to || coalesce(' ' || p.channel_id, ''), p.id,
       'msg_' || replace(gen_random_uuid()::text, '-', ''), %(now)s, 0, %(now)s, ''
FROM compliance_reminder_policy p
JOIN compliance_status s ON s.store_id = p.store_id
     AND (p.requirement_id IS NULL OR p.requirement_id = s.requirement_id)
     AND s.due <= %(today)s::date - p.days AND s.due > %(today)s::date - p.days - %(catch_up)s
WHERE p.active AND s.due < DATE '9999-12-31'
ON CONFLICT DO NOTHING
"""


def queue_due(now: datetime | None = None) -> int:
    """Queue the reminders that are due; return how many."""
    at = now or timezone.now()
    with database.binary_cursor() as cursor:
        cursor.execute(_QUEUE, {"now": at, "today": at.date(), "catch_up": CATCH_UP})
        return cursor.rowcount

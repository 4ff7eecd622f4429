"""Reminders and escalation: who is told when training falls due, and never twice.

    policies (data) + the table of now ──queue_due──► Reminder rows ──send_due──► e-mail, webhook

queue   a row for each person, requirement, due day and stage; a unique constraint lets there be one
send    claimed, checked again, sent, noted
"""

from compliance.reminders.queue import queue_due
from compliance.reminders.send import again, send_due

__all__ = ["again", "queue_due", "send_due"]

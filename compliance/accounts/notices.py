"""Mail to the owner of an account about what others did to it.

In: whom, what. Out: a message, where there is a mail server and an address; sent after the transaction. Never
a password or a link that opens anything.
"""

from __future__ import annotations

from smtplib import SMTPException

import structlog
from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import send_mail
from django.db import transaction

logger = structlog.get_logger(__name__)


def send(user: User, subject: str, text: str) -> None:
    """Tell somebody; says in the log where it could not."""
    if not settings.EMAIL_HOST or not user.email:
        logger.warning(
            "notice_not_sent", user=user.pk, reason="no mail server" if user.email else "no address"
        )
        return
    address = user.email
    transaction.on_commit(lambda: _send(address, subject, text, user.pk))


def _send(address: str, subject: str, text: str, user_id: int) -> None:
    try:
        send_mail(f"LRS Hub: {subject}", text, None, [address])
    except (OSError, SMTPException) as error:
        logger.warning("notice_not_sent", user=user_id, reason=type(error).__name__)

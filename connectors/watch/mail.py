"""A message by e-mail, through the mail server of the settings.

In: a channel or addresses, the id of the message, subject and text. Out: nothing where the mail server took
it; else raises CannotConnect. The same id makes the same Message-ID, so that a message sent twice is told as
one.
"""

from __future__ import annotations

from collections.abc import Sequence
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage

from connectors.errors import CannotConnect
from connectors.models import AlertChannel

_SMTP = "django.core.mail.backends.smtp.EmailBackend"


def addresses(channel: AlertChannel) -> list[str]:
    """Return to whom a channel sends."""
    return [each.strip() for each in channel.target.split(",") if each.strip()]


def send(channel: AlertChannel, message_id: str, subject: str, text: str) -> None:
    """Send a message to a channel. Raises CannotConnect."""
    send_to(addresses(channel), message_id, subject, text)


def send_to(addresses: Sequence[str], message_id: str, subject: str, text: str) -> None:
    """Send a message. Raises CannotConnect."""
    if settings.EMAIL_BACKEND == _SMTP and not settings.EMAIL_HOST:
        raise CannotConnect("The hub has no mail server.", suggestion="Set EMAIL_URL.")
    host = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip("> ") or "localhost"
    message = EmailMessage(
        subject=" ".join(subject.split())[:200],
        body=text,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=list(addresses),
        headers={"Message-ID": f"<{message_id}@{host}>", "Auto-Submitted": "auto-generated"},
    )
    try:
        message.send()
    except (SMTPException, OSError, ValueError) as error:
        raise CannotConnect(f"The mail server did not take the message: {_said(error)}.") from error


def _said(error: Exception) -> str:
    """Return what a mail server answered, without the addresses and texts it may repeat."""
    code = getattr(error, "smtp_code", None)
    return f"{type(error).__name__}{f' {code}' if code else ''}"

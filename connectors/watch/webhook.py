"""A message to a webhook, signed as Standard Webhooks says (https://www.standardwebhooks.com).

In: a channel, the id and the values of a message. Out: nothing where it was taken; else raises why not. One
request and no more: when to try again is the business of connectors.watch.deliveries. Never a secret in an
error.
"""

from __future__ import annotations

import secrets
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
from django.utils import timezone
from standardwebhooks.webhooks import Webhook

from connectors import vault
from connectors.errors import CannotConnect, ConnectorError, Throttled
from connectors.models import AlertChannel
from connectors.outbound.http import Caller, retry_after

#: Bytes of a body at most, and of the text of an alert within it.
BODY_MOST, TEXT_MOST = 20_000, 4_000
_READ_SECONDS = 20.0
#: Every status is looked at here; the caller's meaning of them is another.
_ANY = range(100, 600)
_SLOW_DOWN = frozenset({429, 502, 503, 504})
_GONE = 410


class Gone(ConnectorError):
    """The receiver says that nothing is to be sent there any more."""


def new_secret() -> str:
    """Return a secret to sign with: shown once, kept encrypted."""
    return f"whsec_{b64encode(secrets.token_bytes(32)).decode()}"


def body(kind: str, values: Mapping[str, Any], at: datetime) -> str:
    """Return a message as JSON of fewer than BODY_MOST bytes; what is too long is left out or cut."""
    message = {"type": kind, "timestamp": at.astimezone(UTC).isoformat(), "data": dict(values)}
    found = _json(message)
    if len(found.encode()) < BODY_MOST:
        return found
    data: dict[str, Any] = message["data"]  # type: ignore[assignment]  # a dict, made above
    data["detail"] = {"left_out": "It is too long for a webhook; look it up in the hub."}
    data["text"] = str(data.get("text", ""))[:TEXT_MOST]
    return _json(message)


def send(channel: AlertChannel, webhook_id: str, content: str) -> None:
    """Send a message. Raises Gone, Forbidden, Throttled or CannotConnect."""
    if channel.encrypted_secret is None:
        raise ConnectorError(f"{channel} has no secret to sign with.", suggestion="Make a new one.")
    now = timezone.now()
    # The library signs the moment as it is written, without its zone.
    signature = Webhook(vault.decrypt(channel.encrypted_secret)).sign(webhook_id, now, content)
    headers = {
        "content-type": "application/json",
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signature,
    }
    with Caller(
        allow_private=channel.allow_private, read_seconds=_READ_SECONDS, attempts=1, body_most=65_536
    ) as caller:
        answer = caller.send("POST", channel.target, fine=_ANY, content=content.encode(), headers=headers)
    if 200 <= answer.status_code < 300:
        return
    host = answer.request.url.host
    if answer.status_code == _GONE:
        raise Gone(f"{host} wants no more messages (status 410).")
    if answer.status_code in _SLOW_DOWN:
        raise Throttled(
            f"{host} asks for a pause (status {answer.status_code}).", retry_after=retry_after(answer) or 0.0
        )
    raise CannotConnect(f"{host} did not take the message (status {answer.status_code}).")


def _json(message: Mapping[str, Any]) -> str:
    return orjson.dumps(message, default=str, option=orjson.OPT_NON_STR_KEYS).decode()

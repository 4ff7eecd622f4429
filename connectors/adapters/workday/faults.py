"""What a SOAP fault of Workday means.

In: the fault element of an answer. Out: the error to raise, with what Workday says about it. Never a value of
a worker, never what the hub sent.
"""

from __future__ import annotations

from lxml import etree

from connectors.errors import CannotConnect, ConnectorError, NotAuthorized, SourceChanged

_DETAIL_MOST = 300
#: How Workday says that a user may not, where the fault code does not say so.
_REFUSALS = ("invalid username or password", "not authorized", "task submitted is not", "authentication")


def meaning(fault: etree._Element, host: str) -> ConnectorError:
    """Return the error a fault stands for."""
    code, said = _text(fault, "faultcode"), _text(fault, "faultstring")
    kind = code.rpartition(":")[2]
    if "authentication" in kind.casefold() or any(each in said.casefold() for each in _REFUSALS):
        return NotAuthorized(
            f"Workday at {host} refuses the integration system user: {said or kind}.",
            suggestion="Check user name, tenant and password, that the account is not locked or expired, and "
            "that its security group may use the Human Resources web service.",
        )
    if "validation" in kind.casefold():
        return SourceChanged(
            f"Workday does not accept the request: {_detail(fault) or said or kind}.",
            suggestion="Check the settings of the connection (version, count, transactions asked for).",
        )
    return CannotConnect(f"Workday at {host} could not process the request: {said or kind or 'no reason'}.")


def _detail(fault: etree._Element) -> str:
    """Return the message of a validation fault and what it is about."""
    found = []
    for error in fault.iter("{*}Validation_Error"):
        message = _text(error, "Detail_Message") or _text(error, "Message")
        where = _text(error, "Xpath")
        found.append(f"{message} ({where})" if where else message)
    return "; ".join(each for each in found if each)[:_DETAIL_MOST]


def _text(element: etree._Element, name: str) -> str:
    found = element.find(f"{{*}}{name}")
    text = found.text if found is not None else None
    return " ".join((text or "").split()).rstrip(".")[:_DETAIL_MOST]

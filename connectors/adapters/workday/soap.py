"""Get_Workers over SOAP: requests are made by zeep from the service description beside this file, and sent as
every call of the hub is (connectors.outbound.http).

In: what is asked for, as the description names it. Out: the Get_Workers_Response, parsed without
entities, document types or network. Raises NotAuthorized, SourceChanged, Throttled and CannotConnect. Never
logs a request: the password is in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
from lxml import etree
from zeep import Client, Settings
from zeep.transports import Transport
from zeep.wsdl.utils import etree_to_string
from zeep.wsse.username import UsernameToken

from connectors.adapters.workday import faults
from connectors.adapters.workday.options import Options
from connectors.errors import CannotConnect, SourceChanged
from connectors.outbound.http import Caller

DESCRIPTION = Path(__file__).with_name("human_resources.wsdl")
_BINDING = "{urn:com.workday/bsvc/Human_Resources}Human_ResourcesBinding"
#: A fault comes with this status; so does a server in trouble, without a fault in its body.
_FAULT = 500
_OK = 200


class Service:
    """The web service of one tenant. A context manager."""

    def __init__(self, options: Options, password: str) -> None:
        self._caller = Caller(allow_private=options.allow_private)
        self._host = httpx.URL(options.soap_address).host
        self._version = options.version
        client = Client(  # type: ignore[no-untyped-call]  # zeep has no types
            str(DESCRIPTION),
            wsse=UsernameToken(options.account, password),  # type: ignore[no-untyped-call]  # as above
            transport=_Through(self._caller),
            settings=Settings(raw_response=True, forbid_dtd=True, forbid_entities=True),
        )
        self._service = client.create_service(  # type: ignore[no-untyped-call]  # as above
            _BINDING, options.soap_address
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._caller.close()

    def get_workers(self, asked: Mapping[str, Any]) -> etree._Element:
        """Return the answer to a Get_Workers request."""
        answer: httpx.Response = self._service.Get_Workers(**asked, version=self._version)
        if answer.status_code == _FAULT and b"Fault" not in answer.content:
            raise CannotConnect(f"{self._host} is in trouble (status {_FAULT}).")
        root = parsed(answer.content, self._host)
        fault = root.find(".//{*}Body/{*}Fault")
        if fault is not None:
            raise faults.meaning(fault, self._host)
        found = root.find(".//{*}Body/{*}Get_Workers_Response")
        if found is None:
            raise SourceChanged(f"{self._host} answers with something else than workers.")
        return found


def parsed(content: bytes, host: str) -> etree._Element:
    """Return the root of an XML document."""
    parser = etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        # What is cut off may be whole the next time.
        raise CannotConnect(f"What {host} answers is no XML, or ends too early.") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise SourceChanged(f"What {host} answers has a document type; that is not read.")
    return root


class _Through(Transport):
    """zeep's way out: the description from its file, everything else through a Caller."""

    def __init__(self, caller: Caller) -> None:
        # The base class would open a session of its own; nothing of it is used.
        self._close_session = False
        self.cache = None
        self._caller = caller

    def load(self, url: str) -> bytes:
        """Return the service description; there is nothing else to load."""
        if Path(url) != DESCRIPTION:
            raise SourceChanged("The service description refers to something outside of it.")
        return DESCRIPTION.read_bytes()

    def post_xml(self, address: str, envelope: Any, headers: Mapping[str, str]) -> httpx.Response:
        """Send a request that reads, so that it may be sent again."""
        return self._caller.send(
            "POST",
            address,
            content=etree_to_string(envelope),  # type: ignore[no-untyped-call]  # as above
            headers=dict(headers),
            fine={_OK, _FAULT},
            safe=True,
        )

"""Which address of a name the hub may call: the guard before every connection it makes.

In: a host name and a port. Out: addresses that have been checked, to be connected to as they are, so that a
name which answers differently the second time leads nowhere else.
"""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address

from connectors.errors import CannotConnect, Forbidden


def reachable(host: str, port: int, *, allow_private: bool) -> list[str]:
    """Return the addresses of a host; raise Forbidden where one of them is not public."""
    try:
        told = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise CannotConnect(f"The host name {host} is not known.") from error
    found = list(dict.fromkeys(str(each[4][0]) for each in told))
    for each in found:
        if not allow_private and not _is_public(ip_address(each.partition("%")[0])):
            raise Forbidden(
                f"{host} is at {each}, an address of a private network.",
                suggestion="Say so in the settings if the server is meant to be there.",
            )
    return found


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    inner = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None)
    return (inner or address).is_global and not (inner or address).is_multicast

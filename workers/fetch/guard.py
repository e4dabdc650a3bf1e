"""Which addresses a request may reach: the public internet, and what the operator's allow list names. Pure.

`ipaddress.is_global` does not serve: it passes multicast, NAT64, 6to4 and some documentation blocks. The table here is
IANA's special-purpose registries (RFC 6890 and successors): of IPv4 all but the listed blocks, of IPv6 only global
unicast (2000::/3) without its special parts. Addresses that carry an IPv4 address inside are judged by that one.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from workers.poll.urls import MAX_URL, names_user, normal_url

Kind = Literal[
    "bad_url",
    "refused_address",
    "dns",
    "connect",
    "timeout",
    "headers",
    "too_large",
    "bomb",
    "bad_encoding",
    "redirects",
    "tls",
    "protocol",
]
"""How a request can end without an answer. `headers`: endless or malformed ones; `bomb`: decoded size over the cap."""

UNREACHABLE: frozenset[Kind] = frozenset({"dns", "connect", "timeout"})
"""Kinds that say that the host is away, not that something is wrong with the address asked for."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_CLOSED_4 = [
    ipaddress.IPv4Network(block)
    for block in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16"),
        *("192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
    )
]
_OPEN_6 = ipaddress.IPv6Network("2000::/3")
_CLOSED_6 = [
    ipaddress.IPv6Network(block)
    for block in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
]
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class FetchError(Exception):
    """A request ended without a usable answer; `kind` names how, the message says it to a person."""

    def __init__(self, kind: Kind, message: str) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind: Kind = kind
        self.message = message


def is_public(address: str) -> bool:
    """Whether an address in text form belongs to the public internet; False for what is no address."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or (ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _NAT64 else None)
        if inner is None:
            return ip in _OPEN_6 and ip.scope_id is None and not any(ip in block for block in _CLOSED_6)
        ip = inner
    return not any(ip in block for block in _CLOSED_4)


@dataclass(frozen=True, slots=True)
class Target:
    """Where a checked URL is asked. `trusted`: the operator's allow list names it, so its address is not judged."""

    url: str
    scheme: str
    host: str
    port: int
    trusted: bool


@dataclass(frozen=True, slots=True)
class Guard:
    """The rules of one client: allowed ports, and the operator's exceptions (`host`, `host:port`, address blocks)."""

    ports: frozenset[int]
    hosts: frozenset[tuple[str, int | None]] = frozenset()
    blocks: tuple[Network, ...] = field(default=())

    @classmethod
    def of(cls, allow: Iterable[str], ports: Iterable[int]) -> Guard:
        """Read an allow list; raises ValueError naming an entry that is neither a host nor a block."""
        hosts: set[tuple[str, int | None]] = set()
        blocks: list[Network] = []
        for entry in allow:
            if "/" in entry:
                blocks.append(ipaddress.ip_network(entry, strict=False))
            else:
                hosts.add(_host_and_port(entry))
        return cls(frozenset(ports), frozenset(hosts), tuple(blocks))

    def target(self, url: str) -> Target:
        """Check everything about `url` that needs no resolving; raises `FetchError`."""
        if names_user(url):
            raise FetchError("bad_url", "an address with a user name is not asked")
        normal = normal_url(url)
        if not normal:
            shown = url if len(url) <= 200 else f"{url[:200]}…"
            raise FetchError("bad_url", f"not an http(s) address of at most {MAX_URL} characters: {shown!r}")
        parts = urlsplit(normal)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        trusted = not self.hosts.isdisjoint({(host, None), (host, port)})
        if not trusted and port not in self.ports and not self._in_blocks(host):
            raise FetchError("refused_address", f"port {port} of {host} is not asked")
        return Target(normal, parts.scheme, host, port, trusted)

    def check(self, target: Target, addresses: Iterable[str]) -> None:
        """Raise `FetchError` unless every one of the resolved addresses may be reached."""
        for address in addresses:
            if not (target.trusted or is_public(address) or self._in_blocks(address)):
                raise FetchError("refused_address", f"{target.host} is at {address}, which is not public")

    def _in_blocks(self, address: str) -> bool:
        try:
            ip = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(ip.version == block.version and ip in block for block in self.blocks)


def _host_and_port(entry: str) -> tuple[str, int | None]:
    bare = entry.removeprefix("[").replace("]", "") if entry.startswith("[") else entry
    try:
        return ipaddress.ip_address(bare).compressed, None
    except ValueError:
        pass
    parts = urlsplit(f"//{entry}")
    if not parts.hostname:
        raise ValueError(f"{entry!r} is neither a host nor an address block")
    return parts.hostname, parts.port

"""Addresses that an organizer gives: the site's own, and those of reverse proxies."""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network
from typing import Final
from urllib.parse import urlsplit

from customs_data.errors import KitError

_HOST: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9A-Fa-f:.]+")

Network = IPv4Network | IPv6Network


def check_public_url(url: str) -> str:
    """Return the address of the site without a slash at its end.

    Raises
    ------
    KitError
        If it is not an http or https URL of a host without a path.

    Examples
    --------
    >>> check_public_url("https://board.example/")
    'https://board.example'
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    named = f"[{host}]" if ":" in host else host
    plain = f"{parts.scheme}://{named}" + ("" if port is None else f":{port}")
    if (
        parts.scheme not in ("http", "https")
        or not _HOST.fullmatch(host)
        or url.lower().removesuffix("/") != plain
    ):
        raise KitError(
            f"--public-url: {url[:80]!r} is not the address of a site. Give scheme and host, such "
            "as https://board.example; the leaderboard cannot be below a path."
        )
    return plain


def parse_proxies(text: str) -> tuple[Network, ...]:
    """Return the networks of trusted proxies.

    Parameters
    ----------
    text : str
        Comma-separated IP addresses or networks; empty for none.

    Raises
    ------
    KitError
        If a part is neither, or all addresses together would be trusted.

    Examples
    --------
    >>> parse_proxies("127.0.0.1, 10.0.0.0/8")
    (IPv4Network('127.0.0.1/32'), IPv4Network('10.0.0.0/8'))
    """
    networks = tuple(map(_network, text.split(","))) if text.strip() else ()
    four = [one for one in networks if isinstance(one, IPv4Network)]
    six = [one for one in networks if isinstance(one, IPv6Network)]
    everybody = (IPv4Network("0.0.0.0/0"), IPv6Network("::/0"))
    if any(one in everybody for one in (*collapse_addresses(four), *collapse_addresses(six))):
        raise _everybody(text)
    return networks


def _network(text: str) -> Network:
    text = text.strip()
    if text == "*":
        raise _everybody(text)
    try:
        return ip_network(text)
    except ValueError as error:
        reason = f" ({error})" if "host bits" in str(error) else ""
        raise KitError(
            f"--forwarded-allow-ips: {text[:60]!r} is not an IP address or network{reason}. Give "
            "the addresses of your proxies, such as 127.0.0.1 or 172.30.81.0/24."
        ) from None


def _everybody(text: str) -> KitError:
    return KitError(
        f"--forwarded-allow-ips: {text[:60]!r} trusts everybody, so that any client could choose "
        "its address with X-Forwarded-For and pass every limit. Name your proxies' addresses."
    )

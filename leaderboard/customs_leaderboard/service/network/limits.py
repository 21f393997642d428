"""Client addresses, and rate limits per address in bounded memory."""

from __future__ import annotations

import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Callable
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from threading import Lock
from typing import Final

# Whoever has more addresses than this gains more by using them than by pushing others out.
_N_CLIENTS: Final = 10_000
# Providers give each customer a whole /64.
_NETWORK_BITS: Final = 64


class RateLimit:
    """A token bucket per client; threads may share it.

    Parameters
    ----------
    per_second : float
        Refill rate of a bucket.
    burst : int
        Capacity of a bucket.
    timer : callable
        Returns monotonic seconds.
    n_clients : int
        Number of buckets kept; the least recently used one is dropped first.

    Examples
    --------
    >>> limit = RateLimit(1, burst=2, timer=lambda: 0.0)
    >>> [limit.take("203.0.113.7") for _ in range(3)]
    [0.0, 0.0, 1.0]
    """

    def __init__(
        self,
        per_second: float,
        burst: int,
        timer: Callable[[], float],
        n_clients: int = _N_CLIENTS,
    ) -> None:
        self._per_second = per_second
        self._burst = burst
        self._timer = timer
        self._n_clients = n_clients
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = Lock()

    def take(self, client: str) -> float:
        """Take one token from a client's bucket.

        Returns
        -------
        float
            0.0; or, if the bucket was empty, the seconds until it has a token again.
        """
        with self._lock:
            level, now = self._level(client)
            wait_s = self._wait(level)
            self._buckets[client] = (level if wait_s else level - 1, now)
            self._buckets.move_to_end(client)
            while len(self._buckets) > self._n_clients:
                self._buckets.popitem(last=False)
            return wait_s

    def give_back(self, client: str) -> None:
        """Put a token back into a client's bucket: it was another client's."""
        with self._lock:
            level, now = self._level(client)
            self._buckets[client] = (min(level + 1, self._burst), now)

    def wait(self, client: str) -> float:
        """Return the seconds until a client may take a token; 0.0 if it may now."""
        with self._lock:
            return self._wait(self._level(client)[0])

    def _level(self, client: str) -> tuple[float, float]:
        now = self._timer()
        level, at = self._buckets.get(client, (float(self._burst), now))
        return min(level + (now - at) * self._per_second, self._burst), now

    def _wait(self, level: float) -> float:
        return 0.0 if level >= 1 else (1 - level) / self._per_second


def client_key(host: str | None) -> str:
    """Return the key that a client is counted under: its IPv4 address or its IPv6 network.

    Examples
    --------
    >>> client_key("203.0.113.7"), client_key("::ffff:203.0.113.7"), client_key("2001:db8::7")
    ('203.0.113.7', '203.0.113.7', '2001:db8::')
    """
    try:
        address = ip_address(host or "")
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        shift = 128 - _NETWORK_BITS
        return str(IPv6Address(int(address) >> shift << shift))
    return str(address)


@lru_cache(maxsize=_N_CLIENTS)
def sender_key(host: str | None, address_key: str) -> str:
    """Return the name under which a client's address is logged and stored: 32 hex digits.

    Without the key nobody can try out all addresses.

    Parameters
    ----------
    host : str or None
        Address; only what `client_key` counts matters.
    address_key : str
        The competition's key (`State.address_key`), in hexadecimal.

    Examples
    --------
    >>> sender_key("203.0.113.7", "00" * 32)
    '0ae66b1ca9efd7ef112dc60a755b2b97'
    """
    key, client = bytes.fromhex(address_key), client_key(host).encode()
    return hmac.new(key, client, hashlib.sha256).digest()[:16].hex()

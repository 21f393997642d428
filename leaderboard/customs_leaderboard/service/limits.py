"""Limits per client address, in bounded memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address
from threading import Lock
from typing import Final

# An attacker who has more addresses than this gets more by using them than by making us forget one.
_N_CLIENTS: Final = 10_000
# A customer of a provider has a whole /64.
_NETWORK_BITS: Final = 64


class RateLimit:
    """A token bucket for each client; safe to share between threads.

    Parameters
    ----------
    per_second : float
        How fast a bucket fills.
    burst : int
        How much it holds.
    timer : callable
        Seconds of a clock that never goes back.
    n_clients : int
        Buckets kept; the one that was not used for longest is forgotten first.

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
        """Take one from a client's bucket.

        Returns
        -------
        float
            0.0, or, if the bucket is empty and nothing was taken, the seconds until it is not.
        """
        with self._lock:
            held, now = self._held(client)
            wait = self._wait(held)
            self._buckets[client] = (held if wait else held - 1, now)
            self._buckets.move_to_end(client)
            while len(self._buckets) > self._n_clients:
                self._buckets.popitem(last=False)
            return wait

    def wait(self, client: str) -> float:
        """Return the seconds until a client may take one; 0.0 if it may now."""
        with self._lock:
            return self._wait(self._held(client)[0])

    def _held(self, client: str) -> tuple[float, float]:
        now = self._timer()
        held, at = self._buckets.get(client, (float(self._burst), now))
        return min(held + (now - at) * self._per_second, self._burst), now

    def _wait(self, held: float) -> float:
        return 0.0 if held >= 1 else (1 - held) / self._per_second


def client_key(host: str | None) -> str:
    """Return what a client is counted under: its IPv4 address or its IPv6 network.

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

"""Which connections are dropped, and the limits of what arrives on one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from unittest.mock import Mock

import pytest
import uvicorn
from hypothesis import given
from hypothesis import strategies as st
from uvicorn.server import ServerState

from customs_leaderboard.service.network.connections import BURST, GRACE_S, Connections, Stage
from customs_leaderboard.service.network.protocol import LimitedConnection
from customs_leaderboard.service.settings import ServiceSettings


class Loop:
    """An event loop whose time a test advances; the app never runs."""

    def __init__(self) -> None:
        self.now = 0.0
        self._timers: list[SimpleNamespace] = []

    def time(self) -> float:
        return self.now

    def call_later(self, seconds: float, act: Callable[[], object]) -> SimpleNamespace:
        timer = SimpleNamespace(at=self.now + seconds, act=act)
        timer.cancel = lambda: timer in self._timers and self._timers.remove(timer)
        self._timers.append(timer)
        return timer

    def call_soon_threadsafe(self, act: Callable[[], object]) -> None:
        act()

    def create_task(self, work, **_context) -> Mock:
        work.close()
        return Mock()

    def forward(self, seconds: float) -> None:
        until = self.now + seconds
        while due := [it for it in self._timers if it.at <= until]:
            timer = min(due, key=lambda it: it.at)
            self._timers.remove(timer)
            self.now = timer.at
            timer.act()
        self.now = until


class Transport:
    """What a connection has written, and whether it was closed (or aborted)."""

    def __init__(self, host: str) -> None:
        self._peer = (host, 1)
        self.written = b""
        self.is_open, self.is_aborted, self.n_unsent = True, False, 0

    def get_extra_info(self, name: str) -> tuple[str, int] | None:
        return self._peer if name == "peername" else None

    def write(self, data: bytes) -> None:
        self.written += data

    def close(self) -> None:
        self.is_open = False

    def abort(self) -> None:
        self.is_open, self.is_aborted = False, True

    def is_closing(self) -> bool:
        return not self.is_open

    def get_write_buffer_size(self) -> int:
        return self.n_unsent

    def write_eof(self) -> None: ...

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


class Client:
    """The other end of a `LimitedConnection`."""

    def __init__(self, server: Server, host: str) -> None:
        self.transport, self._server = Transport(host), server
        self.connection = LimitedConnection(
            server.config, server.state, {}, server.loop, connections=server.connections,
            settings=server.settings, clock=server.clock,
        )  # fmt: skip
        self.connection.connection_made(self.transport)

    def send(self, *parts: bytes) -> None:
        for part in parts:
            self.connection.data_received(part)

    def receive(self, body: bytes = b"ok") -> None:
        """Let the app answer the request with 200."""
        head = {"type": "http.response.start", "status": 200, "headers": []}
        for message in (head, {"type": "http.response.body", "body": body}):
            with pytest.raises(StopIteration):
                self.connection.cycle.send(message).send(None)

    @property
    def stage(self) -> Stage:
        return self.connection.stage

    @property
    def status(self) -> int | None:
        """Status of the last answer."""
        head = self.transport.written.rpartition(b"HTTP/1.1 ")[2]
        return int(head[:3]) if head else None

    @property
    def is_open(self) -> bool:
        return self.transport.is_open and not self.connection._is_refused


async def no_app(scope, receive, send) -> None: ...


class Server:
    def __init__(self, *, proxy: str = "", **settings) -> None:
        self.loop = Loop()
        self.settings = ServiceSettings(timer=self.loop.time, **settings)
        self.config = uvicorn.Config(no_app, lifespan="off", log_config=None, ws="none")
        self.config.load()
        self.state = ServerState()
        self.connections = Connections(
            self.settings.n_connections, self.settings.n_connections_each, self.loop.time,
            lambda client: client == proxy,
        )  # fmt: skip

    def clock(self) -> datetime:
        return datetime.fromtimestamp(self.loop.time(), UTC)

    def connect(self, host: str = "203.0.113.7", first: bytes = b"") -> Client:
        client = Client(self, host)
        client.send(first)
        return client


@pytest.fixture
def server() -> Server:
    return Server()


GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n"


def test_a_request_is_stamped_with_its_last_byte(server):
    client = server.connect(first=POST + b"12345")
    state = client.connection.scope["state"]
    server.loop.forward(2.0)
    assert "complete_at" not in state
    client.send(b"67890")
    last_byte = server.clock()
    server.loop.forward(2.0)
    assert state["complete_at"] == last_byte < server.clock()


def test_a_silent_connection_is_closed_without_an_answer(server):
    client = server.connect()
    server.loop.forward(9.9)
    assert client.is_open
    server.loop.forward(0.2)
    assert not client.is_open
    assert client.status is None


def test_headers_that_drip_are_answered_408(server):
    client = server.connect()
    for byte in b"GET / HTT":
        server.loop.forward(1)
        client.send(bytes([byte]))
    assert client.is_open
    server.loop.forward(1.1)
    assert client.status == 408
    assert not client.is_open
    assert b"client-too-slow" in client.transport.written


@pytest.mark.parametrize(("next_bytes", "status"), [(b"G", 408), (b"\r\n", 200)])
def test_the_time_of_a_next_request_begins_with_its_first_byte(server, next_bytes, status):
    client = server.connect(first=GET)
    client.receive()
    server.loop.forward(4)
    client.send(next_bytes)
    server.loop.forward(9.9)
    assert client.is_open
    server.loop.forward(0.2)
    assert client.status == status
    assert not client.is_open


def test_a_connection_between_requests_is_closed_after_a_while(server):
    client = server.connect(first=GET)
    client.receive()
    assert client.stage is Stage.IDLE
    server.loop.forward(4.9)  # uvicorn's default; `serving` has a longer one
    assert client.is_open
    server.loop.forward(0.2)
    assert not client.is_open


def with_headers(n: int, n_bytes: int = 0) -> bytes:
    lines = [b"X: " + b"x" * n_bytes] + [b"Y: y"] * (n - 1)
    return b"GET / HTTP/1.1\r\n" + b"\r\n".join(lines) + b"\r\n\r\n"


@pytest.mark.parametrize(
    ("head", "is_taken"),
    [
        (with_headers(100), True),
        (with_headers(101), False),
        (with_headers(2, 65_000), True),
        (with_headers(2, 65_600), False),
        (b"GET /" + b"x" * 65_600 + b" HTTP/1.1\r\n\r\n", False),
    ],
)
def test_headers_have_a_size(server, head, is_taken):
    client = server.connect(first=head)
    assert client.status == (None if is_taken else 431)
    assert client.is_open == is_taken
    assert (client.stage is Stage.BUSY) == is_taken


@pytest.mark.parametrize("before", [b"GET / HTTP/1.1\r\nX: ", b"GET /", b"", GET])
def test_endless_headers_are_refused_early(server, before):
    client = server.connect(first=before)
    if before == GET:
        client.receive()
    filler = b"\r\n" * 10_000 if before in (b"", GET) else b"x" * 20_000
    n_sent = 0
    while client.is_open and n_sent < 10:
        client.send(filler)
        n_sent += 1
    assert n_sent <= 4
    assert client.status == 431


def test_endless_trailers_of_a_body_are_refused(server):
    head = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    for filler in (b"X: y\r\n" * 3000, b"X: " + b"x" * 20_000):
        client = server.connect(first=head + b"1\r\nx\r\n0\r\n")
        client.send(*[filler] * 4)
        assert client.status == 431
        assert not client.is_open
        assert client.connection.cycle.disconnected


def test_a_body_may_be_large_and_chunked(server):
    client = server.connect(first=b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
    client.send(*[b"1\r\nx\r\n" * 3000] * 40, b"0\r\n\r\n")
    assert client.is_open
    assert client.stage is Stage.BUSY


def test_a_second_request_does_not_write_into_the_answer_of_the_first(server):
    for second in (b"\x00\x01\r\n\r\n", with_headers(101)):
        client = server.connect(first=GET)
        client.send(second)
        assert client.transport.written == b""
        assert not client.is_open


def test_few_requests_may_be_sent_in_advance(server):
    client = server.connect(first=GET * 16)
    assert client.is_open
    assert not server.connect(first=GET * 17).is_open


def test_the_rest_of_a_refused_body_is_read_for_a_while(server):
    client = server.connect(first=POST)
    client.receive()
    assert client.stage is Stage.INCOMPLETE
    client.send(b"12345")
    server.loop.forward(29)
    assert client.is_open
    client.send(b"67890")  # complete: the connection may be used again
    assert client.stage is Stage.IDLE
    client.send(GET)
    assert client.stage is Stage.BUSY

    client = server.connect(first=POST)
    client.receive()
    for _ in range(4):
        server.loop.forward(8)
        client.send(b"1")
    assert client.transport.is_aborted


def test_a_refused_body_may_not_be_endless(server):
    client = server.connect(first=b"POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n")
    client.receive()
    client.send(*[bytes(1 << 20)] * 65)
    assert not client.is_open


def test_a_client_must_read_its_answer(server):
    client = server.connect(first=GET)
    for n_unsent in (3000, 2000, 1000):
        client.transport.n_unsent = n_unsent
        client.connection.pause_writing()
        client.transport.n_unsent = n_unsent - 1
        server.loop.forward(31)
        assert client.is_open
    server.loop.forward(31)
    assert client.transport.is_aborted


def test_a_closed_connection_does_not_wait_for_its_client_for_ever(server):
    client = server.connect(first=GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
    client.receive()
    assert not client.is_open
    server.loop.forward(29)
    assert not client.transport.is_aborted
    server.loop.forward(2)
    assert client.transport.is_aborted


def test_timers_end_with_the_connection(server):
    client = server.connect(first=b"GET /")
    client.connection.connection_lost(None)
    assert not server.loop._timers
    assert len(server.connections) == 0


def test_a_request_with_a_right_token_keeps_its_connection(server):
    client = server.connect(first=POST)
    assert client.stage is Stage.BUSY  # the service looks for a token
    client.connection.serves("203.0.113.7")
    assert client.stage is Stage.INCOMPLETE
    client.connection.serves_soon("team 1")
    assert client.stage is Stage.BUSY
    client.send(b"0123456789")
    client.receive()
    assert client.stage is Stage.IDLE
    client.send(POST)
    client.connection.serves("203.0.113.7")
    assert client.stage is Stage.INCOMPLETE  # known by each request anew


def test_silent_connections_make_room_for_others():
    server = Server(n_connections=100, n_connections_each=10)
    silent = [server.connect(f"198.51.100.{i % 20}", b"GET /") for i in range(100)]
    server.loop.forward(0.3)  # before that the server may not have read what they sent
    honest = [server.connect("203.0.113.7", GET) for _ in range(5)]
    assert all(client.is_open and client.stage is Stage.BUSY for client in honest)
    assert sum(client.is_open for client in silent) == 95
    assert all(client.is_open for client in silent[5:])
    for client in honest:
        assert client.connection.app is server.config.loaded_app


def test_whoever_has_just_connected_has_time_to_be_read():
    server = Server(n_connections=20)
    silent = [server.connect(f"198.51.100.{i}", b"GET /") for i in range(20)]
    server.loop.forward(0.3)
    silent += [server.connect("198.51.100.99", b"GET /") for _ in range(5)]
    school = [server.connect() for _ in range(10)]  # more than any other address
    for client in school:
        client.send(GET)
    assert all(client.is_open for client in school)
    assert not any(client.is_open for client in silent[:15])


def test_requests_in_work_are_not_dropped_and_health_is_answered():
    server = Server(n_connections=10)
    asked = []
    busy = [server.connect(f"198.51.100.{i}", GET) for i in range(10)]
    late = Client(server, "203.0.113.7")
    late.connection._start_asgi_task = lambda _cycle, app: asked.append(app)
    late.send(GET)
    assert asked == [late.connection._answer_health]
    assert all(client.is_open for client in busy)
    busy[0].receive()  # idle now: the next one takes its place
    assert server.connect("203.0.113.8", GET).is_open
    assert not busy[0].is_open


def test_a_client_may_have_more_connections_for_a_moment_only():
    server = Server(n_connections_each=5)
    clients = [server.connect() for _ in range(9)]
    others = [server.connect("203.0.113.8") for _ in range(5)]
    assert all(client.is_open for client in clients)
    server.loop.forward(GRACE_S - 0.1)
    clients[0].send(GET)
    server.loop.forward(0.3)
    assert sum(client.is_open for client in clients) == 5
    assert clients[0].is_open
    assert all(client.is_open for client in others)
    clients[0].receive()
    server.connect()
    assert clients[0].is_open  # it may ask again at once
    server.loop.forward(3)  # uvicorn would close it after 5 seconds
    server.loop.now += GRACE_S  # as if nothing had run meanwhile
    server.connect()
    assert not clients[0].is_open
    server.loop.forward(GRACE_S + 0.2)
    newest = server.connect(first=b"GET /")
    assert newest.is_open
    assert len(server.connections) == 10


def test_a_crowd_has_no_grace_period():
    server = Server(n_connections_each=5)
    clients = [server.connect() for _ in range(5 * BURST + 10)]
    assert sum(client.is_open for client in clients) == 5 * BURST


def test_idle_connections_of_a_crowd_end_soon_after_their_answer():
    server = Server(n_connections_each=5)
    server.config.timeout_keep_alive = 75
    clients = [server.connect(first=GET) for _ in range(7)]
    for client in clients:
        assert client.connection.serves("203.0.113.7")
        client.receive()
    server.loop.forward(GRACE_S - 0.1)
    clients[0].send(GET)
    server.loop.forward(0.3)
    assert [client.is_open for client in clients] == [True, False, False] + [True] * 4


def test_a_busy_server_reads_what_has_come_before_it_drops_a_connection():
    server = Server(n_connections_each=1)
    clients = [server.connect(), server.connect()]
    server.loop.forward(GRACE_S)
    for client in clients:
        client.send(GET)
    server.loop.forward(1)
    assert all(client.is_open for client in clients)


def test_teams_do_not_count_for_their_address():
    server = Server(n_connections_each=5)
    teams = [server.connect() for _ in range(20)]
    for number, client in enumerate(teams):
        client.send(GET)
        assert client.connection.serves(f"team {number}", is_known=True)
        client.receive()
    server.loop.forward(4)
    assert all(client.is_open for client in teams)
    greedy = [server.connect(f"203.0.113.{i}", GET) for i in range(6)]
    taken = [client.connection.serves("team 99", is_known=True) for client in greedy]
    assert taken == [True] * 5 + [False]


def test_a_proxy_may_have_many_connections_but_each_of_its_clients_few():
    server = Server(proxy="10.0.0.1", n_connections_each=5)
    clients = [server.connect("10.0.0.1", GET) for _ in range(5 * BURST + 20)]
    server.loop.forward(2)
    assert all(client.is_open for client in clients)
    n_most = 5 * BURST
    taken = [client.connection.serves("203.0.113.7") for client in clients[: n_most + 5]]
    assert taken == [True] * n_most + [False] * 5
    assert clients[-1].connection.serves("203.0.113.8")
    clients[-1].receive()
    assert len(server.connections._of_client["10.0.0.1"]) == 15


@given(
    st.lists(
        st.tuples(st.sampled_from("adm"), st.integers(0, 9), st.sampled_from(list(Stage))),
        max_size=60,
    )
)
def test_the_numbers_of_connections_stay_right(steps):
    now = 0.0
    connections = Connections(8, 3, lambda: now)
    known: list[SimpleNamespace] = []

    class One(SimpleNamespace):
        __hash__ = object.__hash__
        __eq__ = object.__eq__

        def drop(self) -> None:
            known.remove(self)

    for step, number, stage in steps:
        now += 0.5
        client = f"203.0.113.{number % 3}"
        if step == "a":
            known.append(One(stage=stage, since=now, is_fresh=number > 4))
            connections.add(known[-1], client)
        elif known:
            one = known[number % len(known)]
            if step == "d":
                known.remove(one)
                connections.remove(one)
            else:
                one.stage = stage
                connections.move(one, client)
        assert set(connections._client_of) == set(known)
        counted = [it for each in connections._of_client.values() for it in each]
        assert sorted(map(id, counted)) == sorted(map(id, known))
        assert all(connections._of_client.values())
        if len(known) > 8:
            others = known[:-1] if step == "a" else known
            assert sum(it.stage is not Stage.BUSY for it in others) == 0 or step != "a"

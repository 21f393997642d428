"""Receiving files: caps, bombs, forms, slow and broken clients."""

from __future__ import annotations

import gzip
import io
import tracemalloc
import zlib
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bare_request import ask
from customs_leaderboard.rules.competition import Competition
from customs_leaderboard.service.app import make_app
from customs_leaderboard.service.forms import FormParser, PartBegins, PartData
from customs_leaderboard.service.problem_details import BadUploadError
from customs_leaderboard.service.settings import ServiceSettings
from customs_scorer.submissions import max_content_bytes

MIB = 1 << 20
PATH = "/api/v1/submissions"


@pytest.fixture
def competition(competition) -> Competition:
    return replace(competition, max_upload_mib=1)


def endless(part: bytes, taken: list[int]) -> Callable[[], Awaitable[dict[str, Any]]]:
    async def receive() -> dict[str, Any]:
        taken.append(len(part))
        await anyio.lowlevel.checkpoint()
        return {"type": "http.request", "body": part, "more_body": True}

    return receive


@pytest.mark.parametrize("declared", [None, "10", "0", "nonsense", "-5"])
def test_an_endless_body_ends_at_the_cap_whatever_its_length_says(app, board, member, declared):
    taken: list[int] = []
    headers = member.headers | ({} if declared is None else {"Content-Length": declared})
    sent = anyio.run(ask, app, headers, endless(b"1" * 65_536, taken))
    assert sent[0]["status"] == 413
    assert MIB < sum(taken) <= MIB + 65_536  # it read no part more than necessary
    assert not list(board.folder.spool.iterdir())


def test_an_endless_form_ends_at_the_cap(app, member):
    begin = b'--x\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
    taken: list[int] = []
    rest = endless(b"1" * 65_536, taken)
    first = [begin]

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": first.pop(), "more_body": True} if first else (
            await rest()
        )  # fmt: skip

    headers = member.headers | {"Content-Type": "multipart/form-data; boundary=x"}
    sent = anyio.run(ask, app, headers, receive)
    assert sent[0]["status"] == 413
    assert sum(taken) <= MIB + 2 * 65_536


def test_a_length_over_the_cap_is_refused_before_the_body(app, member):
    taken: list[int] = []
    headers = member.headers | {"Content-Length": str(2 * MIB)}
    sent = anyio.run(ask, app, headers, endless(b"1", taken))
    assert sent[0]["status"] == 413
    assert not taken


def test_a_file_of_exactly_the_cap_is_read(post, make_file):
    content = make_file(1).read_bytes()
    answer = post(content=content + b"\n" * (MIB - len(content)))
    assert answer.status_code != 413
    assert post(content=content + b"\n" * (MIB - len(content) + 1)).status_code == 413


def test_a_body_without_a_length(post, make_file):
    content = make_file(1).read_bytes()

    def parts() -> Iterator[bytes]:
        yield content[:1000]
        yield b""
        yield content[1000:]

    assert post(content=parts()).status_code == 201


def bomb(n_bytes: int, part: bytes) -> bytes:
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as stream:
        for _ in range(n_bytes // len(part)):
            stream.write(part)
    return packed.getvalue()


@pytest.mark.parametrize(
    "part",
    [b"\0" * MIB, b"Declaration ID,Fraud Score\n" * 40_000, b"\n" * MIB],
    ids=["NUL", "headers", "line breaks"],
)
def test_a_gzip_bomb_is_refused_in_bounded_memory(post, edition, part):
    content = bomb(60 * MIB, part)
    assert len(content) < MIB
    tracemalloc.start()
    try:
        answer = post(content=content)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert answer.status_code == 422
    assert "checking stopped at line" in answer.json()["detail"]
    # A few copies of the file up to the limit, never the 60 MiB.
    assert peak < 8 * max_content_bytes(len(edition.test)) + 8 * MIB


def test_many_small_bombs_in_one_file(post):
    members = gzip.compress(b"\0" * MIB, mtime=0) * 60
    assert post(content=members).status_code == 422


def test_a_file_that_was_packed_twice(post, make_file):
    content = gzip.compress(gzip.compress(make_file(1).read_bytes()))
    assert "compressed twice" in post(content=content).json()["detail"]


def test_a_broken_off_or_damaged_gzip(post, make_file):
    content = gzip.compress(make_file(1).read_bytes())
    assert post(content=content[:-20]).status_code == 422
    assert post(content=content[:50] + b"\xff" * 50 + content[100:]).status_code == 422
    assert post(content=b"\x1f\x8b" + zlib.compress(b"x")).status_code == 422


def test_a_client_that_stops_sending_times_out(board, member):
    app = make_app(board, ServiceSettings(receive_timeout_s=0.02))

    async def receive() -> dict[str, Any]:
        await anyio.sleep_forever()
        raise AssertionError

    sent = anyio.run(ask, app, member.headers, receive)
    assert sent[0]["status"] == 408
    assert not list(board.folder.spool.iterdir())


def test_a_client_that_sends_byte_by_byte_times_out(board, member):
    app = make_app(board, ServiceSettings(receive_total_s=0.05))
    sent = anyio.run(ask, app, member.headers, endless(b"1", []))
    assert sent[0]["status"] == 408


def test_a_client_that_leaves_is_logged_and_leaves_nothing(app, board, member, caplog):
    caplog.set_level("INFO", "customs_leaderboard.service")
    messages = [
        {"type": "http.request", "body": b"Declaration ID,", "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    assert anyio.run(ask, app, member.headers, receive) == []
    assert caplog.records[-1].fields["status"] == 499
    assert not list(board.folder.spool.iterdir())


def form(*parts: bytes, end: bytes = b"--x--\r\n") -> bytes:
    return b"".join(b"--x\r\n" + part + b"\r\n" for part in parts) + end


def part(disposition: str, content: bytes = b"1") -> bytes:
    return f"Content-Disposition: {disposition}\r\n\r\n".encode() + content


FILE = part('form-data; name="file"; filename="a.csv"', b"a,b\n")


def test_forms(client, member, board):
    headers = member.headers | {"Content-Type": "multipart/form-data; boundary=x"}
    for body, status in (
        (form(FILE), 422),  # a whole form; the file is no submission
        (form(FILE, part('form-data; name="after"')), 422),
        (form(part('form-data; name="before"', b"x" * 4096), FILE), 422),
        (form(part('form-data; name="before"', b"x" * 4097), FILE), 400),
        (form(FILE, FILE), 400),
        (form(part('form-data; name="other"; filename="f"')), 400),
        (form(part('form-data; name="file"')), 400),
        (form(part("form-data")), 400),
        (form(), 400),
        (form(*[part(f'form-data; name="{i}"') for i in range(16)], FILE), 400),
        (form(FILE, end=b""), 400),
        (form(FILE)[:-6], 400),
        (b"no form at all", 400),
        (b"", 400),
        (form(b"X-Long: " + b"y" * 10_000 + b"\r\n\r\n1"), 400),
    ):
        answer = client.post(PATH, content=body, headers=headers)
        assert answer.status_code == status, (body[:200], answer.text)
        assert answer.json()["detail"]
        assert not list(board.folder.spool.iterdir())


@pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/form-data; boundary="])
def test_a_form_without_a_boundary(client, member, kind):
    answer = client.post(PATH, content=form(FILE), headers=member.headers | {"Content-Type": kind})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "name",
    ["../../../etc/passwd", "C:\\x.csv", "x\r\nSet-Cookie: a=b", "<script>", "\x00", "é" * 99],
)
def test_a_file_name_is_never_kept(post, board, make_file, name):
    content = make_file(1).read_bytes()
    safe = name.replace("\r", "%0D").replace("\n", "%0A")
    disposition = f'form-data; name="file"; filename="{safe}"'
    answer = post(
        content=form(part(disposition, content)),
        headers={"Content-Type": "multipart/form-data; boundary=x"},
    )
    assert answer.status_code == 201
    assert "Set-Cookie" not in answer.headers
    kept = [path.name for path in board.folder.root.rglob("*") if path.is_file()]
    assert not [path for path in kept if "passwd" in path or "script" in path]


@given(st.lists(st.integers(1, 40), max_size=12))
@settings(max_examples=50)
def test_a_form_reads_the_same_in_any_pieces(cuts):
    body = form(part('form-data; name="token"', b"ckt_1"), part(
        'form-data; name="file"; filename="f"', b"a\r\n--x-\r\n--\r\nb" * 3))  # fmt: skip

    def read(pieces: list[bytes]) -> list[Any]:
        parser = FormParser('multipart/form-data; boundary="x"')
        parts: list[Any] = []
        for piece in pieces:
            for event in parser.feed(piece):
                if isinstance(event, PartData):
                    parts[-1][1] += event.content
                else:
                    assert isinstance(event, PartBegins)
                    parts.append([event, b""])
        parser.finish()
        return parts

    pieces, rest = [], body
    for cut in cuts:
        pieces.append(rest[:cut])
        rest = rest[cut:]
    assert read([*pieces, rest]) == read([body])


@given(st.binary(max_size=200))
@settings(max_examples=100)
def test_any_bytes_are_read_as_a_form_or_refused(content):
    parser = FormParser("multipart/form-data; boundary=x")
    try:
        parser.feed(b"--x\r\n" + content)
        parser.finish()
    except BadUploadError:
        pass

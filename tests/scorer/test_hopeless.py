"""Hopeless files are refused early, with one problem; all others get the full report."""

import gzip

import pandas as pd
import pytest

from customs_data.files import reading
from customs_data.files.problems import ProblemReport
from customs_data.tasks import find_task
from customs_scorer.hopeless import HopelessFileError, Watch
from customs_scorer.submissions import check_submission

IDS = pd.Series([f"{i:08d}" for i in range(1000)], dtype="str")
HEADER = "Declaration ID,Fraud Score\n"
SOUND = [f"{name},0.5\n" for name in IDS]


@pytest.fixture
def problems_of(tmp_path):
    def check(text: str, pack=lambda content: content) -> list[str]:
        path = tmp_path / "file.csv"
        path.write_bytes(pack(text.encode()))
        return [str(problem) for problem in check_submission(path, IDS).report.problems]

    return check


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize(
    ("text", "words"),
    [
        (HEADER + "9\n" * 5000, "line 2 has 1), so checking stopped at line 101."),
        (HEADER + "".join(SOUND[:300]) + "1,2,3\n" * 100, "(line 302 has 3), so checking stopped "
         "at line 401."),
        (HEADER + '"9"\n' * 200, "checking stopped at line 101."),
        (HEADER + 'x"y\n' * 200, "checking stopped at line 101."),
        (HEADER + "1,2,3\n4\n" * 5000, "checking stopped at line 101."),
        (HEADER + "\n9" * 5000, "checking stopped at line 102."),
        (HEADER + "\n\n" + "1,2\n" * 2001, "more than twice as many, so checking stopped at line "
         "2004."),
        (HEADER + '"1","2"\n' * 5000, "checking stopped at line 2002."),
        (HEADER + '1"2,3\n' * 5000, "checking stopped at line 2002."),
        (HEADER + "1,2\r" * 5000, "checking stopped at line 2002."),
        ("a;b\n" + "1\n" * 5000, "checking stopped at line 1."),
        ("a,b\n1\n", "checking stopped at line 1."),
        ("x" * 100_000, "checking stopped at line 1."),
    ],
)  # fmt: skip
def test_a_hopeless_file_has_one_problem_and_the_line(problems_of, text, words, pack):
    problems = problems_of(text, pack)
    assert problems[-1].endswith(words)
    about_rows = [problem for problem in problems if "cells like the header" in problem]
    assert len(about_rows) == ("in a row" in problems[-1])
    assert text.startswith(HEADER) == (len(problems) == 1)


@pytest.mark.parametrize(
    "text",
    [
        HEADER + ("9\n" * 99 + SOUND[0]) * 9,
        HEADER + "1,2\n" * 2000,
        HEADER + "".join(SOUND[:500]) + "\n" * 9000 + "".join(SOUND[500:]) + "1\n",
        HEADER + ('"9"\n' * 99 + SOUND[0]) * 9,
        HEADER + ('x"y\n' * 99 + SOUND[0]) * 9,
    ],
)
def test_every_other_file_gets_the_full_report(problems_of, text):
    problems = problems_of(text)
    assert not any("checking stopped" in problem for problem in problems)
    if text.endswith("1\n"):
        assert problems == [
            "Every line must have 2 cells like the header, but line 10002 has '1 cells'."
        ]
    else:
        assert any("missing" in problem for problem in problems)


def test_the_rest_of_a_bomb_is_not_unpacked(tmp_path, monkeypatch):
    path = tmp_path / "bomb.csv.gz"
    path.write_bytes(gzip.compress(HEADER.encode() + b"9\n" * 10_000_000))
    unpacked = []
    gunzip = reading._gunzip

    def counted(stream, most_members):
        for part in gunzip(stream, most_members):
            unpacked.append(len(part))
            yield part

    monkeypatch.setattr(reading, "_gunzip", counted)
    assert not check_submission(path, IDS).passed
    assert sum(unpacked) <= 1 << 17


def test_a_file_of_a_million_compressed_pieces_is_refused(problems_of):
    pieces = gzip.compress(b"", mtime=0) * 100_000
    problems = problems_of(HEADER + "".join(SOUND), lambda text: pieces + gzip.compress(text))
    assert len(problems) == 1
    assert "pieces" in problems[0]


def test_pieces_of_64_kib_and_padding_are_read(problems_of):
    def pack(text: bytes) -> bytes:
        pieces = [text[i : i + 1000] for i in range(0, len(text), 1000)]
        return b"".join(map(gzip.compress, pieces)) + b"\0" * 40_000

    assert problems_of(HEADER + "".join(SOUND), pack) == []


def test_the_watch_stops_at_any_cut_of_the_content():
    text = (HEADER + "".join(SOUND[:50]) + "9\n" * 150_000).encode()
    for size in (1, 7, 1000, 200_000):
        report = ProblemReport("file")
        watch = Watch(find_task(), len(IDS), report)
        parts = [text[start : start + size] for start in range(0, len(text), size)]
        with pytest.raises(HopelessFileError, match="stopped at line 151"):
            list(map(watch.feed, parts))
        assert len(report.problems) == 1

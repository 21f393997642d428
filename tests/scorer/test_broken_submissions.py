"""Broken submissions: a report each, never a score; and what is scored is scored exactly.

The expected score is computed here from the file with plain Python and fractions.
"""

import csv
import gzip
import io
import math
import os
import re
from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customs_data.edition.hidden import load_solution
from customs_data.edition.importing import import_edition
from customs_data.edition.layout import Layout
from customs_data.edition.loading import load_edition
from customs_data.errors import InvalidSubmissionError, KitError
from customs_scorer.formats import check_format, plain_csv
from customs_scorer.metrics.inspection import precision_at
from customs_scorer.ranking import score_files
from customs_scorer.submissions import check_submission, read_submission
from made_up import make_sample

HEADER = "Declaration ID,Fraud Score"


def periods() -> dict[str, pd.DataFrame]:
    """A small sample whose IDs have leading zeros, commas, quotes and other letters."""
    frames = make_sample(200, seed=5)
    for frame in frames.values():
        ids = [f"00{i[2:]}" for i in frame["Declaration ID"]]
        frame["Declaration ID"] = pd.Series(ids, dtype=frame["Declaration ID"].dtype)
    test = frames["public"]
    for row, name in enumerate(
        ("1e3", "NA", "nan", "0x1F", 'a"b', "a,b", "\ud55c\uad6d 1", "True")
    ):
        test.loc[row, "Declaration ID"] = name
    return frames


PERIODS = periods()
TEST = {
    period: PERIODS[period].sort_values(["Date", "Declaration ID"], kind="stable")
    for period in ("public", "private")
}
IDS = [str(i) for frame in TEST.values() for i in frame["Declaration ID"]]
N = len(IDS)
SCORES = [round(0.013 + (i * 37 % N) / (N + 1), 6) for i in range(N)]


@pytest.fixture(scope="module")
def edition(tmp_path_factory):
    folder = tmp_path_factory.mktemp("broken") / "edition"
    import_edition(PERIODS, folder)
    assert load_edition(folder).test["Declaration ID"].tolist() == IDS
    return folder


@pytest.fixture(scope="module")
def expected_ids(edition):
    return load_edition(edition).test["Declaration ID"]


@pytest.fixture(scope="module")
def solution(edition):
    return load_solution(Layout.find(edition))


def quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if set(cell) & set('",\n') else cell


LINES = [f"{quoted(i)},{score}" for i, score in zip(IDS, SCORES, strict=True)]


def text(lines: list[str], header: str = HEADER) -> bytes:
    return ("\n".join([header, *lines]) + "\n").encode()


def with_line(line: str, row: int = 20) -> bytes:
    return text([*LINES[:row], line, *LINES[row + 1 :]])


def with_score(cell: str, row: int = 20) -> bytes:
    return with_line(f"{quoted(IDS[row])},{quoted(cell)}", row)


SOUND = text(LINES)


class Broken(NamedTuple):
    """A broken submission and a word its report must hold."""

    name: str
    content: bytes
    culprit: str


NOT_A_SCORE = [
    *("", "nan", "NaN", "NAN", "-nan", "inf", "-inf", "Infinity", "None", "null", "NA", "N/A"),
    *("high", "0.5%", "50 %", "0,5", "1_000", "0x10", "1e", "e5", ".", "-", "+", "--1", "+-1"),
    *("0.5.1", "1 2", " 0.5", "0.5 ", "\t0.5", "0.5\u00a0", "1e999", "-1e999", "9" * 400, "True"),
    *("\uff11", "\u0660", "\u22120.5", "1/2", "=0.5", "[0.5]", "0.5f", "1d5", "1e5.5", "0.5\x00"),
    *(
        "\x1b[31m0.5",
        "0.5\n",
        "'0.5'",
        "1j",
        "#N/A",
        "#DIV/0!",
        "-0.5-",
        "1e+",
        "infinity",
        "x" * 999,
    ),
]
WRONG_ID = [
    *("", " ", "unknown", "0", "1", "-1", "=1+1", "nan ", "x" * 5000, "\x1b[2J", "\u202e1", "00"),
    *(IDS[20] + " ", " " + IDS[20], IDS[20] + "\u00a0", "\ufeff" + IDS[20], IDS[20] + ".0"),
    *(IDS[20].lstrip("0"), str(float(IDS[20])), "0" + IDS[20], IDS[20][:-1], "'" + IDS[20]),
    *(IDS[20] + "\n", IDS[20] + "\x00", f"{int(IDS[20]):,}", f"{int(IDS[20]):e}"),
]
WRONG_HEADER = [
    *("Fraud Score,Declaration ID", "declaration id,fraud score", "DECLARATION ID,FRAUD SCORE"),
    *("Declaration ID,Fraud", "id,score", "Declaration_ID,Fraud_Score", "DeclarationID,FraudScore"),
    *("Declaration ID, Fraud Score", " Declaration ID,Fraud Score", "Declaration ID,Fraud Score "),
    *(
        "Declaration ID,Fraud Score,",
        ",Declaration ID,Fraud Score",
        "Declaration ID",
        "Fraud Score",
    ),
    *(
        "Declaration ID,Declaration ID",
        "Fraud Score,Fraud Score",
        "0,1",
        ",",
        "''",
        "x",
        "\x07,\x1b",
    ),
    *("Declaration ID,Fraud Score,Fraud Score", "Declaration ID,Fraud Score,Rank", "x" * 4000),
    *(
        "Declaration ID,Fraud\x1b[31m Score",
        "Declaration ID,Fraud\u202eScore",
        "\ufeff" * 2 + HEADER,
    ),
    *(
        '"Declaration ID,Fraud Score"',
        "Declaration ID,Critical Fraud",
        "Declaration ID,fraud score",
    ),
    *("Declaration ID;Fraud Score", "Declaration ID\tFraud Score", "Declaration ID|Fraud Score"),
    *(
        "Declaration ID Fraud Score",
        "sep=,",
        "# made by my model",
        "Declaration ID,Fraud\x00 Score",
    ),
]


def broken_tables() -> Iterator[Broken]:
    for cell in NOT_A_SCORE:
        yield Broken(f"score {ascii(cell)[:30]}", with_score(cell), "Fraud Score")
    for cell in WRONG_ID:
        yield Broken(f"ID {ascii(cell)[:30]}", with_line(f"{quoted(cell)},0.5"), "Declaration ID")
    for header in WRONG_HEADER:
        width = max(header.count(","), 1) if '"' not in header else 1
        lines = [line + "," * (width - 1) for line in LINES]
        word = "separates its cells with" if set(header) & set(";\t|") else "must"
        word = "The header is one cell" if "," not in header and word == "must" else word
        word = "The header is one cell" if header == f'"{HEADER}"' else word
        word = {"s": "Excel's line 'sep=,'", "#": "a comment"}.get(header[0], word)
        word = "NUL bytes" if "\0" in header else word
        yield Broken(f"header {ascii(header)[:50]}", text(lines, header), word)
    yield Broken("no header", SOUND[len(HEADER) + 1 :], "header")
    yield Broken("header twice", text([HEADER, *LINES]), "Declaration ID")
    yield Broken("header alone", text([]), "missing")
    yield Broken("swapped columns", text([",".join(x.split(",")[::-1]) for x in LINES[9:]]), "ID")
    for row in (0, 20, N - 1):
        yield Broken(f"row {row} missing", text(LINES[:row] + LINES[row + 1 :]), "missing")
        yield Broken(f"row {row} twice", text([*LINES, LINES[row]]), "must not be repeated")
        instead = [*LINES[:row], LINES[row - 1], *LINES[row + 1 :]]
        yield Broken(f"row {row} replaced by its neighbour", text(instead), "must not be repeated")
        other = [*LINES, f"{quoted(IDS[row])},9"]
        yield Broken(f"row {row} again with another score", text(other), "must not be repeated")
    yield Broken("same file twice", text(LINES + LINES), "must not be repeated")
    public = len(TEST["public"])
    yield Broken("public rows only", text(LINES[:public]), "missing")
    yield Broken("private rows only", text(LINES[public:]), "missing")
    yield Broken("one row", text(LINES[:1]), "missing")
    train = [f"{i},0.5" for i in PERIODS["train"]["Declaration ID"]]
    yield Broken("train rows", text(train), "must be one of test.csv")
    yield Broken("train rows, too", text(LINES + train), "more than twice as many")
    lost = [f"{i.lstrip('0') or i},{s}" for i, s in zip(IDS[9:], SCORES[9:], strict=True)]
    yield Broken("leading zeros lost", text(LINES[:9] + lost), "must be one of test.csv")
    number = [f"{float(i)},{s}" for i, s in zip(IDS[9:], SCORES[9:], strict=True)]
    yield Broken("IDs as floats", text(LINES[:9] + number), "must be one of test.csv")
    index = [f"{i},{line}" for i, line in enumerate(LINES)]
    yield Broken("pandas index", text(index, "," + HEADER), "header")
    yield Broken("index for ID", text([f"{i},{s}" for i, s in enumerate(SCORES)]), "one of test")


def broken_lines() -> Iterator[Broken]:
    for kind, line in {
        "one cell": "total",
        "three cells": LINES[20] + ",1",
        "comma at the end": LINES[20] + ",",
        "decimal comma": LINES[20].replace(".", ","),
        "semicolon": LINES[20].replace(",", ";"),
        "tab": LINES[20].replace(",", "\t"),
        "note": "# end of the public period",
        "blank": "  ",
        "comma": ",",
    }.items():
        word = "Declaration ID" if kind == "comma" else "line 22"
        yield Broken(f"line: {kind}", with_line(line), word)
    place = f"{IDS[20]},{SCORES[20]}".encode()
    for kind, line in {
        "latin-1": b"caf\xe9,0.5",
        "latin-1, one cell": b"caf\xe9",
        "latin-1 score": IDS[20].encode() + b",0.5\xb0",
        "overlong": IDS[20].encode() + b",\xc0\xaf",
    }.items():
        yield Broken(kind, SOUND.replace(place, line), "UTF-8")
    for kind, line in {
        "text after a quote": f'{IDS[20]},"0.5"9',
        "letters after a quote": f'{IDS[20]},"0."5',
        "ID after a quote": f'"{IDS[20][:3]}"{IDS[20][3:]},0.5',
        "unclosed quote": f'{IDS[20]},"0.5',
        "unclosed ID": f'"{IDS[20]},0.5',
        "quote inside": f'{IDS[20]},0."5"',
        "doubled quotes": f'{IDS[20]},""0.5""',
    }.items():
        yield Broken(kind, with_line(line), "")
    yield Broken("unclosed last quote", SOUND[:-1].rsplit(b",", 1)[0] + b',"0.5', "")
    yield Broken("cut in the last ID", SOUND[: -len(LINES[-1]) + 4], "cells")
    for delimiter, word in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
        yield Broken(word, SOUND.replace(b",", delimiter.encode()), word)


def broken_files() -> Iterator[Broken]:
    for codec in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp949", "cp500"):
        content = SOUND.decode().encode(codec, "replace")
        yield Broken(codec, content, "text")
    zipped = gzip.compress(SOUND, mtime=0)
    for n in (3, 10, 40, len(zipped) // 2, len(zipped) - 8, len(zipped) - 1):
        yield Broken(f"gzip cut at {n}", zipped[:n], "gzip")
    yield Broken("gzip with garbage", zipped + b"garbage", "gzip")
    yield Broken("gzip, wrong checksum", zipped[:-8] + b"\0" * 8, "gzip")
    yield Broken("gzip twice", gzip.compress(zipped), "compressed twice")
    yield Broken("gzip, two submissions", zipped + zipped, "more than twice as many")
    head = HEADER.encode() + b"\n"
    for name, junk in (("zeros", b"0"), ("lines", b"\n"), ("NULs", b"\0"), ("commas", b",")):
        bomb = gzip.compress(head + junk * 12_000_000)
        yield Broken(f"gzip bomb of {name}", bomb, "larger than")
    yield Broken("too large", head + b"0" * 2_000_000, "larger than")
    yield Broken(
        "too many rows", text([*LINES, *("x,0.5" for _ in range(300_000))]), "twice as many"
    )
    yield Broken("large cell", with_score("1" * 900_000), "field")
    for name, content in {
        "empty": b"",
        "BOM only": b"\xef\xbb\xbf",
        "line breaks": b"\n\n\r\n",
        "gzip of nothing": gzip.compress(b""),
    }.items():
        yield Broken(name, content, "empty")
    yield Broken("CR only", SOUND.replace(b"\n", b"\r"), "\\r")
    for name, content in {
        "NULs": bytes(99),
        "zip": b"PK\x03\x04" + bytes(range(256)),
        "png": b"\x89PNG\r\n\x1a\n" + bytes(99),
        "html": b"<html><body>404</body></html>\n",
        "json": b'{"0": 0.5}\n',
        "pickle": b"\x80\x04\x95\x1a\x00\x00\x00\x00\x00\x00\x00}\x94.",
        "npy": b"\x93NUMPY\x01\x00v\x00{'descr': '<f8'}\n" + bytes(80),
        "feather": b"ARROW1\0\0" + bytes(80),
        "all bytes": bytes(range(256)) * 4,
    }.items():
        word = {"NULs": "NUL bytes", "all bytes": "UTF-8"}.get(name, " is a")
        yield Broken(name, content, "is JSON" if name == "json" else word)
    frame = pd.DataFrame({"Declaration ID": IDS, "Fraud Score": SCORES})
    for name, table, options in (
        ("Parquet", frame, {"index": False}),
        ("Parquet with an index", frame, {"index": True}),
        ("Parquet with categories", frame.astype({"Declaration ID": "category"}), {}),
        ("Parquet with numbers", frame.assign(**{"Declaration ID": range(N)}), {}),
    ):
        yield Broken(name, table.to_parquet(**options), "is Parquet: send CSV or gzipped CSV; with")
    zipped = gzip.compress(frame.to_parquet())
    yield Broken("Parquet in gzip", zipped, "is a Parquet file inside gzip")


CORPUS = [*broken_tables(), *broken_lines(), *broken_files()]


def assert_clean(message: str, culprit: str = "") -> None:
    assert culprit in message
    assert "submission.csv" in message
    assert all(char == "\n" or char.isprintable() for char in message), ascii(message)
    assert len(message) < 5_000
    assert "Traceback" not in message


def test_corpus_is_large_and_distinct():
    assert len(CORPUS) >= 200
    assert len({broken.name for broken in CORPUS}) == len(CORPUS)
    assert len({broken.content for broken in CORPUS} | {SOUND}) == len(CORPUS) + 1


@pytest.mark.parametrize("broken", CORPUS, ids=lambda broken: ascii(broken.name))
def test_broken_submission_is_reported_and_never_scored(broken, expected_ids, tmp_path):
    path = tmp_path / "submission.csv"
    path.write_bytes(broken.content)
    checked = check_submission(path, expected_ids)
    assert not checked.passed
    assert checked.answer.shape == (0,)
    assert_clean(str(checked.report), broken.culprit)
    with pytest.raises(InvalidSubmissionError) as caught:
        read_submission(path, expected_ids)
    assert str(caught.value) == str(checked.report)


@pytest.mark.parametrize("broken", CORPUS[::12], ids=lambda broken: ascii(broken.name))
def test_scoring_stops_at_a_broken_submission(broken, edition, tmp_path):
    path = tmp_path / "submission.csv"
    path.write_bytes(broken.content)
    with pytest.raises(InvalidSubmissionError) as caught:
        score_files([path], edition, n_replicates=0)
    assert_clean(str(caught.value), broken.culprit)


def test_one_broken_file_stops_all_scores(edition, tmp_path):
    good, bad, worse = (tmp_path / f"{name}-submission.csv" for name in ("a", "b", "c"))
    good.write_bytes(SOUND)
    bad.write_bytes(with_score("nan"))
    worse.write_bytes(text(LINES[:5]))
    with pytest.raises(InvalidSubmissionError) as caught:
        score_files([good, bad, worse], edition, n_replicates=0)
    assert "b-submission.csv" in str(caught.value)
    assert "c-submission.csv" in str(caught.value)
    assert "a-submission.csv" not in str(caught.value)


def test_paths_that_are_no_file_are_kit_errors(edition, expected_ids, tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    paths = {
        tmp_path / "absent.csv": "No such file",
        tmp_path: "is a folder",
        tmp_path / ("x" * 300): "No such file",
        tmp_path / "pipe.csv": "is a pipe or device",
    }
    for path, reason in paths.items():
        with pytest.raises(KitError, match=reason):
            check_submission(path, expected_ids)
        with pytest.raises(KitError):
            score_files([path], edition)


@pytest.mark.parametrize(
    ("header", "lines"),
    [
        ("declaration_id,FraudScore", [
            "Missing columns: Declaration ID, Fraud Score.",
            "Unknown columns: 'declaration_id' (rename it to Declaration ID), 'FraudScore' "
            "(rename it to Fraud Score).",
        ]),
        (",Declaration ID,Fraud Score", ["Unknown columns: '' (an index? pandas: index=False)."]),
        ("Declaration ID,Fraud Score,Rank", ["Unknown columns: 'Rank'."]),
        ("id,score", ["Missing columns: Declaration ID, Fraud Score.",
                      "Unknown columns: 'id', 'score'."]),
        ("00123,0.5", ["Line 1 looks like a row. Put a header before it: Declaration ID,Fraud"]),
        ("x", ["The header is one cell, 'x', instead of: Declaration ID,Fraud Score."]),
    ],
)  # fmt: skip
def test_a_foreign_header_is_compared_with_the_expected_one(header, lines, expected_ids, tmp_path):
    path = tmp_path / "submission.csv"
    path.write_bytes(text([line + "," * (header.count(",") - 1) for line in LINES], header))
    report = str(check_submission(path, expected_ids).report)
    for line in lines:
        assert f"  - {line}" in report


@pytest.mark.parametrize(
    "name", ["x.csv", "X.CSV", "x.csv.gz", "x.CSV.GZ", "x.gz", "x", "x.parquet"]
)
@pytest.mark.parametrize("content", [SOUND, gzip.compress(SOUND), b"\xef\xbb\xbf" + SOUND])
def test_any_name_is_checked_and_becomes_plain_csv_for_kaggle(
    name, content, expected_ids, tmp_path
):
    path = tmp_path / name
    path.write_bytes(content)
    assert check_submission(path, expected_ids).passed
    check_format(path)
    with plain_csv(path) as plain:
        assert plain.name == ("X.csv" if name == "X.CSV" else "x.csv")
        assert plain.read_bytes() == SOUND
        assert (plain == path) == (name == "x.csv" and content == SOUND)
    assert path.read_bytes() == content


def test_report_names_line_and_count(expected_ids, tmp_path):
    path = tmp_path / "submission.csv"
    path.write_bytes(text([line.split(",")[0] + ",x" for line in LINES[9:]]))
    report = str(check_submission(path, expected_ids).report)
    assert re.search(rf"line 2 has 'x'.*line 6 has 'x' \({N - 9} lines in all\)", report)
    assert f"9 of {N} are missing" in report


def test_line_number_is_that_of_an_editor(expected_ids, tmp_path):
    path = tmp_path / "submission.csv"
    path.write_bytes(text([LINES[0], "", "", f"{IDS[1]},x", *LINES[2:]]))
    assert "line 5 has 'x'" in str(check_submission(path, expected_ids).report)


DAMAGED_SOLUTIONS = {
    "a row less": lambda lines: lines[:-1],
    "a label flipped": lambda lines: [
        lines[0],
        re.sub(r",[01],[012],", lambda m: ",0,0," if m[0] != ",0,0," else ",1,1,", lines[1]),
        *lines[2:],
    ],
    "a period flipped": lambda lines: [*lines[:-1], lines[-1].replace("Private", "Public")],
    "Usage twice": lambda lines: [lines[0] + ",Usage", *(line + ",Public" for line in lines[1:])],
    "no private row": lambda lines: [line.replace("Private", "Public") for line in lines],
}


@pytest.mark.parametrize("name", DAMAGED_SOLUTIONS)
def test_damaged_solution_gives_no_score(name, tmp_path):
    """The commitment lies beside the labels: a score against other labels is a wrong score."""
    import_edition(PERIODS, tmp_path / "edition")
    path = tmp_path / "submission.csv"
    path.write_bytes(SOUND)
    assert score_files([path], tmp_path / "edition", n_replicates=0)
    solution = tmp_path / "edition" / "hidden" / "solution.csv"
    lines = solution.read_text().rstrip("\n").split("\n")
    if name == "a row less":
        path.write_bytes(text(LINES[:-1]))
    solution.write_text("\n".join(DAMAGED_SOLUTIONS[name](lines)) + "\n")
    with pytest.raises(KitError, match="solution"):
        score_files([path], tmp_path / "edition", n_replicates=0)


def precision(fraud: list[int], scores: list[float], percent: int) -> Fraction:
    """precision@percent: the mean over ties of the share of fraud among the highest scores."""
    k = -(-len(scores) * percent // 100)
    cut = sorted(scores, reverse=True)[k - 1]
    above = [f for f, s in zip(fraud, scores, strict=True) if s > cut]
    tied = [f for f, s in zip(fraud, scores, strict=True) if s == cut]
    return (sum(above) + Fraction((k - len(above)) * sum(tied), len(tied))) / k


def expected_scores(content: bytes) -> dict[str, dict[str, float]]:
    rows = [row for row in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")) if row]
    assert rows[0] == HEADER.split(",")
    scores = {i: float(score) for i, score in rows[1:]}
    assert len(scores) == len(rows) - 1
    assert set(scores) == set(IDS)
    assert all(math.isfinite(score) for score in scores.values())
    values = {}
    for period, frame in TEST.items():
        fraud = [int(label) for label in frame["Fraud"]]
        ordered = [scores[str(i)] for i in frame["Declaration ID"]]
        values[period] = {f"precision_at_{n}": float(precision(fraud, ordered, n)) for n in (5, 10)}
    return values


def assert_exact(scored: dict, expected: dict[str, dict[str, float]]) -> None:
    for period, metrics in expected.items():
        for name, value in metrics.items():
            assert scored[period][name] == pytest.approx(value, rel=1e-15, abs=0), (period, name)


def harmless() -> dict[str, bytes]:
    """Other writings of the very same submission."""
    rows = list(zip(IDS, SCORES, strict=True))
    every = "".join(f'"{i.replace(chr(34), chr(34) * 2)}","{s}"\n' for i, s in rows)
    crlf = SOUND.replace(b"\n", b"\r\n")
    return {
        "as it is": SOUND,
        "BOM": b"\xef\xbb\xbf" + SOUND,
        "CRLF": crlf,
        "BOM, CRLF, gzip": gzip.compress(b"\xef\xbb\xbf" + crlf),
        "no line end": SOUND.rstrip(b"\n"),
        "line ends after": SOUND + b"\n\n\n",
        "gzip": gzip.compress(SOUND),
        "gzip in two members": gzip.compress(SOUND[:50]) + gzip.compress(SOUND[50:]),
        "all quoted": ('"Declaration ID","Fraud Score"\n' + every).encode(),
        "backwards": text(LINES[::-1]),
        "odd rows first": text(LINES[1::2] + LINES[::2]),
        "exponents": text([f"{quoted(i)},{s * 1e6:.0f}e-6" for i, s in rows]),
        "signs": text([f"{quoted(i)},+{s}" for i, s in rows]),
        "many digits": text([f"{quoted(i)},{s:.40f}" for i, s in rows]),
        "upper case exponent": text([f"{quoted(i)},{s * 1e6:.0f}E-6" for i, s in rows]),
    }


HARMLESS = harmless()


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_writing_scores_the_same(name, edition, expected_ids, tmp_path):
    path = tmp_path / "submission.csv"
    path.write_bytes(HARMLESS[name])
    checked = check_submission(path, expected_ids)
    assert checked.passed, str(checked.report)
    assert checked.answer.tolist() == SCORES
    (standing,) = score_files([path], edition, n_replicates=0)
    assert_exact(standing.as_dict(), expected_scores(SOUND))


@pytest.mark.parametrize(
    "line",
    [f"{s}" for s in ("-0.0", "1e-400", "5e-324", "1.7976931348623157e308", "-5", "007", "5.")],
)
def test_unusual_numbers_are_scored_as_they_stand(line, edition, tmp_path):
    path = tmp_path / "submission.csv"
    path.write_bytes(with_score(line))
    (standing,) = score_files([path], edition, n_replicates=0)
    assert_exact(standing.as_dict(), expected_scores(with_score(line)))


FAST = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([0.0, 0.5, 1.0, -0.0])


def precisions(solution: pd.DataFrame, fraud_score: np.ndarray) -> dict[str, dict[str, float]]:
    values = {}
    for period in TEST:
        rows = (solution["Usage"] == period.capitalize()).to_numpy()
        fraud = solution["Fraud"].to_numpy()[rows]
        values[period] = {
            f"precision_at_{n}": precision_at(fraud, fraud_score[rows], n / 100) for n in (5, 10)
        }
    return values


def reported_or_exact(path, content: bytes, solution: pd.DataFrame) -> None:
    path.write_bytes(content)
    checked = check_submission(path, solution["Declaration ID"])
    if checked.passed:
        assert_exact(precisions(solution, checked.answer), expected_scores(content))
    else:
        assert_clean(str(checked.report))


@FAST
@given(st.lists(NUMBERS, min_size=N, max_size=N), st.randoms(use_true_random=False))
def test_any_finite_scores_in_any_order_are_scored_exactly(solution, tmp_path, scores, random):
    lines = [f"{quoted(i)},{score!r}" for i, score in zip(IDS, scores, strict=True)]
    random.shuffle(lines)
    path = tmp_path / "submission.csv"
    path.write_bytes(text(lines))
    fraud_score = read_submission(path, solution["Declaration ID"])
    assert_exact(precisions(solution, fraud_score), expected_scores(text(lines)))


@FAST
@given(
    cells=st.lists(
        st.tuples(st.integers(0, N - 1), st.sampled_from([*NOT_A_SCORE[:-1], "0.5", "1", "-3"])),
        max_size=2,
    ),
    lines=st.lists(
        st.tuples(
            st.sampled_from(["drop", "double", "blank", "swap"]), *[st.integers(0, N - 1)] * 2
        ),
        max_size=2,
    ),
)
def test_any_rows_are_reported_or_scored_exactly(solution, tmp_path, cells, lines):
    parts = list(LINES)
    for row, cell in cells:
        parts[row] = f"{quoted(IDS[row])},{quoted(cell)}"
    for kind, i, j in lines:
        i, j = i % len(parts), j % len(parts)
        if kind == "swap":
            parts[i], parts[j] = parts[j], parts[i]
        elif kind == "drop":
            del parts[i]
        else:
            parts.insert(i, parts[j] if kind == "double" else "")
    reported_or_exact(tmp_path / "submission.csv", text(parts), solution)


PIECES = [b"", b",", b"\n", b"\r\n", b'"', b"\x00", b"\xe9", b"\xc2\xa0", b"9", b"-", b"e", b"."]


@FAST
@given(
    st.lists(
        st.tuples(st.integers(0, len(SOUND)), st.integers(0, 3), st.sampled_from(PIECES)),
        min_size=1,
        max_size=3,
    )
)
def test_any_bytes_are_reported_or_scored_exactly(solution, tmp_path, edits):
    content = SOUND
    for start, length, new in edits:
        content = content[:start] + new + content[start + length :]
    reported_or_exact(tmp_path / "submission.csv", content, solution)

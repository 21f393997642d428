"""The same scores count once, however they are written."""

import gzip
import hashlib

import numpy as np
import pytest
from sqlalchemy import select, update

from customs_leaderboard.board import open_board
from customs_leaderboard.store.schema import Submission
from customs_leaderboard.submissions.answers import hash_answer
from customs_leaderboard.submissions.submit import submit_file
from customs_leaderboard.teams.teams import add_team
from customs_scorer import write_submission


@pytest.fixture
def team(board):
    return add_team(board, "Team A")[0]


def ways_to_write(content: bytes) -> list[bytes]:
    header, *rows = content.decode().splitlines()
    cells = [row.split(",") for row in rows]
    negative = [f"{name},{-0.0 if float(x) == 0 else x}" for name, x in cells]
    return [
        content.replace(b"\n", b"\r\n"),
        b"\xef\xbb\xbf" + content,
        gzip.compress(content),
        content.rstrip(b"\n"),
        "\n".join([header, *reversed(rows)]).encode(),
        "\n".join([header, *(f"{name},{float(x):.17e}" for name, x in cells)]).encode(),
        "\n".join([header, *(f'"{name}","{x}"' for name, x in cells)]).encode(),
        "\n".join([header, *negative]).encode(),
    ]


@pytest.fixture
def file_with_zero(edition, tmp_path):
    path = tmp_path / "zero.csv"
    scores = np.random.default_rng(0).normal(size=len(edition.test))
    scores[3] = 0.0
    return write_submission(edition, scores, path)


def test_the_same_scores_count_once_however_they_are_written(board, team, file_with_zero, tmp_path):
    first = submit_file(board, team.number, file_with_zero)
    for i, content in enumerate(ways_to_write(file_with_zero.read_bytes())):
        path = tmp_path / f"way-{i}"
        path.write_bytes(content)
        again = submit_file(board, team.number, path)
        assert (again.duplicate, again.number, again.n_left_today) == (True, first.number, 4), i
        assert again.sha256 == hashlib.sha256(content).hexdigest()
    assert len(list(board.folder.submissions.glob("*/*"))) == 1
    other, _ = add_team(board, "Team B")
    assert not submit_file(board, other.number, file_with_zero).duplicate
    with board.database.reading() as session:
        hashes = list(session.scalars(select(Submission.answer_sha256)))
    assert len(hashes) == 2
    assert len(set(hashes)) == 1


def test_another_order_of_scores_is_another_answer():
    scores = np.array([[0.5, 1.0], [2.0, 3.0]])
    assert hash_answer(scores) == hash_answer(scores * 1.0)
    assert hash_answer(scores) != hash_answer(scores.T)
    assert hash_answer(scores[0]) != hash_answer(scores[0, ::-1])


def test_files_of_earlier_releases_are_recognised(board, team, make_file, tmp_path):
    """Earlier releases counted two spellings of the same scores."""
    one, two = make_file(1), make_file(2)
    for path in (one, two, make_file(3)):
        submit_file(board, team.number, path)
    crlf = tmp_path / "crlf.csv"
    crlf.write_bytes(two.read_bytes().replace(b"\n", b"\r\n"))
    with board.database.writing() as session:  # as if submission 3 were submission 2 with CRLF
        third = session.get_one(Submission, 3)
        content = crlf.read_bytes()
        third.sha256 = hashlib.sha256(content).hexdigest()
        board.folder.submission_path(team.number, third.sha256, ".csv").write_bytes(content)
        session.execute(update(Submission).values(answer_sha256=None))
    for path, number in ((one, 1), (two, 2)):
        packed = tmp_path / "packed.csv.gz"
        packed.write_bytes(gzip.compress(path.read_bytes()))
        for _ in range(2):
            again = open_again(board)
            receipt = submit_file(again, team.number, packed)
            assert (receipt.duplicate, receipt.number) == (True, number)
            again.close_connections()
    with board.database.reading() as session:
        hashes = list(session.scalars(select(Submission.answer_sha256).order_by(Submission.number)))
    assert [one is None for one in hashes] == [False, False, True]


def open_again(board):
    url = board.database.engine.url.render_as_string(hide_password=False)
    return open_board(board.folder.root, database_url=url, clock=board.now)

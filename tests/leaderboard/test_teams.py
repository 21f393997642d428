"""Teams, their names and tokens."""

import pytest

from customs_data.errors import KitError
from customs_leaderboard.errors import UnknownTokenError
from customs_leaderboard.store.audit_log import read_entries
from customs_leaderboard.store.schema import Team
from customs_leaderboard.teams.teams import (
    add_team,
    authenticate,
    find_team,
    list_teams,
    rename_team,
    reset_token,
    team_as_dict,
)
from customs_leaderboard.teams.tokens import hash_token, is_token, make_token, same_token


def test_tokens_are_256_random_bits():
    tokens = {make_token() for _ in range(100)}
    assert len(tokens) == 100
    assert all(is_token(token) and len(token) == 4 + 43 for token in tokens)
    token = tokens.pop()
    assert same_token(token, hash_token(token))
    assert not same_token(token, hash_token(tokens.pop()))


def test_a_token_opens_its_team_only_and_is_stored_nowhere(board):
    teams = [add_team(board, f"Team {i}") for i in range(3)]
    for team, token in teams:
        assert authenticate(board, token)[0].number == team.number
        assert token not in str(team_as_dict(team))
    with board.database.engine.connect() as connection:
        content = str(connection.exec_driver_sql("SELECT * FROM member").all())
        content += str(connection.exec_driver_sql("SELECT * FROM audit_entry").all())
    assert not any(token in content or token[4:] in content for _, token in teams)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_unknown_token_is_refused(board):
    add_team(board, "Team A")
    for token in ("", "x", "ckt_", "ckt_" + "A" * 43, "ckt_" + "\xe9" * 43, "' OR 1=1 --"):
        with pytest.raises(UnknownTokenError):
            authenticate(board, token)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_hash_is_no_token(board):
    _, token = add_team(board, "Team A")
    with pytest.raises(UnknownTokenError):
        authenticate(board, hash_token(token))
    with pytest.raises(UnknownTokenError):
        authenticate(board, token + "\n")


def test_a_new_token_ends_the_old_one(board):
    team, old = add_team(board, "Team A")
    _, new = reset_token(board, "team a")
    assert authenticate(board, new)[0].number == team.number
    with pytest.raises(UnknownTokenError):
        authenticate(board, old)


def test_names_are_unique_whatever_the_case(board):
    add_team(board, "Team A")
    add_team(board, "Team B")
    for name in ("team a", "TEAM A"):
        with pytest.raises(KitError, match="is taken"):
            add_team(board, name)
    with pytest.raises(KitError, match="looks like that of the team 'Team A'"):
        add_team(board, "Tearn A")
    with pytest.raises(KitError, match="is taken"):
        rename_team(board, "Team B", "TEAM a")
    assert rename_team(board, "Team B", "TEAM B").name == "TEAM B"
    assert [team.name for team in list_teams(board)] == ["Team A", "TEAM B"]
    with pytest.raises(KitError, match="There is no team"):
        rename_team(board, "Team C", "Team D")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_team_of_an_unsafe_name_is_not_added_or_renamed(board):
    add_team(board, "Team A")
    for ask in (
        lambda: add_team(board, "<b>"),
        lambda: rename_team(board, "Team A", "../../etc"),
    ):
        with pytest.raises(KitError, match="2 to 40 characters"):
            ask()
    assert [team.name for team in list_teams(board)] == ["Team A"]


def test_old_names_stay_valid(board):
    """Earlier releases compared names by case alone."""
    names = ("Team l", "Team 1", "Tearn 1")
    with board.database.writing() as session:
        for name in names:
            session.add(
                Team(name=name, name_key=name.casefold(), made_at=board.now(), n_submissions=0)
            )
    for name in names:
        with board.database.reading() as session:
            assert find_team(session, name.upper()).name == name
    assert rename_team(board, "team 1", "Team A").name == "Team A"
    with pytest.raises(KitError, match="looks like that of the team 'Team l'"):
        rename_team(board, "Team A", "Team 1")


def test_what_organizers_do_is_logged(board):
    add_team(board, "Team A")
    rename_team(board, "Team A", "Team B")
    reset_token(board, "Team B")
    with board.database.reading() as session:
        entries = read_entries(session)[-2::-1]
    actions = [entry.action for entry in entries]
    assert actions == ["team added", "team renamed", "token reset"]
    renamed = {name: value for name, value in entries[1].details.items() if name != "salt"}
    assert renamed == {"team": 1, "name": "Team B", "old": "Team A"}

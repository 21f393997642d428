"""Members, invitations and registration."""
# ruff: noqa: RUF001

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from customs_data.errors import KitError
from customs_leaderboard.errors import NotOpenError, UnknownCodeError, UnknownTokenError
from customs_leaderboard.store.actions import PUBLIC_ACTIONS
from customs_leaderboard.store.audit_log import read_entries
from customs_leaderboard.teams import members
from customs_leaderboard.teams.codes import (
    hash_code,
    is_code,
    list_codes,
    make_code,
    opens,
    renew_code,
)
from customs_leaderboard.teams.joining import (
    INVITATIONS,
    invite,
    invite_to_own_team,
    join_team,
    register_team,
    withdraw,
    withdraw_own,
)
from customs_leaderboard.teams.members import (
    add_member,
    count_members,
    list_members,
    revoke_member,
    revoke_own_member,
)
from customs_leaderboard.teams.teams import add_team, authenticate, list_teams, reset_token


def everything_stored(board) -> str:
    tables = ("member", "access_code", "audit_entry")
    with board.database.engine.connect() as connection:
        return "".join(str(connection.exec_driver_sql(f"SELECT * FROM {t}").all()) for t in tables)


def test_members_have_tokens_of_their_own(board):
    team, first = add_team(board, "Team A")
    jane, token = add_member(board, "team a", "Jane")
    assert [authenticate(board, t)[1] for t in (first, token)] == [1, jane.number]
    assert count_members(board) == {team.number: 2}
    with pytest.raises(KitError, match="has a member 'JANE' already"):
        add_member(board, "Team A", "JANE")
    revoke_member(board, "Team A", "jane")
    with pytest.raises(UnknownTokenError):
        authenticate(board, token)
    assert authenticate(board, first)[0].name == "Team A"
    assert [bool(one.revoked_at) for one in list_members(board, "Team A")] == [False, True]
    with pytest.raises(KitError, match="has no member 'Jane'"):
        revoke_member(board, "Team A", "Jane")
    add_member(board, "Team A", "Jane")  # the name is free again
    assert not any(text in everything_stored(board) for text in (token, token[4:], first))
    with board.database.reading() as session:
        assert "Jane" not in str(read_entries(session))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_new_token_of_the_first_member_leaves_the_others(board):
    _, first = add_team(board, "Team A")
    _, other = add_member(board, "Team A", "Jane")
    revoke_member(board, "Team A", "")
    _, renewed = reset_token(board, "Team A")
    assert authenticate(board, renewed)[1] == 1
    assert authenticate(board, other)[1] == 2
    with pytest.raises(UnknownTokenError):
        authenticate(board, first)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_team_revokes_its_members_but_not_the_last(board):
    (team, _), (rival, _) = add_team(board, "Team A"), add_team(board, "Team B")
    jane, _ = add_member(board, "Team A", "Jane")
    with pytest.raises(KitError, match="no member"):
        revoke_own_member(board, rival.number, jane.number)
    revoke_own_member(board, team.number, 1)
    with pytest.raises(KitError, match="last member"):
        revoke_own_member(board, team.number, jane.number)


def test_who_leaves_a_team_cannot_come_back_with_an_invitation(board):
    (team, _), (rival, _) = add_team(board, "Team A"), add_team(board, "Team B")
    jane, _ = add_member(board, "Team A", "Jane")

    def invitations():
        codes = [invite(board, team_name=name)[1] for name in ("Team A", "Team B")]
        return [*codes, invite_to_own_team(board, team.number)[1], invite(board)[1]]

    for remove in (
        lambda: revoke_own_member(board, team.number, jane.number),
        lambda: reset_token(board, "Team A"),
    ):
        of_organizer, of_rival, own, to_register = invitations()
        remove()
        for code in (of_organizer, own):
            with pytest.raises(KitError, match="was revoked"):
                join_team(board, code, "Jane again")
        suffix = to_register[:4]
        assert join_team(board, of_rival, f"Ben {suffix}").team.number == rival.number
        assert register_team(board, to_register, f"Team {suffix}", "Cem")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_team_is_bounded(board, monkeypatch):
    monkeypatch.setattr(members, "MAX_MEMBERS", 2)
    monkeypatch.setattr(members, "_MAX_EVER", 3)
    add_team(board, "Team A")
    add_member(board, "Team A", "Jane")
    with pytest.raises(KitError, match="can have 2 at a time"):
        add_member(board, "Team A", "John")
    revoke_member(board, "Team A", "Jane")
    add_member(board, "Team A", "John")
    revoke_member(board, "Team A", "John")
    with pytest.raises(KitError, match="3 in all"):
        add_member(board, "Team A", "Jim")


def test_codes_can_be_typed():
    code = make_code()
    assert is_code(code.lower().replace("-", " "))
    assert hash_code(f" {code.lower()} ") == hash_code(code.replace("-", ""))
    assert not is_code(code[:-1])
    assert not is_code(code.replace(code[0], "U", 1))
    assert len({make_code() for _ in range(100)}) == 100


def test_teams_register_with_a_code(board):
    record, code = invite(board, n_uses=2)
    welcome = register_team(board, code.lower(), "Équipe Été", "Zoé")
    assert authenticate(board, welcome.token)[0].name == "Équipe Été"
    for team, member, problem in (
        ("Équipe Été", "x", "taken"), ("Т-Team", "x", "mixes"), ("Team C", "", "1 to 40"),
    ):  # fmt: skip
        with pytest.raises(KitError, match=problem):
            register_team(board, code, team, member)
    assert list_codes(board, INVITATIONS)[0].n_uses_left == 1  # refused names use nothing up
    register_team(board, code, "Team B", "Ben")
    with pytest.raises(KitError, match="is used up"):
        register_team(board, code, "Team C", "Cem")
    assert list_codes(board, INVITATIONS) == []
    with pytest.raises(UnknownCodeError):
        register_team(board, make_code(), "Team D", "Dea")
    assert code not in everything_stored(board)
    with board.database.reading() as session:
        newest = read_entries(session)[0]
        assert read_entries(session, actions=PUBLIC_ACTIONS)[0].action == "competition made"
    assert (newest.actor, newest.action) == ("registration", "team added")
    assert newest.details | {"team": 2, "name": "Team B"} == newest.details
    assert record.kind == "register"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_code_joins_its_team_only(board):
    team, _ = add_team(board, "Team A")
    _, code = invite(board, team_name="team a")
    with pytest.raises(UnknownCodeError):
        register_team(board, code, "Team B", "Ben")
    welcome = join_team(board, code, "Jane")
    assert (welcome.team.number, welcome.member.name) == (team.number, "Jane")
    assert authenticate(board, welcome.token)[1] == welcome.member.number


def test_codes_expire_and_are_revoked(board, clock):
    record, code = invite(board, n_uses=5, expires_at=board.now() + timedelta(days=7))
    clock.forward(days=7)
    with pytest.raises(KitError, match="expired"):
        register_team(board, code, "Team A", "Ann")
    with pytest.raises(KitError, match="no code 1 that still works"):
        withdraw(board, record.number)
    record, code = invite(board)
    withdraw(board, record.number)
    with pytest.raises(KitError, match="was revoked"):
        register_team(board, code, "Team A", "Ann")
    for wrong in ({"n_uses": 0}, {"n_uses": 10_001}, {"expires_at": board.now()}):
        with pytest.raises(KitError):
            invite(board, **wrong)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_nobody_joins_after_the_deadline(board, clock):
    team, _ = add_team(board, "Team A")
    _, code = invite(board)
    _, to_join = invite(board, team_name="Team A")
    clock.forward(days=31)
    for ask in (
        lambda: register_team(board, code, "Team B", "Ben"),
        lambda: join_team(board, to_join, "Jane"),
        lambda: invite_to_own_team(board, team.number),
    ):
        with pytest.raises(NotOpenError, match="Nobody can join"):
            ask()


def test_a_team_invites_one_person_at_a_time(board, clock):
    (team, _), (rival, _) = add_team(board, "Team A"), add_team(board, "Team B")
    codes = [invite_to_own_team(board, team.number) for _ in range(10)]
    with pytest.raises(KitError, match="10 invitations"):
        invite_to_own_team(board, team.number)
    with pytest.raises(KitError, match="no code"):
        withdraw_own(board, rival.number, codes[0][0].number)
    withdraw_own(board, team.number, codes[0][0].number)
    join_team(board, codes[1][1], "Jane")
    invite_to_own_team(board, team.number)  # which deletes the codes that are spent
    assert len(list_codes(board, ("join",), team.number)) == 9
    clock.forward(days=8)
    assert list_codes(board, ("join",), team.number) == []
    assert "invitation" not in everything_stored(board)  # a team cannot flood the log


def test_a_new_view_code_ends_the_earlier_one(board):
    first = renew_code(board, "view", "view code made")
    assert opens(board, first, "view")
    assert not opens(board, first, "organizer")
    second = renew_code(board, "view", "view code made")
    assert opens(board, second, "view")
    assert not opens(board, first, "view")
    assert not opens(board, "", "view")


def test_a_code_is_counted_exactly(board):
    _, code = invite(board, n_uses=5)

    def register(number: int) -> str:
        try:
            return register_team(board, code, f"Team {number + 100}", "Ann").token[:4]
        except KitError as error:
            return str(error)

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(register, range(50)))
    assert answers.count("ckt_") == 5
    assert sum("is used up" in answer for answer in answers) == 45
    assert len(list_teams(board)) == 5


def test_one_of_many_look_alikes_is_added(board):
    _, code = invite(board, n_uses=9)
    names = ["Team I", "Team l", "Team 1", "TEAM 1", "Tearn 1", "Ｔｅａｍ 1"]

    def register(name: str) -> bool:
        try:
            register_team(board, code, name, "Ann")
        except KitError:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(register, names)) == 1

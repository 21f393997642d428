"""`customs-kit leaderboard team member | team import | invite | view-code`."""

from __future__ import annotations

from pathlib import Path

import click

from customs_kit.commands.leaderboard.options import (
    competition_argument,
    database_option,
    opened_any,
)
from customs_kit.commands.options import json_option


@click.group()
def member() -> None:
    """Add, list and revoke the members of a team; each has a token of their own.

    Example: customs-kit leaderboard team member add my-board "Team A" "Jane"
    """


@member.command("add")
@competition_argument
@click.argument("team")
@click.argument("name")
@database_option
@json_option
def add_member(
    competition: Path, team: str, name: str, database_url: str | None, as_json: bool
) -> None:
    """Add member NAME to a team and print their token; it cannot be shown again.

    Example: customs-kit leaderboard team member add my-board "Team A" "Jane"
    """
    with opened_any(competition, database_url) as board:
        from customs_leaderboard.teams.members import add_member as add

        new, token = add(board, team, name)
    if as_json:
        from customs_kit.terminal.output import print_json

        print_json({"team": team, "member": new.name, "token": token})
        return
    click.echo(
        f"Token of {new.name} ({team}); it cannot be shown again. Send it by a safe channel:",
        err=True,
    )
    click.echo(token)


@member.command("list")
@competition_argument
@click.argument("team")
@database_option
@json_option
def list_members(competition: Path, team: str, database_url: str | None, as_json: bool) -> None:
    """List the members of a team, and the submissions that each of them sent.

    Example: customs-kit leaderboard team member list my-board "Team A"
    """
    with opened_any(competition, database_url) as board:
        from customs_kit.terminal.leaderboard_tables import members_table
        from customs_kit.terminal.output import print_json, show
        from customs_leaderboard.teams.members import list_members as members_of
        from customs_leaderboard.teams.members import submissions_by_member

        sent = submissions_by_member(board, team)
        members = [
            {**one.as_dict(), "submissions": sent.get(one.number, [])}
            for one in members_of(board, team)
        ]
    if as_json:
        print_json(members)
    else:
        show(members_table(team, members))


@member.command("revoke")
@competition_argument
@click.argument("team")
@click.argument("name")
@database_option
@json_option
def revoke_member(
    competition: Path, team: str, name: str, database_url: str | None, as_json: bool
) -> None:
    """Refuse the token of member NAME from now on; what they sent stays.

    The member without a name is "".

    Example: customs-kit leaderboard team member revoke my-board "Team A" "Jane"
    """
    with opened_any(competition, database_url) as board:
        from customs_kit.terminal.output import print_json
        from customs_leaderboard.teams.members import revoke_member as revoke

        revoked = revoke(board, team, name)
    if as_json:
        print_json(revoked.as_dict())
    else:
        click.echo(f"The token of {revoked.name or 'the member without a name'} ended.")


@click.command("import")
@competition_argument
@click.argument("table", type=click.Path(path_type=Path))
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), help="New CSV file for the tokens."
)
@click.option(
    "--public-url",
    metavar="URL",
    help="Address of the leaderboard; then each team also gets a link for ten more members.",
)
@database_option
@json_option
def import_(
    competition: Path,
    table: Path,
    out: Path,
    public_url: str | None,
    database_url: str | None,
    as_json: bool,
) -> None:
    """Add the teams of TABLE, a CSV file with the column team, and perhaps member.

    A team has one line per member. All lines are added, or none. Teams and members that exist
    already are left as they are, so a longer table adds what is new.

    \b
    Examples:
      customs-kit leaderboard team import my-board teams.csv --out tokens.csv
      customs-kit leaderboard team import my-board teams.csv --out tokens.csv \\
          --public-url https://board.example
    """
    with opened_any(competition, database_url) as board:
        from customs_kit.terminal.output import print_json
        from customs_leaderboard.teams.roster import import_teams

        tokens = import_teams(board, table, out, public_url=public_url)
    teams = len({one.team for one in tokens})
    if as_json:
        print_json({"teams": teams, "tokens": len(tokens), "out": str(out) if tokens else None})
    elif tokens:
        click.echo(f"{len(tokens)} tokens of {teams} teams: {out}. Only you can read the file.")
    else:
        click.echo(f"Nothing is new in {table}; no file was written.")


@click.command()
@competition_argument
@click.option("--team", help="Team to join.  [default: the code registers new teams]")
@click.option("--uses", type=int, help="Teams or members that may use the code.  [default: 1]")
@click.option("--expires", help="When it stops working: a time, or +7d.  [default: never]")
@click.option("--public-url", help="Address of the leaderboard, for a whole link.")
@click.option("--list", "lists", is_flag=True, help="List the codes that work.")
@click.option("--revoke", type=int, metavar="NUMBER", help="Revoke a code by its number.")
@database_option
@json_option
def invite(
    competition: Path,
    team: str | None,
    uses: int | None,
    expires: str | None,
    public_url: str | None,
    lists: bool,
    revoke: int | None,
    database_url: str | None,
    as_json: bool,
) -> None:
    """Make a code to register teams or to join a team; list and revoke codes.

    Without --public-url, append the printed path to the address of the leaderboard to get a link.
    Nobody can register or join after the deadline.

    \b
    Examples:
      customs-kit leaderboard invite my-board --uses 200 --expires +7d \\
          --public-url https://board.example
      customs-kit leaderboard invite my-board --team "Team A"
      customs-kit leaderboard invite my-board --list
      customs-kit leaderboard invite my-board --revoke 3
    """
    making = team is not None or uses is not None or expires is not None
    if making + lists + (revoke is not None) > 1:
        raise click.UsageError("Give --list, --revoke, or what a new code is for.")
    with opened_any(competition, database_url) as board:
        from customs_kit.terminal.leaderboard_tables import codes_table
        from customs_kit.terminal.output import print_json, show
        from customs_leaderboard.rules.schedule import parse_moment
        from customs_leaderboard.teams import joining
        from customs_leaderboard.teams.codes import list_codes

        if revoke is not None:
            joining.withdraw(board, revoke)
        elif not lists:
            record, code = joining.invite(
                board,
                team_name=team,
                n_uses=1 if uses is None else uses,
                expires_at=None if expires is None else parse_moment(expires, board.now()),
            )
        codes = [one.as_dict() for one in list_codes(board, joining.INVITATIONS)]
    if revoke is not None:
        click.echo(f"Code {revoke} is revoked.", err=as_json)
    if lists or revoke is not None:
        if as_json:
            print_json(codes)
        elif lists:
            show(codes_table(codes))
        return
    path = f"/{record.kind}#{code}"
    if as_json:
        print_json({**record.as_dict(), "code": code, "path": path})
        return
    often = f"{record.n_uses_left:,} times" if record.n_uses_left != 1 else "once"
    what = f"register a team {often}" if record.team is None else f"join {record.team} {often}"
    click.echo(f"Code {record.number}, to {what}; it cannot be shown again:", err=True)
    click.echo(f"{code}\n{(public_url or '').rstrip('/')}{path}")


@click.command("view-code")
@competition_argument
@database_option
@json_option
def view_code(competition: Path, database_url: str | None, as_json: bool) -> None:
    """Print a new code to view a private competition; the old one stops working.

    Visitors type it as the password, with any user name. Teams can use their tokens instead.

    Example: customs-kit leaderboard view-code my-board
    """
    with opened_any(competition, database_url) as board:
        from customs_kit.terminal.output import print_json, warn
        from customs_leaderboard.teams.codes import renew_code

        code = renew_code(board, "view", "view code made")
        is_private = board.competition.private
    if not is_private:
        warn(
            "everybody may view this competition. Set private = true in "
            f"{board.folder.competition_file}, and restart the service."
        )
    if as_json:
        print_json({"code": code})
        return
    click.echo("Code to view the competition; it cannot be shown again:", err=True)
    click.echo(code)

"""`customs-kit leaderboard team add | list | rename | reset-token | disable | enable | ...`."""

from __future__ import annotations

from pathlib import Path

import click

from customs_kit.commands.leaderboard.options import (
    competition_argument,
    database_option,
    opened_any,
    reason_option,
    show_correction,
)
from customs_kit.commands.leaderboard.people import import_, member
from customs_kit.commands.options import json_option


@click.group()
def team() -> None:
    """Add, import, rename, disable and enable teams; their members and tokens.

    Example: customs-kit leaderboard team add my-board "Team A"
    """


team.add_command(member)
team.add_command(import_)


@team.command()
@competition_argument
@click.argument("name")
@database_option
@json_option
def add(competition: Path, name: str, database_url: str | None, as_json: bool) -> None:
    """Add a team and print its token; it cannot be shown again.

    Example: customs-kit leaderboard team add my-board "Team A"
    """
    with opened_any(competition, database_url) as board:
        from customs_leaderboard.teams.teams import add_team

        new_team, token = add_team(board, name)
    _show_token(new_team.name, token, as_json)


@team.command("list")
@competition_argument
@database_option
@json_option
def list_(competition: Path, database_url: str | None, as_json: bool) -> None:
    """List the teams.

    Example: customs-kit leaderboard team list my-board
    """
    with opened_any(competition, database_url) as board:
        from customs_kit.terminal.leaderboard_tables import teams_table
        from customs_kit.terminal.output import print_json, show
        from customs_leaderboard.teams.members import count_members
        from customs_leaderboard.teams.teams import list_teams, team_as_dict

        n_members = count_members(board)
        teams = [
            {**team_as_dict(one), "n_members": n_members.get(one.number, 0)}
            for one in list_teams(board)
        ]
    if as_json:
        print_json(teams)
    else:
        show(teams_table(teams))


@team.command()
@competition_argument
@click.argument("name")
@click.argument("new_name")
@database_option
@json_option
def rename(
    competition: Path, name: str, new_name: str, database_url: str | None, as_json: bool
) -> None:
    """Give team NAME a new name.

    Example: customs-kit leaderboard team rename my-board "Team A" "Team B"
    """
    with opened_any(competition, database_url) as board:
        from customs_kit.terminal.output import print_json
        from customs_leaderboard.teams.teams import rename_team, team_as_dict

        renamed = rename_team(board, name, new_name)
    if as_json:
        print_json(team_as_dict(renamed))
    else:
        click.echo(f"{name} is now {renamed.name}.")


@team.command("reset-token")
@competition_argument
@click.argument("name")
@database_option
@json_option
def reset_token(competition: Path, name: str, database_url: str | None, as_json: bool) -> None:
    """Give a team a new token; the old one stops working.

    Example: customs-kit leaderboard team reset-token my-board "Team A"
    """
    with opened_any(competition, database_url) as board:
        from customs_leaderboard.teams.teams import reset_token as give_new

        renewed, token = give_new(board, name)
    _show_token(renewed.name, token, as_json)


@team.command()
@competition_argument
@click.argument("name")
@reason_option
@database_option
@json_option
def disable(
    competition: Path, name: str, reason: str, database_url: str | None, as_json: bool
) -> None:
    """Disable a team: its tokens stop working and the standings omit it; its files are kept.

    The public log shows the reason. After the close the final standings are computed again.

    \b
    Example:
      customs-kit leaderboard team disable my-board "Team A" --reason "Two accounts"
    """
    with opened_any(competition, database_url) as board:
        from customs_kit.terminal.output import progress_console
        from customs_leaderboard.corrections.disabling import disable_team
        from customs_leaderboard.teams.teams import team_as_dict

        with progress_console().status("Disabling the team ..."):
            disabled = disable_team(board, name, reason)
        show_correction(board, team_as_dict(disabled), f"{disabled.name} is disabled.", as_json)


@team.command()
@competition_argument
@click.argument("name")
@reason_option
@database_option
@json_option
def enable(
    competition: Path, name: str, reason: str, database_url: str | None, as_json: bool
) -> None:
    """Enable a disabled team: its tokens work again and the standings contain it.

    The public log shows the reason. After the close the final standings are computed again.

    \b
    Example:
      customs-kit leaderboard team enable my-board "Team A" --reason "It was a mistake"
    """
    with opened_any(competition, database_url) as board:
        from customs_kit.terminal.output import progress_console
        from customs_leaderboard.corrections.disabling import enable_team
        from customs_leaderboard.teams.teams import team_as_dict

        with progress_console().status("Enabling the team ..."):
            enabled = enable_team(board, name, reason)
        show_correction(board, team_as_dict(enabled), f"{enabled.name} is enabled.", as_json)


def _show_token(name: str, token: str, as_json: bool) -> None:
    from customs_kit.terminal.output import print_json

    if as_json:
        print_json({"team": name, "token": token})
        return
    click.echo(
        f"Token of {name}; it cannot be shown again. Give it to the team by a safe channel:",
        err=True,
    )
    click.echo(token)

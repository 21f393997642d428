"""The command line: every group and command with its module, in one table."""

from __future__ import annotations

import sys

import click

from customs_data.errors import KitError
from customs_kit.lazy_group import LazyGroup
from customs_kit.signals import signals_end_in_order
from customs_kit.terminal.standard_streams import end_with, prepare_streams

_COMMANDS = "customs_kit.commands"


def _group(name: str, help_text: str, lazy: dict[str, tuple[str, str]]) -> LazyGroup:
    """Return a group; `lazy` names ``module:attribute`` below customs_kit.commands."""
    commands = {key: (f"{_COMMANDS}.{where}", summary) for key, (where, summary) in lazy.items()}
    return LazyGroup(name=name, help=help_text, lazy=commands)


data = _group(
    "data",
    "Make, check and describe editions.\n\nExample: customs-kit data describe my-edition",
    {
        "generate": ("data.make:generate", "Simulate an edition from a seed or a secret."),
        "import": ("data.import_files:import_", "Make an edition from existing declarations."),
        "synthesize": ("data.synthesize:synthesize", "Draw declarations that resemble a source."),
        "secret": ("data.make:secret", "Draw the secret of a competition."),
        "profile": ("data.profile:profile", "Calibrate the simulator to declarations."),
        "release-report": ("data.release:release_report", "Check what is to leave the house."),
        "audit": ("data.check:audit", "Test whether labels can be looked up or leak."),
        "fidelity": ("data.fidelity:fidelity", "Compare synthetic declarations with their source."),
        "verify": ("data.check:verify", "Check that an edition is complete and unchanged."),
        "describe": ("data.check:describe", "Show what an edition contains."),
        "reveal": ("data.make:reveal", "Write the file to publish after the close."),
    },
)

baseline = _group(
    "baseline",
    "List, run, compare and explain baselines and your own model.\n\n"
    "Example: customs-kit baseline run",
    {
        "list": ("baseline.run:list_", "List the baselines."),
        "run": ("baseline.run:run", "Train models, write submissions, score them."),
        "runs": ("baseline.runs:runs", "List the runs that are kept, with their scores."),
        "table": ("baseline.table:table", "Run grids of models; make tables and curves."),
        "explain": ("baseline.explain:explain", "Show what a model looks at."),
        "export": ("baseline.export:export", "Write the scorecard lite as CSV and SQL."),
    },
)

inspection = _group(
    "inspection",
    "Play a season: open declarations week by week, and learn only from what was opened.\n\n"
    "Example: customs-kit inspection run",
    {
        "list": ("inspection.run:list_", "List the strategies."),
        "run": ("inspection.run:run", "Play seasons, and compare the strategies."),
        "table": ("inspection.show:table", "Compare the seasons that were played."),
        "report": ("inspection.show:report", "Write them as a page with curves and lanes."),
    },
)

submission = _group(
    "submission",
    "Check a submission, send it, and see its scores.\n\n"
    "Example: customs-kit submission check submission.csv --edition my-edition",
    {
        "check": ("submission.check:check", "Check a submission without hidden labels."),
        "send": (
            "submission.send:send",
            "Send a submission to Kaggle or a customs-kit leaderboard.",
        ),
        "status": ("submission.send:status", "Show your team's submissions."),
        "leaderboard": ("submission.send:leaderboard", "Show or download the leaderboard."),
    },
)

leaderboard = _group(
    "leaderboard",
    "Run a competition, or take part in one.\n\n"
    "Example: customs-kit leaderboard submit submission.csv --url https://board.example",
    {
        "init": ("leaderboard.init:init", "Set up a competition on an edition."),
        "team": (
            "leaderboard.team:team",
            "Manage teams, their members and tokens.",
        ),
        "pages": ("leaderboard.pages:pages", "Check and complete the texts of the pages."),
        "view-code": (
            "leaderboard.people:view_code",
            "Print a code to view a private competition.",
        ),
        "invite": ("leaderboard.people:invite", "Make codes to register or join a team."),
        "serve": ("leaderboard.serve:serve", "Serve a competition: pages and API."),
        "submit": ("leaderboard.serve:submit", "Send a submission, as a team."),
        "submissions": (
            "leaderboard.submissions:submissions",
            "List or download your team's submissions.",
        ),
        "standings": ("leaderboard.conduct:standings", "Show the standings."),
        "log": ("leaderboard.conduct:log", "Check and show the audit log."),
        "status": ("leaderboard.organize:status", "Show how the competition is doing."),
        "similar": ("leaderboard.similar:similar", "Report teams with similar submissions."),
        "announce": ("leaderboard.organize:announce", "Publish or withdraw an announcement."),
        "organizer-token": (
            "leaderboard.organize:organizer_token",
            "Print a new token for the admin page.",
        ),
        "strike": ("leaderboard.correct:strike", "Strike one submission."),
        "unstrike": ("leaderboard.correct:unstrike", "Rank a struck submission again."),
        "rejudge": ("leaderboard.correct:rejudge", "Replace the labels and score again."),
        "verify": ("leaderboard.verify:verify", "Compare scores and standings with the log."),
        "extend": ("leaderboard.conduct:extend", "Extend the deadline."),
        "close": ("leaderboard.conduct:close", "Close, and compute the final standings."),
        "reveal": ("leaderboard.conduct:reveal", "Publish secret and labels after the close."),
        "export": ("leaderboard.backup:export", "Write the standings, or check a team's re-run."),
        "backup": ("leaderboard.backup:backup", "Write the whole competition to one file."),
        "restore": ("leaderboard.backup:restore", "Restore a backup into a new folder."),
    },
)

season = _group(
    "season",
    "Run a competition of seasons, or play in one: open declarations week by week.\n\n"
    "Example: customs-kit leaderboard season play https://board.example exploit",
    {
        "create": ("season.conduct:create", "Set up a competition with a new master secret."),
        "play": ("season.play:play", "Play an attempt with a strategy, as a team."),
        "standings": ("season.conduct:standings", "Show the final table."),
        "close": ("season.conduct:close", "Close, and compute the final table."),
        "check": ("season.play:check", "Compare teams' code on ten common fresh worlds."),
        "reveal": ("season.conduct:reveal", "Publish the master secret and the evidence."),
        "verify": ("season.conduct:verify", "Repeat every finished attempt from the secret."),
    },
)
leaderboard.lazy["season"] = (f"{__name__}:season", "Competitions of seasons, week by week.")

publish = _group(
    "publish",
    "Publish an edition on Codabench, Kaggle or Hugging Face.\n\n"
    "Example: customs-kit publish codabench my-edition --out bundle.zip",
    {
        "codabench": ("publish.codabench:codabench", "Make or check a Codabench bundle."),
        "kaggle": ("publish.kaggle:kaggle", "Publish a Kaggle dataset or competition."),
        "huggingface": (
            "publish.huggingface:huggingface",
            "Publish a Hugging Face dataset, or a model card.",
        ),
    },
)


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    lazy={
        "start": (f"{_COMMANDS}.start:start", "Make a team's workspace."),
        "data": (f"{__name__}:data", "Make, check and describe editions."),
        "baseline": (f"{__name__}:baseline", "List and run baselines and your own model."),
        "inspection": (f"{__name__}:inspection", "Play the weekly decision: what to open."),
        "submission": (f"{__name__}:submission", "Check and send submissions."),
        "score": (f"{_COMMANDS}.score:score", "Score submissions against hidden labels."),
        "leaderboard": (f"{__name__}:leaderboard", "Run a competition, or take part in one."),
        "publish": (
            f"{__name__}:publish",
            "Publish an edition on Codabench, Kaggle or Hugging Face.",
        ),
    },
)
@click.version_option(package_name="customs-kit")
def customs_kit() -> None:
    """Customs fraud detection: which 5 % of the declarations to open.

    Example: customs-kit baseline run
    """


def main() -> None:
    """Run the command line; a `KitError` or OSError becomes one sentence and exit status 1."""
    try:
        prepare_streams()
        with signals_end_in_order():
            try:
                customs_kit(prog_name="customs-kit")
            finally:
                sys.stdout.flush()
    except (KitError, OSError) as error:
        end_with(error)

"""Names of commands that do not exist, and the nearest that do."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from customs_kit.cli import customs_kit


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            "run",
            "'run'. Did you mean `customs-kit baseline run` or `customs-kit inspection run`?",
        ),
        ("scor", "'scor'. Did you mean `customs-kit score`?"),
        ("data describ", "'describ'. Did you mean `customs-kit data describe`?"),
        ("xyz", "'xyz'."),
        ("--xyz", "No such option"),
    ],
)
def test_unknown_commands_lead_to_the_nearest(call, message):
    unknown = CliRunner().invoke(customs_kit, call.split(), prog_name="customs-kit")
    assert unknown.exit_code == 2
    assert message in unknown.stderr

"""The child process: one strategy. It gets a week at a time, and labels of opened rows only.

Weeks come pickled through a pipe from the parent, which the child trusts; answers go back as lines
of JSON, because the parent does not trust the child. Standard output is not the pipe: a strategy
may print.
"""

from __future__ import annotations

import json
import os
import pickle
import sys
import time
import traceback
from typing import Any

from customs_data.child_processes import end_with_parent, write_lines_at_once


def main() -> None:
    """Play a season; arguments: descriptors to read from and write to, the parent's number."""
    incoming, outgoing, parent = map(int, sys.argv[1:4])
    end_with_parent(parent)  # before the imports, which take seconds
    del sys.argv[1:]
    write_lines_at_once()
    with os.fdopen(incoming, "rb") as weeks, os.fdopen(outgoing, "w", encoding="utf-8") as answers:
        play(weeks, answers)


def play(weeks: Any, answers: Any) -> None:
    """Answer each message, until the parent ends this process."""
    from customs_baselines.running.own_errors import describe_error, describe_place
    from customs_baselines.running.own_model import own_parts
    from customs_baselines.season.desk import Desk, make_strategy
    from customs_data.errors import KitError

    start = pickle.load(weeks)  # noqa: S301 - from the parent
    own = own_parts(start["strategy"])
    try:
        strategy = make_strategy(start["strategy"], start["offered"], start["source"])
        desk, cpu = Desk(strategy, start["seed"]), time.process_time()
        while True:
            message = pickle.load(weeks)  # noqa: S301
            answer, spent = desk.decide(message), time.process_time() - cpu
            _send(answers, {"week": message["number"], "answer": answer, "cpu_seconds": spent})
    except KitError as error:
        place = describe_place(error, own[0] if own else None)
        _send(answers, {"error": f"{place}{error}", "is_kit_error": True})
    except BaseException as error:  # a team's own code may raise anything, even call exit()
        traceback.print_exc()
        _send(answers, {"error": describe_error(error, own[0] if own else None)})


def _send(answers: Any, message: dict[str, Any]) -> None:
    answers.write(json.dumps(message, default=_plain) + "\n")
    answers.flush()


def _plain(value: Any) -> Any:
    """Return numbers of numpy, Series and sets as JSON has them, other things as text."""
    if hasattr(value, "tolist"):
        return value.tolist()
    return list(value) if isinstance(value, set | tuple) else str(value)


if __name__ == "__main__":
    main()

"""Whether the workers of a cluster can do what this process can."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Final

from customs_data.errors import KitError
from customs_data.files.atomic import write_errors
from customs_data.temporary import temporary_folder

if TYPE_CHECKING:
    from distributed import Client

# Results depend on these; others only on what these need.
_PACKAGES: Final = ("customs-kit", "numpy", "pandas", "pyarrow", "xgboost", "distributed")


def check_versions(client: Client) -> None:
    """Check that workers have the versions of this process.

    Raises
    ------
    KitError
        If one has not: its results could differ, and its tasks may not even be read there.
    """
    versions = client.get_versions(packages=list(_PACKAGES))
    own = _described(versions["client"]["packages"])
    for worker, described in versions["workers"].items():
        its = _described(described["packages"])
        if its != own:
            raise KitError(
                f"The worker at {worker} has {_differences(its, own)}, and this machine has "
                f"{_differences(own, its)}. Install the same versions on all machines."
            )


def _described(packages: dict[str, str | None]) -> dict[str, str | None]:
    """Return the versions that matter; of Python the first two numbers."""
    python = ".".join(str(packages["python"]).split(".")[:2])
    return {"Python": python} | {name: packages.get(name) for name in _PACKAGES}


def _differences(one: dict[str, str | None], other: dict[str, str | None]) -> str:
    differing = (name for name in one if one[name] != other[name])
    return ", ".join(f"{name} {one[name]}" if one[name] else f"no {name}" for name in differing)


def check_shared(client: Client, shared: Path) -> None:
    """Check that each worker reads what this process writes in a folder, and the other way round.

    Parameters
    ----------
    client : distributed.Client
    shared : path
        An existing folder; nothing stays there.

    Raises
    ------
    KitError
        If the folder is not shared.
    """
    shared = shared.resolve()
    with write_errors(shared), temporary_folder(shared) as folder:
        question = folder / "question"
        question.write_text(secrets.token_hex(), encoding="utf-8")
        answers = client.run(_answer, question, on_error="return")
        for worker, answer in answers.items():
            is_here = isinstance(answer, Path) and answer.is_file()
            if not is_here or answer.read_bytes() != question.read_bytes():
                why = f" ({answer})" if isinstance(answer, OSError) else ""
                raise KitError(
                    f"The worker at {worker} does not share the folder {shared}{why}. Choose a "
                    "folder on a file system that all machines have under the same path, and "
                    "start workers as the same user."
                )


def _answer(question: Path) -> Path:
    """Copy a file beside itself, on a worker."""
    answer = question.with_name(f"answer-{secrets.token_hex(8)}")
    answer.write_bytes(question.read_bytes())
    return answer

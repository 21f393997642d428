"""A model's own account of one score, as it travels from the child process to its parent."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from customs_data.reports.pictures import save_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_ACCOUNT: Final = "account.json"
_PICTURE: Final = "account.png"


class Account(Protocol):
    """Result of a model's ``explain_declaration(X, declaration_id)``."""

    @property
    def declaration_id(self) -> str:
        """The declaration explained."""

    @property
    def fraud_score(self) -> float:
        """Its probability of fraud."""

    def as_dict(self) -> dict[str, Any]:
        """Return the account as plain data for JSON."""

    def table(self) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
        """Return header and rows as text."""

    def sentence(self) -> str:
        """Return the account in one or two sentences."""

    def draw(self, title: str) -> Figure:
        """Return the account as a figure."""


@dataclass(frozen=True)
class ModelAccount:
    """A model's own account of one declaration's score, as plain data.

    Attributes
    ----------
    model : str
        Name of the model for readers.
    title : str
        One line with the declaration and its score.
    sentence : str
        The account in one or two sentences.
    header, rows : list
        Table of text cells.
    declaration : dict
        ``as_dict()`` of the account.
    picture : bytes
        PNG.
    """

    model: str
    title: str
    sentence: str
    header: list[str]
    rows: list[list[str]]
    declaration: dict[str, Any]
    picture: bytes

    def as_dict(self, *, with_declaration: bool = True) -> dict[str, Any]:
        """Return the account as plain data for JSON; False leaves the declaration out."""
        return {"model": self.model} | (
            {"declaration": self.declaration} if with_declaration else {}
        )


def write_account(folder: Path, account: Account, model: str) -> None:
    """Write an account into a folder as JSON and PNG."""
    title = f"Declaration {account.declaration_id}: fraud score {account.fraud_score:.3f}"
    header, rows = account.table()
    parts = {
        "model": model,
        "title": title,
        "sentence": account.sentence(),
        "header": header,
        "rows": rows,
        "declaration": account.as_dict(),
    }
    save_figure(account.draw(f"{model}. {title}"), folder / _PICTURE)
    (folder / _ACCOUNT).write_text(json.dumps(parts, allow_nan=False), encoding="utf-8")


def read_account(folder: Path) -> ModelAccount | None:
    """Read what `write_account` wrote; None where it wrote nothing."""
    if not (folder / _ACCOUNT).exists():
        return None
    parts = json.loads((folder / _ACCOUNT).read_text(encoding="utf-8"))
    return ModelAccount(**parts, picture=(folder / _PICTURE).read_bytes())

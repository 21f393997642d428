"""The files of a model's own account of one declaration's score."""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path

from customs_baselines.attribution.account import ModelAccount
from customs_data.files.atomic import write_atomically
from customs_data.reports.pages import render_page


def write_model_account(
    account: ModelAccount, folder: Path, edition: str, *, with_declaration: bool = True
) -> None:
    """Write explanation.html, explanation.json and declaration.png.

    Raises
    ------
    KitError
        If the folder cannot be written.
    """
    described = account.as_dict(with_declaration=with_declaration)
    text = json.dumps(described, indent=1, allow_nan=False) + "\n"
    write_atomically(folder / "explanation.json", text)
    if not with_declaration:
        return
    write_atomically(folder / "declaration.png", account.picture)
    page = render_page(
        "customs_baselines.explaining",
        "account.html",
        title=f"Explanation of {account.model}",
        edition=edition,
        account=account,
        picture=b64encode(account.picture).decode(),
    )
    write_atomically(folder / "explanation.html", page)

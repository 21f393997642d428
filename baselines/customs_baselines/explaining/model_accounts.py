"""The files of a model's own account of one declaration's score."""

from __future__ import annotations

import json
from base64 import b64encode
from html import escape
from pathlib import Path

from customs_baselines.attribution.account import ModelAccount
from customs_data.reports.pages import html_page, html_table


def write_model_account(
    account: ModelAccount, folder: Path, edition: str, *, with_declaration: bool = True
) -> None:
    """Write explanation.html, explanation.json and declaration.png.

    Raises
    ------
    OSError
        If the folder cannot be written.
    """
    described = account.as_dict(with_declaration=with_declaration)
    text = json.dumps(described, indent=1, allow_nan=False) + "\n"
    (folder / "explanation.json").write_text(text, encoding="utf-8")
    if not with_declaration:
        return
    (folder / "declaration.png").write_bytes(account.picture)
    # A bitmap, because an SVG from a team's own model could contain a script.
    picture = f"data:image/png;base64,{b64encode(account.picture).decode()}"
    body = (
        f"<p>Trained on the edition {escape(edition)}.</p><p>{escape(account.sentence)}</p>"
        f'<figure><img src="{picture}" alt="{escape(account.title)}" '
        'style="max-width: 100%; height: auto"></figure>'
        + html_table(account.header, account.rows, caption=account.title)
    )
    page = html_page(f"Explanation of {account.model}", body)
    (folder / "explanation.html").write_text(page, encoding="utf-8")

"""Write an error analysis: a page and JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from customs_data.files.atomic import write_atomically

if TYPE_CHECKING:
    from customs_scorer.mistakes.analysis import ErrorAnalysis

#: Teams are ranked at this inspection rate.
ERROR_RATE = 0.05


def write_errors(analysis: ErrorAnalysis, folder: Path, *, title: str, source: str) -> Path:
    """Write errors.html and errors.json; return the page's path.

    Raises
    ------
    KitError
        If a file cannot be written.
    """
    from customs_scorer.mistakes.page import error_page, errors_as_dict

    page = folder / "errors.html"
    write_atomically(page, error_page(analysis, title=title, rate=ERROR_RATE, source=source))
    content = json.dumps(errors_as_dict(analysis), indent=1, default=str, allow_nan=False)
    write_atomically(folder / "errors.json", content + "\n")
    return page

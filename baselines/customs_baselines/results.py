"""Tables of results for documents: from run records (JSON) to Markdown, never typed by hand."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from pathlib import Path
from statistics import mean, stdev
from typing import Any, Final

from customs_baselines.worlds_table import read_worlds, worlds_table
from customs_data.errors import KitError

_METRICS: Final = ("precision_at_5", "precision_at_10")


def read_results(path: Path) -> list[dict[str, Any]]:
    """Read run records: the output of `customs-kit baseline run --json`.

    Raises
    ------
    KitError
        If the file holds something else, or no record that was scored.
    """
    try:
        records = json.loads(path.read_text(encoding="utf-8"))
        scored = [record for record in records if record["private"] and "error" not in record]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise KitError(
            f"{path} must hold the output of `customs-kit baseline run --json`, however: {error}."
        ) from None
    if not scored:
        raise KitError(f"{path} must hold a scored run, however: it holds none.")
    return scored


def table_of(paths: list[Path]) -> str:
    """Return the Markdown table of results files: run records, or one file of measured worlds.

    Raises
    ------
    KitError
        If a file holds neither.
    """
    try:
        kind = type(json.loads(paths[0].read_text(encoding="utf-8")))
    except (OSError, ValueError):
        kind = list  # reading it as run records says what is wrong
    if kind is dict:
        if len(paths) > 1:
            raise KitError("Measured worlds make a table alone; give one file of them.")
        return worlds_table(read_worlds(paths[0]))
    return markdown_table([record for path in paths for record in read_results(path)])


def markdown_table(records: list[dict[str, Any]]) -> str:
    """Lay run records out: one row a baseline, recipe and label rate, mean (and sd) over seeds.

    Parameters
    ----------
    records : list of dict
        As `read_results` returns them; of one edition.

    Raises
    ------
    KitError
        If the records are of several editions.
    """
    editions = {
        (record["repeat"]["edition"], record["repeat"]["train_sha256"]) for record in records
    }
    if len(editions) > 1:
        names = ", ".join(f"{name} ({digest[:8]})" for name, digest in sorted(editions))
        raise KitError(f"A table must be of one edition, however: the records are of {names}.")
    groups: dict[tuple[str, str, float, str], list[dict[str, Any]]] = defaultdict(list)
    for record in records:
        erasure = record["erasure"]
        key = (record["baseline"], record["recipe"] or "-", record["label_rate"], erasure)
        groups[key].append(record)
    several_rates = len({rate for _, _, rate, _ in groups}) > 1
    several_erasures = len({erasure for *_, erasure in groups} - {"none"}) > 1
    header = ["baseline", "recipe", *(["labels"] if several_rates else [])]
    header += [*(["erasure"] if several_erasures else []), "runs"]
    header += ["Public @5 %", "Public @10 %", "Private @5 %", "Private @10 %"]
    header += ["unseen @5 %", "unseen @10 %", "seconds"]
    n_text = 2
    lines = [_row(header), _row(["---"] * n_text + ["---:"] * (len(header) - n_text))]
    for (baseline, recipe, rate, erasure), runs in groups.items():
        cells = [f"`{baseline}`", recipe, *([f"{rate:g}"] if several_rates else [])]
        cells += [erasure] if several_erasures else []
        cells.append(str(len(runs)))
        for period in ("public", "private"):
            cells += [_spread([run[period][metric] for run in runs]) for metric in _METRICS]
        cells += [
            _spread([run["private"][f"unseen_{metric}"] for run in runs]) for metric in _METRICS
        ]
        cells.append(f"{mean(run['seconds'] for run in runs):.1f}")
        lines.append(_row(cells))
    lookup = records[0]["lookup"]["private"]
    lines += [
        "",
        f"Edition `{next(iter(editions))[0]}`; mean ± standard deviation over seeds. *unseen*: "
        "private precision on declarations whose tuple (HS6, departure, origin, tax rate, tax "
        "type, net mass) no training declaration has. Copying the label of the exact twin scores "
        f"{lookup['precision_at_5']:.3f} / {lookup['precision_at_10']:.3f} on Private.",
    ]
    if ceiling := records[0].get("ceiling"):
        held = ceiling["private"]
        lines[-1] += (
            " The ceiling, what the true fraud probabilities score, is "
            f"{held['precision_at_5']:.3f} / {held['precision_at_10']:.3f}."
        )
    return "\n".join(lines)


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _spread(values: list[float | None]) -> str:
    known = [value for value in values if value is not None]
    if not known:
        return "-"
    text = f"{mean(known):.3f}"
    return f"{text} ± {stdev(known):.3f}" if len(known) > 1 else text


def put_table(document: Path, name: str, table: str, *, check: bool) -> None:
    """Put a table between ``<!-- results:NAME -->`` and ``<!-- /results -->`` of a document.

    Parameters
    ----------
    document : path
        Markdown file.
    name : str
        Name in the marker.
    table : str
        What shall stand between the markers.
    check : bool
        Only check that it stands there already.

    Raises
    ------
    KitError
        If the document has no such markers, or `check` finds another text between them.
    """
    try:
        text = document.read_text(encoding="utf-8")
    except OSError as error:
        raise KitError(f"{document} cannot be read: {error.strerror}.") from None
    pattern = re.compile(
        rf"(<!-- results:{re.escape(name)} -->\n).*?(<!-- /results -->)", re.DOTALL
    )
    if not pattern.search(text):
        raise KitError(
            f"{document} must hold the markers '<!-- results:{name} -->' and '<!-- /results -->', "
            "however: it does not. Add them where the table shall stand."
        )
    updated = pattern.sub(lambda match: f"{match[1]}{table}\n{match[2]}", text)
    if check and updated != text:
        raise KitError(
            f"The table {name} in {document} must be the one of its results, however: it differs. "
            "Run the command again with --write instead of --check."
        )
    if not check:
        document.write_text(updated, encoding="utf-8")

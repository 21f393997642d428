"""How good each synthesizer is: data/SYNTHESIZERS.md.

`make synthesizers` writes aggregates into `data/results/synthesizers.json`. Runs in that file are
not repeated; delete it to start over.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any, Final

import click

from customs_baselines.experiments.markdown_tables import put_table
from customs_data.fidelity.measure import FidelityReport, measure_fidelity
from customs_data.fidelity.quality import PUBLISHED
from customs_data.fidelity.sides import Side
from customs_data.synthesis.pipeline import synthesize
from customs_data.synthesis.read_source import read_source
from customs_data.synthesis.settings import Settings
from customs_scorer.fidelity_judges import JUDGES
from studies.script import Study, save_results

Record = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """One model, and the part of the source it is fitted to.

    Attributes
    ----------
    model : str
        Name of a synthesizer.
    seeds : tuple of int
        The table shows means over them.
    epochs : int or None
        Epochs of a network.
    rows : int or None
        Declarations of the source to fit to and to compare with; None takes all.
    """

    model: str
    seeds: tuple[int, ...] = (0,)
    epochs: int | None = None
    rows: int | None = None


#: Five seeds for the default, because range coverage and Pearson depend on a few huge declarations.
#: CTGAN's cost grows with the square of the number of categories, hence 3,000 rows.
CASES: Final = (
    Case("trees", seeds=(0, 1, 2, 3, 4)),
    Case("bootstrap"),
    Case("arf"),
    Case("copula"),
    Case("diffusion", epochs=30),
    Case("ctgan", epochs=30, rows=3000),
    Case("tvae", epochs=300, rows=3000),
)
_JUDGED: Final = (
    "AUC without entity IDs",
    "AUC with derived features",
    "AUC with entities",
    "valid (HS6, departure, origin, rate, type)",
    "copied six-tuples",
    "six-tuple look-up, precision@5 %",
    "repeated importer-declarant pairs",
)


def run_case(source: Side, case: Case, seed: int) -> Record:
    """Fit one model, draw from it, and compare what it drew with the source."""
    frame = source.frame
    if case.rows is not None:
        frame = frame.sample(case.rows, random_state=0).reset_index(drop=True)
    settings = Settings(model=case.model, seed=seed, epochs=case.epochs)
    start = time.process_time()
    drawn = synthesize(frame, settings)
    seconds = time.process_time() - start
    report = measure_fidelity(Side("source", frame), Side(case.model, drawn), more=JUDGES)
    return {
        "model": case.model,
        "seed": seed,
        "epochs": case.epochs,
        "rows": len(frame),
        "cpu_seconds": round(seconds, 1),
        "quality": {score.name: score.value for score in report.scores},
        "findings": _findings(report),
    }


def _findings(report: FidelityReport) -> dict[str, dict[str, float | None]]:
    """Findings of the judges, for the drawn table and for the source."""
    return {
        finding.name: {"synthetic": finding.synthetic, "source": finding.source}
        for judgement in report.judgements
        for finding in judgement.findings
        if finding.name in _JUDGED
    }


def study_table(records: Sequence[Record]) -> str:
    """Return the Markdown table of the results: one line per model, means over its seeds."""
    names = list(PUBLISHED)
    titles = ["model", "rows", "epochs", "seeds", "CPU s", *names, *_JUDGED]
    lines = [f"| {' | '.join(titles)} |", f"|{'---|' * len(titles)}"]
    published = [f"{PUBLISHED[name]:.4f}" for name in names]
    lines.append(
        f"| *paper* | 54000 | 300 | | | {' | '.join([*published, *[''] * len(_JUDGED)])} |"
    )
    groups: dict[tuple[str, int], list[Record]] = {}
    for record in records:
        groups.setdefault((record["model"], record["rows"]), []).append(record)
    for (model, rows), group in groups.items():
        cells = [model, str(rows), str(group[0]["epochs"] or ""), str(len(group))]
        cells.append(f"{mean(record['cpu_seconds'] for record in group):.0f}")
        cells += [_cell([record["quality"][name] for record in group], 4) for name in names]
        cells += [
            _cell([record["findings"].get(name, {}).get("synthetic") for record in group], 3)
            for name in _JUDGED
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(values: Sequence[float | None], decimals: int) -> str:
    known = [value for value in values if value is not None]
    return f"{mean(known):.{decimals}f}" if known else "-"


@click.command(cls=Study)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Results, as JSON.")
@click.option("--write", type=click.Path(path_type=Path), help="Document to put the table in.")
@click.option("--models", help="Only these, comma-separated.")
def main(files: tuple[Path, ...], out: Path, write: Path | None, models: str | None) -> None:
    """Compare what every synthesizer draws with the declarations in FILES."""
    source = Side("source", read_source(files).declarations)
    records: list[Record] = json.loads(out.read_text()) if out.exists() else []
    known = {(record["model"], record["seed"], record["epochs"]) for record in records}
    for case in CASES:
        if models is not None and case.model not in models.split(","):
            continue
        for seed in case.seeds:
            if (case.model, seed, case.epochs) in known:
                continue
            click.echo(f"{case.model}, seed {seed} ...", err=True)
            records.append(run_case(source, case, seed))
            save_results(records, out)
    if write is not None:
        put_table(write, out.stem, study_table(records), check=False)


if __name__ == "__main__":
    main()

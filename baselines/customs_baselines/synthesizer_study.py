"""What each synthesizer is worth: data/SYNTHESIZERS.md.

`make synthesizers` runs it; `data/results/synthesizers.json` holds what it found, aggregates only.
Runs that stand there are not repeated: delete the file to begin anew.
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
from customs_data.fidelity.quality import PUBLISHED
from customs_data.fidelity.report import FidelityReport, measure_fidelity
from customs_data.fidelity.sides import Table
from customs_data.synthesis.pipeline import synthesize
from customs_data.synthesis.settings import Settings
from customs_data.synthesis.source import read_source
from customs_scorer.fidelity_judges import JUDGES

Record = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """One model, and how much of the source it is given.

    Attributes
    ----------
    model : str
        Of the catalogue.
    seeds : tuple of int
        Averaged in the table.
    epochs : int or None
        Of a network.
    rows : int or None
        Declarations of the source it is fitted to and judged by; None takes all.
    """

    model: str
    seeds: tuple[int, ...] = (0,)
    epochs: int | None = None
    rows: int | None = None


#: Five seeds for the default, because range coverage and Pearson hang on a few huge declarations.
#: CTGAN's cost grows with the square of the categories: 3,000 rows, and the epochs are told.
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


def run_case(source: Table, case: Case, seed: int) -> Record:
    """Fit, draw and judge one model once."""
    frame = source.frame
    if case.rows is not None:
        frame = frame.sample(case.rows, random_state=0).reset_index(drop=True)
    settings = Settings(model=case.model, seed=seed, epochs=case.epochs)
    start = time.process_time()
    drawn = synthesize(frame, settings)
    seconds = time.process_time() - start
    report = measure_fidelity(Table("source", frame), Table(case.model, drawn), more=JUDGES)
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
    """What the judges found, in the drawn table and in the source."""
    return {
        found.name: {"synthetic": found.synthetic, "source": found.source}
        for judgement in report.judgements
        for found in judgement.findings
        if found.name in _JUDGED
    }


def study_table(records: Sequence[Record]) -> str:
    """Lay the results out as Markdown: one line a model, means over its seeds."""
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
    for (model, rows), held in groups.items():
        cells = [model, str(rows), str(held[0]["epochs"] or ""), str(len(held))]
        cells.append(f"{mean(record['cpu_seconds'] for record in held):.0f}")
        cells += [_cell([record["quality"][name] for record in held], 4) for name in names]
        cells += [
            _cell([record["findings"].get(name, {}).get("synthetic") for record in held], 3)
            for name in _JUDGED
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(values: Sequence[float | None], decimals: int) -> str:
    known = [value for value in values if value is not None]
    return f"{mean(known):.{decimals}f}" if known else "-"


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Results (JSON).")
@click.option("--write", type=click.Path(path_type=Path), help="Document that shows the table.")
@click.option("--models", help="Only these, comma-separated.")
def main(files: tuple[Path, ...], out: Path, write: Path | None, models: str | None) -> None:
    """Judge every synthesizer by the declarations in FILES."""
    source = Table("source", read_source(files).declarations)
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
            out.parent.mkdir(parents=True, exist_ok=True)
            out.write_text(json.dumps(records, indent=1) + "\n", encoding="utf-8")
    if write is not None:
        put_table(write, out.stem, study_table(records), check=False)


if __name__ == "__main__":
    main()

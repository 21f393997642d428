"""Facts of a new edition, on the terminal or as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from customs_data.columns.damaged_ids import Damage
    from customs_data.edition.manifest import Manifest


def report_edition(
    out: Path,
    manifest: Manifest,
    rates: dict[str, float | None] | None = None,
    warnings: Sequence[Damage] = (),
    *,
    as_json: bool,
) -> None:
    """Print the facts of a new edition; of an imported one also rates of the label and warnings."""
    from customs_data.columns.column_set import listed_extra
    from customs_data.profile import filled_sentence
    from customs_data.tasks import find_task
    from customs_kit.terminal.output import print_json, warn

    filled = manifest.configuration.get("filled")
    if as_json:
        print_json(
            {
                "edition": str(out),
                "name": manifest.name,
                **({"origin": manifest.origin} if rates is None else {}),
                "rows": manifest.rows,
                **({} if rates is None else {"fraud_rates": rates}),
                "label_rate": manifest.label_rate,
                "erasure": manifest.erasure,
                "commitment": manifest.commitment,
                **({"absent": [*manifest.absent]} if manifest.absent else {}),
                **({"filled": [*filled]} if filled else {}),
                **({"extra": dict(manifest.extra)} if manifest.extra else {}),
                **({} if rates is None else {"warnings": [w.as_dict() for w in warnings]}),
            }
        )
        return
    label = find_task(manifest.task).label.lower()
    for period, n_rows in manifest.rows.items():
        first, last = manifest.dates[period]
        line = f"{period:>8}: {n_rows:>10,} declarations  {first} .. {last}"
        if rates is not None:
            rate = rates[period]
            line += "  no labels" if rate is None else f"  {label} rate {rate:.4f}"
        click.echo(line)
    click.echo(f"  labels: rate {manifest.label_rate:g}, erasure {manifest.erasure}")
    if manifest.absent:
        click.echo(f"  absent: {', '.join(manifest.absent)}")
    if filled:
        click.echo(f"  {filled_sentence(filled)}")
    if manifest.extra:
        click.echo(f"  extra: {listed_extra(manifest.extra)}")
    if rates is None:
        click.echo(f"  commitment: {manifest.commitment}")
    for warning in warnings:
        warn(str(warning))
    click.echo(f"Made {out}: give public/ to the teams, keep hidden/ to yourself.")

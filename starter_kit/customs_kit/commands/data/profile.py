"""`customs-kit data profile`: calibration of the simulator, with or without a guarantee."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from customs_kit.commands.options import FiniteRange, json_option

if TYPE_CHECKING:
    from customs_data.calibration.sources import ProfileSource
    from customs_data.private_profile.plan import Plan
    from customs_data.profile import Profile


@click.command()
@click.argument("source", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="File to write.")
@click.option(
    "--epsilon",
    type=FiniteRange(min=0, min_open=True, max=100),
    help="Make a private profile: the largest privacy loss of one importer.  [default: none]",
)
@click.option(
    "--delta",
    type=FiniteRange(min=0, min_open=True, max=0.01),
    help="With --epsilon: probability that the loss is larger.  [default: 1e-8]",
)
@click.option(
    "--unit",
    type=click.Choice(["importer"]),
    default="importer",
    show_default=True,
    help="With --epsilon: whose declarations are protected together.",
)
@click.option(
    "--most-declarations",
    type=click.IntRange(min=1, max=1000),
    default=20,
    show_default=True,
    help="With --epsilon: declarations of each importer that count, chosen at random.",
)
@click.option(
    "--min-count",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    help="Without --epsilon: cells with fewer declarations are omitted, which is no guarantee.",
)
@click.option("--note", default="", help="Source of the declarations, recorded in the profile.")
@json_option
@click.pass_context
def profile(
    ctx: click.Context,
    source: tuple[Path, ...],
    out: Path,
    epsilon: float | None,
    delta: float | None,
    unit: str,
    most_declarations: int,
    min_count: int,
    note: str,
    as_json: bool,
) -> None:
    """Make a calibration profile: aggregated tables without any single declaration.

    SOURCE is one or more files of declarations, or the folder of an edition. A world made from the
    profile resembles them. Columns that no header has, or that edition.json lists under absent, are
    filled in from the public release. Extra columns of an edition are counted, but no world has
    them.

    With --epsilon the profile is differentially private: whether any one importer's declarations
    are in SOURCE hardly changes it. The file contains the noise and the budget of each table. This
    needs OpenDP (pip install 'customs-kit[privacy]').

    \b
    Examples:
      customs-kit data profile declarations.csv --out my-profile.json.gz
      customs-kit data profile declarations.parquet --epsilon 1 --out my-profile.json.gz
    """
    from customs_data.calibration.sources import find_source
    from customs_kit.terminal.output import print_json

    given = {
        name
        for name in ("delta", "unit", "most_declarations", "min_count")
        if ctx.get_parameter_source(name) is not ParameterSource.DEFAULT
    }
    if epsilon is None and given - {"min_count"}:
        option = sorted(given - {"min_count"})[0].replace("_", "-")
        raise click.UsageError(f"--{option} is for private profiles: give --epsilon, too.")
    if epsilon is not None and "min_count" in given:
        raise click.UsageError("--min-count is for profiles without --epsilon.")
    provenance = {"name": note} if note else {}
    counted = find_source(source)
    if epsilon is None:
        calibration = _count(counted, min_count, provenance)
    else:
        from customs_data.private_profile.plan import DELTA, Plan

        plan = Plan(
            epsilon,
            DELTA if delta is None else delta,
            most_declarations=most_declarations,
            absent=counted.columns.absent,
            extra=counted.columns.extra,
        )
        calibration = _measure(counted, plan, provenance)
    calibration.save(out)
    if as_json:
        print_json(
            {
                "file": str(out),
                **({"absent": [*calibration.absent]} if calibration.absent else {}),
                **({"extra": [*calibration.extra]} if calibration.extra else {}),
                "privacy": _summarize(calibration),
            }
        )
        return
    n_cells = len(calibration.goods.hs6)
    click.echo(f"Wrote {out}: {n_cells:,} combinations of goods and route.")
    for sentence in calibration.sentences.values():
        click.echo(sentence)
    if calibration.privacy is None:
        click.echo(
            f"Cells with fewer than {min_count} declarations are left out. This is no guarantee of "
            "privacy: --epsilon gives one."
        )
        return
    click.echo(
        f"One importer's declarations change the probability of any profile at most by a factor "
        f"e^{calibration.privacy.epsilon:.3g} (delta {calibration.privacy.delta:g}). "
        f"`customs-kit data release-report {out}` shows how."
    )


def _count(source: ProfileSource, min_count: int, provenance: dict[str, str]) -> Profile:
    from customs_data.calibration.counting import make_profile
    from customs_data.calibration.sources import read_declared
    from customs_data.columns.mapped_frames import map_frames
    from customs_kit.terminal.output import progress_console

    with progress_console().status("Counting ..."):
        frames = (read_declared(path, source.columns) for path in source.files)
        frame = next(frames) if len(source.files) == 1 else map_frames(frames)
        return make_profile(frame, min_count, provenance, source.columns.extra)


def _measure(source: ProfileSource, plan: Plan, provenance: dict[str, str]) -> Profile:
    from customs_data.private_profile.contributions import read_frames
    from customs_data.private_profile.making import make_private_profile
    from customs_kit.terminal.output import progress_console

    with progress_console().status("Reading ...") as status:
        return make_private_profile(
            read_frames(source.files, source.columns),
            plan,
            provenance,
            on_step=lambda step: status.update(f"Measuring: {step} ..."),
        )


def _summarize(calibration: Profile) -> dict[str, Any] | None:
    """Return the guarantee as plain data, None without one."""
    if calibration.privacy is None:
        return None
    guarantee = calibration.privacy
    return {
        "unit": guarantee.unit,
        "epsilon": guarantee.epsilon,
        "delta": guarantee.delta,
        "rho": guarantee.rho,
        "most_declarations": guarantee.most_declarations,
        "noise": guarantee.noise,
        "library": guarantee.library,
        "tables": [vars(table) for table in guarantee.tables],
    }

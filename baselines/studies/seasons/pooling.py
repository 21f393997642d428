"""What it brings two accounts of a served season to pool everything they know.

Each account plays a world of its own. `exploit` plays world A, then world B twice: alone, and with
everything that was learned in A added to what it trains on (A's declarations and its opened labels,
as if they had been filed before B). If other worlds say nothing, the paired difference is noise.

    python -m studies.seasons.pooling --pairs 6
"""

from __future__ import annotations

import json
from pathlib import Path
from statistics import mean
from typing import Any, Final

import click
import numpy as np
import pandas as pd

from customs_baselines.experiments.differences import write_difference
from customs_baselines.experiments.statistics import t_interval
from customs_baselines.features.as_of import AsOf, describe_as_of
from customs_baselines.season.playing import Played, SeasonSettings, play_season
from customs_data.keyed_random import secret_of_seed
from customs_data.schema import KEY
from customs_data.season.arrivals import Arrivals
from customs_data.season.kinds import arrivals_of_season
from customs_data.temporary import scratch_folder
from studies.script import Study

_FIRST_SEED: Final = 41_000
_STRATEGY: Final = "exploit"


def pool(first: Arrivals, opened: pd.Index[str], second: Arrivals) -> tuple[Arrivals, AsOf]:
    """Return a season on the second world with the first one before its warm-up.

    Parameters
    ----------
    first : Arrivals
        World A.
    opened : Index of str
        Declaration IDs that were opened in it.
    second : Arrivals
        World B; its weeks keep their numbers.

    Returns
    -------
    pooled : Arrivals
    as_of : AsOf
        Features as each world alone has them; common values of both share their codes.
    """
    is_known = first.is_known | first.declarations[KEY].isin(opened).to_numpy()
    shift = int(second.week.min()) - int(first.week.max()) - 1
    # Both worlds number declarations from the same range.
    before = first.declarations.assign(**{KEY: "A" + first.declarations[KEY]})
    declarations = pd.concat([before, second.declarations], ignore_index=True)
    week = np.concatenate([first.week + shift, second.week]).astype(np.int32)
    assert first.duty is not None
    assert second.duty is not None
    pooled = Arrivals(
        declarations.astype(second.declarations.dtypes.to_dict()),
        week,
        np.concatenate([is_known, second.is_known]),
        np.concatenate([first.fraud, second.fraud]),
        np.concatenate([first.critical, second.critical]),
        np.concatenate([first.duty, second.duty]),
        second.cap,
    )
    alone = [describe_as_of(it.declarations, it.week) for it in (first, second)]
    codes = describe_as_of(pooled.declarations, week).codes
    return pooled, AsOf(np.concatenate([it.features for it in alone]), alone[0].names, codes)


def compare_pair(pair: int, n_declarations: int, n_weeks: int, log: Path) -> dict[str, Any]:
    """Play world B alone and with what was learned in world A; return both precisions."""
    worlds = [
        arrivals_of_season(
            "steady",
            secret_of_seed(_FIRST_SEED + 2 * pair + i),
            n_declarations=n_declarations,
            played_weeks=n_weeks,
        )
        for i in range(2)
    ]
    first, second = (_play(it, describe_as_of(it.declarations, it.week), log) for it in worlds)
    opened = pd.Index(first.inspections[KEY])
    together = _play(*pool(worlds[0], opened, worlds[1]), log)
    return {
        "pair": pair,
        "alone": second.scores["precision"],
        "pooled": together.scores["precision"],
    }


def _play(arrivals: Arrivals, as_of: AsOf, log: Path) -> Played:
    played = play_season(arrivals, as_of, _STRATEGY, SeasonSettings(), log)
    if played.error:
        raise click.ClickException(played.error)
    return played


@click.command(cls=Study)
@click.option(
    "--pairs", type=click.IntRange(min=2), default=6, show_default=True, help="Pairs of worlds."
)
@click.option("--rows", type=int, default=54_000, show_default=True, help="Of a world.")
@click.option("--weeks", type=int, default=52, show_default=True, help="Weeks to play.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def main(pairs: int, rows: int, weeks: int, as_json: bool) -> None:
    """Print what two accounts gain that pool everything they learn.

    \b
    Example:
      python -m studies.seasons.pooling --pairs 6
    """
    with scratch_folder() as folder:
        records = [compare_pair(pair, rows, weeks, folder / "log") for pair in range(pairs)]
    differences = [it["pooled"] - it["alone"] for it in records]
    interval = t_interval(differences)
    if as_json:
        result = {"pairs": records, "difference": mean(differences), "interval": interval}
        click.echo(json.dumps(result, indent=1))
        return
    for it in records:
        click.echo(f"pair {it['pair']}: alone {it['alone']:.3f}, pooled {it['pooled']:.3f}")
    click.echo(f"pooled - alone: {write_difference(mean(differences), interval)}")


if __name__ == "__main__":
    main()

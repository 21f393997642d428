"""The task networks on ten worlds: models, yardsticks and an oracle, on Private.

Nothing was tuned on these worlds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import nan
from pathlib import Path
from time import process_time
from typing import Any, Final

import click
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from customs_baselines.catalogue import find_baseline
from customs_baselines.organisations.grouping_model import GroupingModel
from customs_baselines.organisations.importers import Importers
from customs_baselines.organisations.known import known_groups
from customs_data.edition.generating import Blueprint, read_blueprint, simulate_world
from customs_data.keyed_random import derive, secret_of_seed
from customs_data.schema import DECLARED_COLUMNS
from customs_data.tasks.networks import CONFIGURATION, KNOWN, ask_importers
from customs_data.world.simulate import World
from customs_scorer.audit.memberships import audit_memberships
from customs_scorer.metrics.metric import values_of
from customs_scorer.metrics.networks import METRICS
from studies.script import Study, describe_blueprint, resume_results, save_results

Values = dict[str, float]
Codes = npt.NDArray[np.int64]

#: In the order in which they run. The transfer model learns once for all worlds.
MODELS: Final = (
    "alone",
    "rule",
    "propagation",
    "memberships",
    "transfer",
    "pairs",
    "graph",
)
ORACLE: Final = "oracle"
#: Importers by their number of declarations, for what can be known of each: least and most.
SIZES: Final = {"1 declaration": (1, 1), "2 or 3": (2, 3), "4 or more": (4, 10**9)}
#: Model whose answers are judged by size.
JUDGED_BY_SIZE: Final = "memberships"


@dataclass(frozen=True)
class AskedWorld:
    """A world as the task asks about it.

    Attributes
    ----------
    world : World
    importers : Importers
    known : ndarray of int64, shape (n_importers,)
        Known groups, -1 where asked.
    solution : DataFrame
        Importer ID and Network of the importers asked that count on Private.
    memberships : DataFrame
        Importer ID and Network of all importers.
    """

    world: World
    importers: Importers
    known: Codes
    solution: pd.DataFrame
    memberships: pd.DataFrame

    @classmethod
    def of(cls, world: World, secret: bytes) -> AskedWorld:
        """Draw what is known, as an edition's secret does."""
        networks = pa.Table.from_pandas(world.networks, preserve_index=False)
        units = ask_importers(networks, derive(secret, "units"))
        published, solution = units.given[KNOWN].to_pandas(), units.answers.to_pandas()
        importers = Importers(world.declarations[list(DECLARED_COLUMNS)])
        return cls(
            world,
            importers,
            known=known_groups(importers, published),
            solution=solution[units.is_private].reset_index(drop=True),
            memberships=pd.concat([published, solution], ignore_index=True),
        )

    def judge(self, groups: Codes) -> Values:
        """Return the metrics of groups of all importers, over those asked on Private."""
        place = self.importers.find(self.solution["Importer ID"].to_numpy(object))
        values = values_of(METRICS.all, self.solution, groups[place])
        return {name: round(value, 5) for name, value in values.items()}

    def oracle(self) -> Codes:
        """Return the groups of who knows for which network each declaration's line works.

        An importer belongs to the network for which most of its declarations, and at least half of
        them, work; it is alone if there is none.
        """
        importer = self.importers.find(self.world.declarations["Importer ID"].to_numpy(object))
        cluster = pd.factorize(self.world.unrecorded["Cluster"].replace("", None))[0]
        pairs = pd.DataFrame({"importer": importer, "cluster": cluster})
        n = pairs[pairs["cluster"] >= 0].value_counts().reset_index(name="n")
        best = n.sort_values(["n", "cluster"], ascending=[False, True], kind="stable")
        best = best.drop_duplicates("importer")
        best = best[best["n"] * 2 >= self.importers.n_rows[best["importer"]]]
        groups = int(cluster.max()) + 1 + np.arange(len(self.importers))
        groups[best["importer"].to_numpy()] = best["cluster"].to_numpy()
        return groups


def measure_worlds(
    *,
    n_worlds: int,
    seed: int,
    path: Path | None = None,
    config: str = CONFIGURATION,
    n_declarations: int | None = None,
    models: tuple[str, ...] = MODELS,
    fresh: bool = False,
    on_step: Callable[[str], None] = lambda text: None,
) -> dict[str, Any]:
    """Measure models on worlds, after what was measured before.

    Parameters
    ----------
    n_worlds : int
    seed : int
        Chooses their secrets; use one that nothing was tuned on.
    path : path, optional
        Results, saved after each model; what it contains is not measured again.
    config : str
        Configuration.
    n_declarations : int, optional
        Declarations of a world; the configuration's by default.
    models : tuple of str
        Baselines.
    fresh : bool
        Ignore what is in `path`.
    on_step : callable
        Called with what is measured next.

    Returns
    -------
    dict
        ``configuration``, ``version``, ``n_declarations``, ``sha256``, ``seed``, and ``worlds``:
        per world ``facts``, ``audit``, ``sizes`` and ``models``, the last two as values by name.

    Raises
    ------
    KitError
        If `path` is of another configuration or seed.
    """
    blueprint = read_blueprint(config=config, n_declarations=n_declarations)
    measured = resume_results(path, describe_blueprint(blueprint) | {"seed": seed}, fresh=fresh)
    worlds: list[dict[str, Any]] = measured.setdefault("worlds", [])
    learned = {name: _make(name, blueprint) for name in models}
    for number in range(n_worlds):
        if number == len(worlds):
            worlds.append({"models": {}})
        known = worlds[number]["models"]
        missing = [name for name in (ORACLE, *models) if name not in known]
        if not missing:
            continue
        secret = derive(secret_of_seed(seed), "networks world", str(number))
        asked = AskedWorld.of(simulate_world(blueprint, secret), secret)
        worlds[number]["facts"] = _facts(asked)
        worlds[number]["audit"] = _audit(asked)
        for name in missing:
            on_step(f"world {number + 1}: {name}")
            if name == ORACLE:
                known[name] = asked.judge(asked.oracle())
            else:
                known[name], groups = _run(learned[name], asked)
                if name == JUDGED_BY_SIZE:
                    worlds[number]["sizes"] = _by_size(asked, groups)
            if path is not None:
                save_results(measured, path)
    return measured


def _make(name: str, blueprint: Blueprint) -> GroupingModel:
    model: GroupingModel = find_baseline(name, "networks").load_class()()
    if name.startswith("transfer"):
        model.set_params(blueprint=blueprint)
    return model


def _run(model: GroupingModel, asked: AskedWorld) -> tuple[Values, Codes]:
    start = process_time()
    groups = model.fit_importers(asked.importers, asked.known).groups_
    seconds = process_time() - start
    return asked.judge(groups) | {"cpu_seconds": round(seconds, 1)}, groups


def _facts(asked: AskedWorld) -> Values:
    size = asked.memberships["Network"].value_counts()
    several = size[size > 1]
    of_private = asked.solution["Network"].value_counts()
    return {
        "importers": float(len(asked.memberships)),
        "in networks": float(several.sum()),
        "networks": float(asked.world.networks["Network"].replace("", None).nunique()),
        "largest": float(several.max()),
        "asked, Private": float(len(asked.solution)),
        "in networks, Private": float(of_private[of_private > 1].sum()),
    }


def _audit(asked: AskedWorld) -> Values:
    tests = audit_memberships(asked.world.declarations, asked.memberships)
    return {test.name: round(test.value, 4) for test in tests}


def _by_size(asked: AskedWorld, groups: Codes) -> dict[str, float]:
    """Return B-cubed F1 over importers in networks by their number of declarations."""
    place = asked.importers.find(asked.solution["Importer ID"].to_numpy(object))
    frame = pd.DataFrame(
        {"network": asked.solution["Network"].to_numpy(object), "group": groups[place]}
    )
    both = frame.groupby(["network", "group"])["group"].transform("size")
    size = frame.groupby("network")["network"].transform("size")
    in_group = frame.groupby("group")["group"].transform("size")
    n_rows = asked.importers.n_rows[place]
    shares = {}
    for name, (least, most) in SIZES.items():
        chosen = ((size > 1) & (n_rows >= least) & (n_rows <= most)).to_numpy()
        if not chosen.any():
            shares[name] = nan
            continue
        precision, recall = (float((both / it)[chosen].mean()) for it in (in_group, size))
        shares[name] = round(2 * precision * recall / (precision + recall), 4)
    return shares


@click.command(cls=Study)
@click.option(
    "--worlds", type=click.IntRange(min=2), default=10, show_default=True, help="Worlds to measure."
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=2028,
    show_default=True,
    help="Chooses the secrets; use one that nothing was tuned on.",
)
@click.option(
    "--config",
    default=CONFIGURATION,
    show_default=True,
    help="Configuration: a shipped name or a TOML file.",
)
@click.option("--models", default=",".join(MODELS), show_default=True, help="Baselines.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Results, as JSON.")
@click.option("--fresh", is_flag=True, help="Discard earlier results.")
def main(worlds: int, seed: int, config: str, models: str, out: Path, fresh: bool) -> None:
    """Measure the models of the task networks on worlds that OUT lacks.

    \b
    Example:
      python -m studies.tasks.networks --out networks.json
    """
    measure_worlds(
        n_worlds=worlds,
        seed=seed,
        path=out,
        config=config,
        models=tuple(models.split(",")),
        fresh=fresh,
        on_step=lambda text: click.echo(text, err=True),
    )


if __name__ == "__main__":
    main()

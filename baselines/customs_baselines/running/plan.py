"""Plans of runs: which models, recipes, label rates and seeds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from customs_baselines.catalogue import RECIPES, default_baselines, find_baseline
from customs_baselines.running.own_model import own_parts, split_reference
from customs_data.erasure import ERASURES
from customs_data.errors import KitError
from customs_data.exact_rates import exact_rate
from customs_data.tasks import DEFAULT, Scores, find_task


@dataclass(frozen=True)
class Run:
    """One model with one setting.

    Attributes
    ----------
    model : str
        Name of a baseline, or ``FILE.py:NAME`` with an absolute path.
    recipe : str or None
        Feature recipe; None for a model that reads the declared columns itself.
    label_rate : float or None
        Share of all training declarations that keep a label; None for all labels there are.
    erasure : str
        How labels are erased to reach `label_rate`.
    seed : int
        Seed of the model and of the erasure.
    """

    model: str
    recipe: str | None
    label_rate: float | None
    erasure: str
    seed: int

    @property
    def is_own(self) -> bool:
        """Whether this is a team's own model."""
        return own_parts(self.model) is not None

    @property
    def name(self) -> str:
        """Short name: the baseline, or FILE.py:NAME without the folder."""
        own = own_parts(self.model)
        return f"{own[0].name}:{own[1]}" if own else self.model

    @property
    def title(self) -> str:
        """Shortest name for people: the baseline, or the name without its file."""
        own = own_parts(self.model)
        return own[1] if own else self.model

    @property
    def key(self) -> str:
        """Name of model and setting, the same on every machine."""
        return self._named(self.name.replace(":", "-"))

    @property
    def folder(self) -> str:
        """Name of the run, of which the first one of an output folder has it unchanged."""
        return self._named(self.title)

    def _named(self, model: str) -> str:
        parts = [model]
        parts += [self.recipe] if self.recipe else []
        parts += [f"labels{self.label_rate!r}-{self.erasure}"] if self.label_rate else []
        return "-".join([*parts, f"seed{self.seed}"])


@dataclass(frozen=True)
class Plan:
    """Every model with every recipe, label rate and seed.

    Attributes
    ----------
    models : tuple of str
        Baselines and ``FILE.py:NAME``; empty for the default set.
    recipes : tuple of str
        Recipes for models that take one; empty for the default of each model.
    label_rates : tuple of float
        Label rates; empty for all labels there are.
    erasure : str
        How labels are erased.
    seeds : tuple of int
        At least one.
    task : str
        Task of the edition.
    """

    models: tuple[str, ...] = ()
    recipes: tuple[str, ...] = ()
    label_rates: tuple[float, ...] = ()
    erasure: str = "random"
    seeds: tuple[int, ...] = (0,)
    task: str = DEFAULT

    def __post_init__(self) -> None:
        for recipe in self.recipes:
            if recipe not in RECIPES:
                raise KitError(f"Unknown recipe {recipe!r}: choose {' or '.join(RECIPES)}.")
        for rate in self.label_rates:
            exact_rate(rate, "label rate")
        if self.label_rates and not isinstance(find_task(self.task).answer, Scores):
            raise KitError(
                f"A label rate erases labels, but models of the task {self.task} learn from "
                "something else. Leave --label-rate out."
            )
        if self.erasure not in ERASURES:
            raise KitError(f"Unknown erasure {self.erasure!r}: choose {', '.join(ERASURES)}.")
        if any(seed < 0 or seed >= 2**32 for seed in self.seeds) or not self.seeds:
            raise KitError(
                f"Give one or more seeds, each a whole number from 0 to 2^32 - 1, not "
                f"{list(self.seeds)}."
            )
        for model in self.models:
            if split_reference(model) is None:
                find_baseline(model, self.task)

    def runs(self) -> Iterator[Run]:
        """Yield every run once."""
        done = set()
        for model in self.models or default_baselines(self.task):
            own = split_reference(model)
            if own is None:
                default = find_baseline(model, self.task).recipe
                recipes = (None,) if default is None else (self.recipes or (default,))
                reference = model
            else:
                recipes = self.recipes or (None,)
                reference = f"{Path(own[0])}:{own[1]}"
            for recipe in recipes:
                for rate in self.label_rates or (None,):
                    for seed in self.seeds:
                        run = Run(reference, recipe, rate, self.erasure, seed)
                        if run not in done:
                            done.add(run)
                            yield run

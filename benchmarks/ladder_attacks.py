"""Measure what 500 adaptive submissions gain on a board without a defence, and on the Ladders.

Each attack of attackers.py runs against each defence, from random files or from a model's file. The
settings of an attack (rules, block sizes) are chosen against that defence on other labels, as an
attacker can do at home. Without an edition, labels are drawn: a base rate of .22 over the test
periods of an edition of 54,000. ladder_ground.py derives what it takes to leave the ground.

    python benchmarks/ladder_attacks.py --json leaderboard/results/ladder_attacks.json
    python benchmarks/ladder_attacks.py --edition DIR --start SUBMISSION --json FILE
    python benchmarks/ladder_attacks.py --from leaderboard/results/ladder_attacks.json \
        --write leaderboard/LADDER.md --out docs/ladder_attacks.svg
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from attackers import (
    RULES,
    Ask,
    Attack,
    Defence,
    FileScores,
    Truth,
    ask_of,
    boost_blindly,
    boost_from_a_model,
    climb,
    climb_by_importer,
    exact_board,
    improve_honestly,
    keep_the_luckiest,
    laddered_board,
    rounded_board,
)
from ladder_ground import measure_ground
from ladder_report import draw, summarize, tables_of

from customs_baselines.experiments.markdown_tables import put_table
from customs_data.edition.hidden import load_solution
from customs_data.edition.loading import load_edition
from customs_data.schema import KEY
from customs_leaderboard.ladder.ladder import STRICT_ERRORS, Ladder, default_step
from customs_scorer.submissions import read_submission

BASE_RATE = 0.22
SIZES = (8_134, 8_481)
SHOWN_QUERIES = (100, 250, 500)
#: The model's score is this times the label plus noise of unit variance: precision@5 % about .68.
MODEL_STRENGTH = 1.0

Settings = dict[str, Any]


@dataclass(frozen=True)
class Attacker:
    """An attack, the settings it chooses from, and whether it starts from the model's file."""

    attack: Callable[..., Attack]
    choices: tuple[Settings, ...]
    has_model: bool = False

    def start(self, truth: Truth) -> tuple[float, float]:
        """Return the precision before the attack; for random files its expectation."""
        if self.has_model:
            return truth.precisions(truth.model)
        return float(truth.public.mean()), float(truth.private.mean())


def settings(**values: Sequence[Any]) -> tuple[Settings, ...]:
    return tuple(dict(zip(values, chosen, strict=True)) for chosen in product(*values.values()))


FIRST = ("random", "constant")
BLOCKS = (2, 5, 10, 20, 40)
ATTACKERS = {
    "blind boosting, majority": Attacker(
        boost_blindly, settings(rule=("above the median",), first=FIRST)
    ),
    "blind boosting, best rule": Attacker(boost_blindly, settings(rule=tuple(RULES), first=FIRST)),
    "luckiest random file": Attacker(keep_the_luckiest, settings(first=FIRST)),
    "boosting from a model": Attacker(
        boost_from_a_model,
        settings(rule=tuple(RULES), spread=(0.05, 0.3, 0.9)),
        has_model=True,
    ),
    "climbing from a model": Attacker(
        climb, settings(start=("model",), block=BLOCKS, depth=(0.5,)), has_model=True
    ),
    "climbing from a random file": Attacker(
        climb, settings(start=("random",), block=BLOCKS, depth=(1.0,))
    ),
}
BY_IMPORTER = {
    "climbing by importer": Attacker(
        climb_by_importer,
        settings(n_importers=(2, 5, 10, 20, 40), size=(0.02, 0.05, 0.2)),
        has_model=True,
    )
}


def defences(n_public: int) -> dict[str, Callable[[], Defence]]:
    step = default_step(n_public)
    bare = partial(Ladder, ground_errors=0)
    ladders = {
        f"step Ladder {step:g}": bare("step", step),
        f"step Ladder {3 * step:.2g}": bare("step", float(f"{3 * step:.2g}")),
        "parameter-free Ladder": bare("parameter_free", step),
        f"paired Ladder, {STRICT_ERRORS:g} errors": bare("paired", step),
        f"grounded step Ladder {step:g}": Ladder("step", step),
        "grounded parameter-free Ladder": Ladder("parameter_free", step),
    }
    return {
        "none": exact_board,
        "rounded to .01": partial(rounded_board, 0.01),
        **{name: partial(laddered_board, ladder) for name, ladder in ladders.items()},
    }


def drawn_truth(rng: np.random.Generator, sizes: tuple[int, int] = SIZES) -> Truth:
    y_true = (rng.random(sum(sizes)) < BASE_RATE).astype(np.int8)
    model = MODEL_STRENGTH * y_true + rng.normal(size=len(y_true))
    return Truth(y_true[: sizes[0]], y_true[sizes[0] :], model)


def truth_of_edition(edition: Path, start: Path) -> Truth:
    loaded = load_edition(edition)
    solution = load_solution(loaded.layout, loaded.test[KEY])
    scores = read_submission(start, solution[KEY])
    is_public = (solution["Usage"] == "Public").to_numpy()
    order = np.concatenate([np.flatnonzero(is_public), np.flatnonzero(~is_public)])
    importer = np.unique(loaded.test["Importer ID"].astype(str), return_inverse=True)[1]
    y_true = solution["Fraud"].to_numpy(np.int8)
    return Truth(y_true[is_public], y_true[~is_public], scores[order], importer[order])


@dataclass(frozen=True)
class Plan:
    """Size of the measurement."""

    queries: int
    repetitions: int
    n_tuning: int = 3

    @property
    def seeds(self) -> range:
        """Seeds of the reported runs."""
        return range(self.repetitions)

    @property
    def tuning_seeds(self) -> range:
        """Seeds of the runs that choose settings."""
        return range(10_000, 10_000 + self.n_tuning)

    @property
    def checkpoints(self) -> list[int]:
        """Twenty numbers of submissions, for the curves."""
        return [self.queries * i // 20 for i in range(1, 21)]


def curves(
    attacker: Attacker,
    chosen: Settings,
    board: Callable[[], Defence],
    truths: Callable[[np.random.Generator], Truth],
    seeds: Sequence[int],
    checkpoints: Sequence[int],
) -> npt.NDArray[np.float64]:
    """Return public and private precision at the start and the checkpoints: (seeds, 1 + n, 2)."""
    runs = []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        truth = truths(rng)
        attack = attacker.attack(ask_of(board(), truth), truth, rng, **chosen)
        run = [attacker.start(truth)]
        for query, hand_in in zip(range(1, checkpoints[-1] + 1), attack, strict=False):
            if query in checkpoints:
                run.append(truth.precisions(hand_in()))
        runs.append(run)
    return np.array(runs)


def rounded(number: float) -> float:
    return round(float(number), 5)


def measure(
    attacker: Attacker,
    board: Callable[[], Defence],
    truths: Callable[[np.random.Generator], Truth],
    plan: Plan,
) -> dict[str, Any]:
    """Choose the settings that gain most in public, then measure them with other seeds."""

    def gain(chosen: Settings) -> float:
        end = plan.checkpoints[-1:]
        precisions = curves(attacker, chosen, board, truths, plan.tuning_seeds, end)
        return float((precisions[:, -1, 0] - precisions[:, 0, 0]).mean())

    chosen = max(attacker.choices, key=gain)
    precisions = curves(attacker, chosen, board, truths, plan.seeds, plan.checkpoints)
    gains = precisions[:, -1] - precisions[:, 0]
    errors = gains.std(axis=0, ddof=1) / len(gains) ** 0.5
    return {
        "settings": chosen,
        **{
            period: {
                "start": rounded(precisions[:, 0, i].mean()),
                "curve": [rounded(x) for x in precisions[:, 1:, i].mean(axis=0)],
                "gain": rounded(gains[:, i].mean()),
                "standard_error": rounded(errors[i]),
            }
            for i, period in enumerate(("public", "private"))
        },
    }


def measure_honest(
    board: Callable[[], Defence], truths: Callable[[np.random.Generator], Truth], plan: Plan
) -> dict[str, float]:
    """Compare the scores shown to a team of ever better models with its exact best so far."""
    best, shown = [], []
    for seed in plan.seeds:
        rng = np.random.default_rng(seed)
        truth = truths(rng)
        answers: list[float] = []
        ask = ask_of(board(), truth)

        def listen(file: FileScores, ask: Ask = ask, answers: list[float] = answers) -> float:
            answers.append(ask(file))
            return answers[-1]

        exact = [truth.precisions(hand_in())[0] for hand_in in improve_honestly(listen, truth, rng)]
        best.append(np.maximum.accumulate(exact))
        shown.append(np.maximum.accumulate(answers))  # the board shows the best answer
    exact_best, on_board = np.array(best), np.array(shown)
    return {
        "first": rounded(exact_best[:, 0].mean()),
        "best": rounded(exact_best[:, -1].mean()),
        "shown": rounded(on_board[:, -1].mean()),
        "behind": rounded(np.abs(exact_best - on_board).mean()),
        "changes": rounded((np.diff(on_board) > 0).sum(axis=1).mean()),
    }


def run(
    attackers: dict[str, Attacker],
    truths: Callable[[np.random.Generator], Truth],
    plan: Plan,
    boards: dict[str, Callable[[], Defence]],
) -> dict[str, Any]:
    """Run every attack against every defence and print each result."""
    attacks = []
    for name, attacker in attackers.items():
        for defence, board in boards.items():
            began = time.perf_counter()
            row = {"attack": name, "defence": defence, **measure(attacker, board, truths, plan)}
            attacks.append(row)
            seconds = time.perf_counter() - began
            line = f"{name:28} {defence:30} {summarize(row)} {row['settings']} {seconds:.0f} s"
            print(line, flush=True)
    return {
        "queries": plan.queries,
        "repetitions": plan.repetitions,
        "checkpoints": plan.checkpoints,
        "attacks": attacks,
    }


def run_on_edition(edition: Path, start: Path, plan: Plan) -> dict[str, Any]:
    """Run the attacks that start from a model's submission, on the labels of an edition."""
    truth = truth_of_edition(edition, start)
    attackers = {name: one for name, one in {**ATTACKERS, **BY_IMPORTER}.items() if one.has_model}
    measured = run(attackers, lambda _: truth, plan, defences(truth.sizes[0]))
    n_public, n_private = truth.sizes
    return {
        "edition": {
            "name": load_edition(edition).manifest.name,
            "base_rate": rounded(truth.public.mean()),
            "public": n_public,
            "private": n_private,
        },
        **measured,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--queries", type=int, default=500)
    parser.add_argument("--repetitions", type=int, default=20)
    parser.add_argument("--edition", type=Path, help="Organizer's copy, instead of drawn labels.")
    parser.add_argument("--start", type=Path, help="With --edition: a model's submission.")
    parser.add_argument("--json", type=Path, help="Save the results.")
    parser.add_argument("--from", dest="saved", type=Path, help="Read results; run nothing.")
    parser.add_argument("--write", type=Path, help="Rewrite the tables in this document.")
    parser.add_argument("--check", type=Path, help="Only check the tables in this document.")
    parser.add_argument("--out", type=Path, help="Draw the curves: .svg or .png.")
    options = parser.parse_args()
    began = time.perf_counter()
    if (options.edition is None) != (options.start is None):
        parser.error("--edition and --start go together.")
    if options.saved:
        results = json.loads(options.saved.read_text(encoding="utf-8"))
        name = options.saved.stem
    else:
        plan = Plan(options.queries, options.repetitions)
        if options.edition:
            results = run_on_edition(options.edition, options.start, plan)
        else:
            labels = {"base_rate": BASE_RATE, "public": SIZES[0], "private": SIZES[1]}
            boards = defences(SIZES[0])
            measured = run(ATTACKERS, drawn_truth, plan, boards)
            honest = [
                {"defence": name, **measure_honest(board, drawn_truth, plan)}
                for name, board in boards.items()
            ]
            ground = measure_ground(BASE_RATE, plan.queries)
            results = {"drawn": labels, **measured, "honest": honest, "ground": ground}
        name = options.json.stem if options.json else "ladder_attacks"
        print(f"all: {time.perf_counter() - began:.0f} s", flush=True)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    tables = {f"{name} {what}": table for what, table in tables_of(results).items()}
    print("\n\n".join(tables.values()))
    for document in (options.write, options.check):
        if document:
            for marker, table in tables.items():
                put_table(document, marker, table, check=document is options.check)
    if options.out:
        draw(results, options.out)


if __name__ == "__main__":
    main()

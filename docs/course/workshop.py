"""What the notebooks of the course share: their edition, the jury, and the checks of exercises.

Checks compare hashes, or compute once more what an answer must satisfy. So this file contains no
solution; those for instructors are in solutions/.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np

from customs_kit import Edition, load_edition, precision_at

#: Published seed and size of the edition that every notebook uses.
SEED: Final = 2036
N_DECLARATIONS: Final = 10_000
FOLDER: Final = Path("edition")

Check = Callable[..., bool]


def course_edition() -> Edition:
    """Return the edition of the course; make it beside the notebook if it is not there."""
    if not FOLDER.exists():
        from customs_data.edition.generating import generate_edition, read_blueprint
        from customs_data.keyed_random import secret_of_seed

        blueprint = read_blueprint(n_declarations=N_DECLARATIONS)
        secret = secret_of_seed(SEED)
        generate_edition(blueprint, secret, FOLDER, origin="published-seed", seed=SEED)
    return load_edition(FOLDER)


def jury(fraud_score: Any, rate: float = 0.05) -> float:
    """Return precision@5 % (or another rate) of scores for ``edition.test``, shape (n_test,)."""
    from customs_data.edition.hidden import load_solution
    from customs_data.edition.layout import Layout

    truth = load_solution(Layout.find(FOLDER))["Fraud"].to_numpy()
    return precision_at(truth, np.asarray(fraud_score, dtype=np.float64), rate)


def check(name: str, *answer: Any) -> None:
    """Print whether the answer to an exercise is right; the dots mean that there is none yet."""
    if any(part is ... for part in answer):
        print(f"{name}: no answer yet. Replace the dots.")
        return
    is_right, hint = CHECKS[name]
    try:
        right = is_right(*answer)
    except Exception as error:  # whatever a learner's function raises
        print(f"{name}: not yet. Checking it raised {type(error).__name__}: {error}")
        return
    print(f"{name}: right." if right else f"{name}: not yet. {hint}")


def digest(name: str, answer: Any) -> str:
    """Return the hash of an answer: a whole number, a text, or several texts in any order."""
    if isinstance(answer, list | tuple | set):
        text = "|".join(sorted(map(str, answer)))
    elif isinstance(answer, int | np.integer):
        text = str(int(answer))
    else:
        text = str(answer).strip()
    return hashlib.sha256(f"customs-kit course/{name}/{text}".encode()).hexdigest()[:16]


def _hashed(name: str, expected: str) -> Check:
    return lambda answer: digest(name, answer) == expected


def _smooths(function: Callable[..., float]) -> bool:
    """Whether it gives (f + m b) / (n + m)."""
    cases = np.random.default_rng(0).integers(1, 50, size=(20, 3))
    return all(
        np.isclose(function(int(n), int(f), 0.2, int(m)), (f + 0.2 * m) / (n + m))
        for n, f, m in cases
    )


def _adds_up(points: int, rules: Any) -> bool:
    """Whether points are the sum of those of the rules that apply to the first declaration."""
    first = course_edition().test.head(1)
    return int(points) == sum(rule.points for rule in rules if rule.applies(first)[0])


def _at_least(least: float) -> Check:
    return lambda fraud_score: jury(fraud_score) >= least


def _sums_to_score(contributions: Any, log_odds: Any) -> bool:
    """Whether the contributions of each declaration add up to its log-odds."""
    return bool(np.allclose(np.asarray(contributions).sum(axis=1), log_odds, atol=1e-3))


def _is_largest(name: str, contributions: Any, names: Any) -> bool:
    """Whether it is the feature whose contributions are largest on average, the base left out."""
    size = np.abs(np.asarray(contributions)[:, : len(names)]).mean(axis=0)
    return str(name) == list(names)[int(size.argmax())]


def _attends(function: Callable[..., Any]) -> bool:
    """Whether it returns the softmax-weighted mean of the values, and the weights."""
    random = np.random.default_rng(0)
    query, keys, values = (random.normal(size=size) for size in ((4,), (6, 4), (6, 3)))
    mean, weights = function(query, keys, values)
    logits = keys @ query / np.sqrt(len(query))
    expected = np.exp(logits - logits.max())
    expected /= expected.sum()
    return bool(np.allclose(weights, expected) and np.allclose(mean, expected @ values))


def _is_share(share: float, weights: Any) -> bool:
    return bool(np.isclose(float(share), np.max(weights) * len(weights), rtol=0.01))


def _passes_messages(function: Callable[..., Any]) -> bool:
    """Whether it returns each row's mean over the other rows of its group; 0 if there are none."""
    groups = np.array([0, 0, 0, 1, 1, 2])
    values = np.array([1.0, 2.0, 6.0, 10.0, 20.0, 7.0])
    return bool(np.allclose(function(groups, values), [4.0, 3.5, 1.5, 20.0, 10.0, 0.0]))


def _has_known_neighbours(share: float, edges: Any) -> bool:
    """Whether it is the share of test declarations with a labelled declaration of their seller."""
    return bool(np.isclose(float(share), np.mean(np.asarray(edges) > 0), atol=0.005))


def _budget(function: Callable[..., int]) -> bool:
    """Whether it rounds up, exactly: 7 % of 100 are 7, though 0.07 * 100 is more than 7."""
    cases = [(100, 5, 5), (101, 5, 6), (100, 7, 7), (1, 5, 1), (1000, 10, 100), (0, 5, 0)]
    return all(function(n, percent) == k for n, percent, k in cases)


def _weighs(rate: float, drawn: Any) -> bool:
    """Whether each draw is weighed with one over its chance."""
    weight = 1 / drawn["Propensity"]
    return bool(np.isclose(float(rate), (weight * drawn["Fraud"]).sum() / weight.sum(), atol=1e-3))


def _beats(mine: float, other: float) -> bool:
    return float(mine) > float(other)


#: By exercise: how its answer is checked, and a hint.
CHECKS: Final[dict[str, tuple[Check, str]]] = {
    "1a": (_hashed("1a", "4f5bb24a9729adb0"), "Use value_counts on Office ID, training only."),
    "1b": (_hashed("1b", "1ee84251e638401a"), "Count different importers, not declarations."),
    "1c": (
        _hashed("1c", "eb2da352cc704680"),
        "Group the labels by the first two digits of the HS code; leave out chapters with fewer "
        "than 100 declarations.",
    ),
    "2a": (_smooths, "With no history it is the base rate; with a long one it is f / n."),
    "2b": (_hashed("2b", "aca355a7e5eef8b5"), "Smooth with m = 10, then take the highest."),
    "2c": (_adds_up, "Look at the rules that apply to the first test declaration."),
    "2d": (_at_least(0.60), "Add the profiles of more columns: the declarant's, the HS code's."),
    "3a": (
        _is_largest,
        "Take the mean of the absolute contributions; the last column is the base.",
    ),
    "3b": (_sums_to_score, "Contributions add up to the log-odds, log(p / (1 - p))."),
    "3c": (_at_least(0.70), "More trees with a lower learning rate, or fewer levels."),
    "4a": (_attends, "Divide by the square root of the length of the query before the softmax."),
    "4b": (_is_share, "An equal share is 1 / number of weights."),
    "5a": (_hashed("5a", "ab34eb94250339b1"), "Other importers: do not count the importer itself."),
    "5b": (_passes_messages, "(sum of the group - own value) / (size of the group - 1)."),
    "5c": (_has_known_neighbours, "Count the labelled training declarations of each seller."),
    "6a": (_budget, "Compute with whole numbers: -(-n * percent // 100) rounds up."),
    "6b": (_weighs, "The mean of the reports, weighed with 1 / Propensity."),
    "6c": (_beats, "Learn from week.known_features and week.known_labels."),
}

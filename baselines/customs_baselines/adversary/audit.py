"""`data audit --adversary`: what a team gets out of an edition if it has read the code."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from customs_baselines.adversary.detector import ClusterDetector
from customs_baselines.adversary.forms import NOT_COMPARED, compare_forms
from customs_baselines.adversary.group_column import score_with_groups
from customs_baselines.adversary.keyed_rows import KeyedRows
from customs_baselines.adversary.own_worlds import know_edition, make_own_worlds
from customs_baselines.adversary.recovery import measure_recovery
from customs_baselines.adversary.seller_rule import join_by_sellers
from customs_baselines.adversary.transfer import TransferAudit
from customs_baselines.steps import step
from customs_data.columns.grouping import Group
from customs_data.columns.matching import arrow_text, match_ids
from customs_data.edition.hidden import load_hidden, load_oracle
from customs_data.edition.layout import TRUTH
from customs_data.edition.loading import Edition
from customs_data.edition.reveal import blueprint_of
from customs_data.erasure import erase
from customs_data.errors import KitError
from customs_data.keyed_random import secret_of_seed
from customs_data.schema import KEY
from customs_data.tasks import DEFAULT
from customs_scorer.audit.evidence import MOST_ROWS, AuditTest, Evidence, Skipped, upper_score

#: Results of a full audit: tests and what was skipped.
N_RESULTS: Final = 8
#: Own worlds: the detector learns on all but the last and chooses its settings on that one.
N_OWN_WORLDS: Final = 3
#: Shares of the labels with which the groups' column is tried.
LABEL_RATES: Final = (1.0, 0.1)
#: Fewer declarations have hardly any cluster.
FEWEST_ROWS: Final = 10_000

# Limits: a step back behind what version 2 was measured to allow.
_RULE, _RECALL_X_PURITY, _B_CUBED = 0.05, 0.60, 0.40
_GAIN = 0.08  # what the groups of version 1 added, which were its clusters
_EQUAL_FORMS = 0.03
_TRANSFER = "transfer, better orientation"
_NEVER_EQUAL = ("misclassification", "wrong tariff rate")


def audit_adversary(
    edition: Edition,
    evidence: Evidence,
    *,
    transfer: TransferAudit | None = None,
    profile: Path | None = None,
) -> Iterator[AuditTest | Skipped]:
    """Attack an edition as a team would that has read the simulator's code.

    Parameters
    ----------
    edition : Edition
    evidence : Evidence
        Its labelled rows.
    transfer : TransferAudit, optional
        Attack of models trained on other worlds; left out by default.
    profile : path, optional
        Calibration of the edition, if it is not the shipped one.

    Yields
    ------
    AuditTest or Skipped
        `Skipped` for what this edition does not allow.
    """
    if edition.manifest.origin == "import":
        yield Skipped(
            "all attacks", "The edition was imported: there is no simulator whose code could help."
        )
        return
    if edition.manifest.task != DEFAULT:
        yield Skipped(
            "all attacks", f"The adversary attacks editions that ask for {DEFAULT}, no others."
        )
        return
    yield from _audit_recovery(edition, evidence, profile)
    yield from _audit_forms(edition)
    if transfer is None:
        yield Skipped(_TRANSFER, "You asked for no transfer.")
        return
    try:
        yield from transfer.compare_orientations(edition, evidence)
    except KitError as error:
        yield Skipped(_TRANSFER, str(error))


def _audit_recovery(
    edition: Edition, evidence: Evidence, profile: Path | None
) -> Iterator[AuditTest | Skipped]:
    """Recover the hidden clusters without a label, and measure what that is worth."""
    n_rows = len(edition.train) + len(edition.test)
    if not FEWEST_ROWS <= n_rows <= MOST_ROWS:
        yield Skipped(
            "label-free recovery",
            f"It is tested on {FEWEST_ROWS:,} to {MOST_ROWS:,} declarations, and this edition has "
            f"{n_rows:,}: audit another one of the same configuration.",
        )
        return
    try:
        with step("the edition's world"):
            known = know_edition(edition, profile)
    except KitError as error:
        yield Skipped("label-free recovery", str(error))
        return
    measured = measure_recovery(join_by_sellers(KeyedRows(known.X)), known.cluster)
    yield AuditTest(
        "recovery by rule, B-cubed precision",
        measured.precision,
        _RULE,
        "Components of importers that share a seller of several goods and routes, against the "
        "hidden clusters; no label is used. In version 1 of the world it was .93.",
    )
    blueprint = blueprint_of(edition.manifest, profile)
    worlds = make_own_worlds(blueprint, N_OWN_WORLDS, n_declarations=n_rows)
    detector = ClusterDetector().fit(worlds)
    with step("groups of the edition"):
        group = detector.groups(known.X)
    measured = measure_recovery(group, known.cluster)
    yield AuditTest(
        "learned recovery, recall x purity",
        measured.recall_x_purity,
        _RECALL_X_PURITY,
        f"Groups of a detector that learned on {N_OWN_WORLDS - 1} other worlds and was tuned on "
        f"one more: recall {measured.recall:.2f} of the clusters' declarations, purity "
        f"{measured.purity:.2f}.",
    )
    yield AuditTest(
        "learned recovery, B-cubed",
        measured.b_cubed,
        _B_CUBED,
        f"B-cubed precision {measured.precision:.2f} x recall {measured.completeness:.2f} of the "
        "same groups, over the clusters' declarations.",
    )
    yield from _audit_worth(evidence, known.X[KEY], group)


def _audit_worth(
    evidence: Evidence, ids: pd.Series[str], group: Group
) -> Iterator[AuditTest | Skipped]:
    """Measure what the groups add to `lightgbm_team` as one target-encoded column."""
    places = [match_ids(arrow_text(f[KEY]), arrow_text(ids)) for f in _frames(evidence)]
    groups = (group[places[0]], group[places[1]])
    for rate in LABEL_RATES:
        y = keep_labels(evidence, rate)
        with step(f"lightgbm_team, {rate:.0%} of the labels"):
            plain, helped = (
                score_with_groups(evidence.train, y, evidence.later, column)
                for column in (None, groups)
            )
        value = evidence.score(plain)
        yield AuditTest(
            f"groups as a column, {rate:.0%} of the labels",
            evidence.score(helped) - value,
            _GAIN + upper_score(evidence, plain) - value,
            f"{evidence.metric.title} that the groups' target encoding adds to `lightgbm_team` "
            f"({value:.3f}); the threshold is {_GAIN:g}, what it added in version 1, plus two "
            "standard errors.",
        )


def _frames(evidence: Evidence) -> tuple[pd.DataFrame, pd.DataFrame]:
    return evidence.train, evidence.later


def keep_labels(evidence: Evidence, rate: float) -> npt.NDArray[np.int8]:
    """Return the training labels of which a share is kept, -1 for the others."""
    if rate == 1.0:
        return evidence.y
    kept = erase(
        evidence.train, evidence.y, label_rate=rate, erasure="random", secret=secret_of_seed(0)
    )
    return np.where(kept, evidence.y, -1).astype(np.int8)


def _audit_forms(edition: Edition) -> Iterator[AuditTest | Skipped]:
    """Measure the share of fraud whose form equals the honest one."""
    if not edition.layout.has_truth:
        yield Skipped("fraud that leaves no trace", "hidden/ contains no truth of the forms.")
        return
    declared = pd.concat([edition.train, edition.test], ignore_index=True)
    truth, oracle = load_hidden(edition.layout, TRUTH), load_oracle(edition.layout)
    ids = arrow_text(declared[KEY])
    truth = truth.take(match_ids(ids, arrow_text(truth[KEY])))
    scheme = oracle["Scheme"].take(match_ids(ids, arrow_text(oracle[KEY])))
    counts = compare_forms(declared, truth, scheme)
    by_scheme = ", ".join(f"{name} {n}" for name, n in counts["equal"].items() if n) or "none"
    yield AuditTest(
        "fraud that leaves no trace",
        float(counts["equal"].sum() / max(counts["frauds"].sum(), 1)),
        _EQUAL_FORMS,
        "Share of frauds whose goods, origin, rate, mass and price are what an honest declaration "
        f"would say. By scheme: {by_scheme} ({NOT_COMPARED} is not compared).",
    )
    never = counts[counts.index.isin(_NEVER_EQUAL)]
    yield AuditTest(
        "empty misclassification or tariff fraud",
        float(never["equal"].sum()),
        0.0,
        f"Declarations with the scheme {' or '.join(_NEVER_EQUAL)} that change nothing.",
    )

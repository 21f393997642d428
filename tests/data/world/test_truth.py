"""The truth behind the labels: what a cheat changes, the duty it evades, firms and networks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from customs_data.world.draft import Draft
from customs_data.world.schemes import SCHEMES
from customs_data.world.simulate import World
from inside_world import Inside

DECLARED = {
    "True HS6 Code": "HS6 Code",
    "True Country of Origin": "Country of Origin",
    "True Tax Rate": "Tax Rate",
    "True Net Mass": "Net Mass",
    "True Item Price": "Item Price",
}


def same(world: World) -> pd.DataFrame:
    """Whether each true value is the declared one, by name of the true one."""
    return pd.DataFrame(
        {true: world.truth[true] == world.declarations[name] for true, name in DECLARED.items()}
    )


def changed(honest: Draft, declared: Draft) -> np.ndarray:
    """Whether a declaration differs from the honest one in anything."""
    names = ("hs6", "departure", "origin", "tax_type", "rate", "log_mass", "log_price")
    pairs = [(getattr(honest, name), getattr(declared, name)) for name in names]
    pairs += [(honest.filing[name], declared.filing[name]) for name in honest.filing]
    return np.any([before != after for before, after in pairs], axis=0)


def test_every_cheat_and_look_alike_leaves_a_trace(inside: Inside) -> None:
    declared, outcome = inside.declared
    differs = changed(inside.honest, declared)
    scheme = np.where(outcome.scheme >= 0, outcome.scheme, outcome.lookalike)
    assert not differs[scheme < 0].any()
    assert differs[outcome.scheme >= 0].mean() > 0.97
    for number, name in enumerate(SCHEMES):
        without = (~differs[scheme == number]).mean()
        # False origin draws another agreement a few times; version 1 had half of these unchanged.
        assert without < 0.05 if name == "false origin" else without == 0.0


def test_schemes_without_occasion_are_replaced(inside: Inside) -> None:
    """Misclassification and a wrong rate need a cheaper one; few goods have it."""
    market, (_, outcome) = inside.simulation.setup.market, inside.declared
    can = inside.simulation.occasions.can(inside.honest)
    number = list(SCHEMES).index("wrong tariff rate")
    assert 0.05 < can[:, number].mean() < 0.95
    applied = np.where(outcome.scheme >= 0, outcome.scheme, outcome.lookalike)
    rows = np.flatnonzero(applied >= 0)
    assert can[rows, applied[rows]].all()
    free = (market.rate[inside.honest.cell] == 0.0) & (applied >= 0)
    assert not np.isin(applied[free], [number]).any()  # nothing is below a rate of 0


def test_honest_declarations_are_true_to_the_bit(world: World) -> None:
    honest = world.oracle["Scheme"] == ""
    assert same(world)[honest].all(axis=None)
    assert (world.truth["Duty Evaded"][honest] == 0.0).all()
    assert (world.truth["Declaration ID"] == world.declarations["Declaration ID"]).all()


def test_duty_evaded_is_what_the_honest_declaration_would_cost_more(world: World) -> None:
    truth, form = world.truth, world.declarations
    cheats = world.oracle["Scheme"] != ""
    honest = truth["True Item Price"] * truth["True Tax Rate"] / 100
    declared = form["Item Price"] * form["Tax Rate"] / 100
    evaded = np.maximum(honest - declared, 0.0)[cheats]
    assert np.abs(evaded - truth["Duty Evaded"][cheats]).max() <= 0.0051 + 1e-9 * evaded.max()
    assert (truth["Duty Evaded"] * 100 % 1 < 1e-3).mean() > 0.9  # in hundredths
    by_scheme = truth["Duty Evaded"].groupby(world.oracle["Scheme"]).max()
    assert by_scheme[["", "overvaluation", "origin marking"]].max() == 0.0
    assert (by_scheme.drop(["", "overvaluation", "origin marking"]) > 0.0).all()


@pytest.mark.parametrize(
    ("scheme", "differing"),
    [
        ("undervaluation", {"True Item Price"}),
        ("overvaluation", {"True Item Price"}),
        ("misclassification", {"True HS6 Code", "True Tax Rate"}),
        ("false origin", {"True Country of Origin", "True Tax Rate"}),
        ("quantity misstatement", {"True Net Mass", "True Item Price"}),
        ("wrong tariff rate", {"True Tax Rate"}),
        ("origin marking", set()),
    ],
)
def test_each_scheme_hides_its_own_truth(world: World, scheme: str, differing: set[str]) -> None:
    rows = world.oracle["Scheme"] == scheme
    differs = ~same(world)[rows]
    assert set(differs.columns[differs.any()]) == differing
    truth, form = world.truth[rows], world.declarations[rows]
    if scheme in ("undervaluation", "quantity misstatement"):
        assert (truth["True Item Price"] > form["Item Price"]).mean() > 0.99  # rounding of 1 KRW
    if scheme == "misclassification":
        assert (truth["True HS6 Code"].str[:2] == form["HS6 Code"].str[:2]).all()
        assert (truth["True Tax Rate"] > form["Tax Rate"]).all()


def test_the_inspection_records_a_violation_for_every_label(world: World) -> None:
    violation, scheme = world.truth["Violation"], world.oracle["Scheme"]
    fraud = world.declarations["Fraud"] == 1
    assert (violation[~fraud] == "").all()
    assert set(violation[fraud]) == set(SCHEMES)
    guilty = fraud & (scheme != "")
    assert (violation[guilty] == scheme[guilty]).all()
    assert 0.005 < (fraud & (scheme == "")).sum() / (scheme == "").sum() < 0.015  # the accused


def test_networks_name_firm_and_first_principal_of_each_importer(
    world: World, inside: Inside
) -> None:
    networks, importers = world.networks, inside.population.importers
    assert networks["Importer ID"].is_monotonic_increasing
    assert set(networks["Importer ID"]) == set(world.declarations["Importer ID"])
    # In terms of the agents: the same firm for each ID of a chain, the cluster of shells alone.
    names = inside.simulation.names.importer.to_numpy(zero_copy_only=False)
    number = pd.Series(np.arange(len(names)), index=names)[networks["Importer ID"]].to_numpy()
    assert (names[importers.firm[number]] == networks["Firm"]).all()
    clusters = inside.simulation.setup.cluster_names.to_numpy(zero_copy_only=False)
    assert (clusters[importers.cluster[number]] == networks["Network"]).all()  # [-1] is ""
    assert (networks["Network"] == "").sum() == (importers.cluster[number] < 0).sum() > 5_000
    # Honest re-registered firms and reborn shells alike have several IDs.
    several = networks[networks["Firm"].duplicated(keep=False)]
    assert (several["Network"] == "").sum() > 500
    assert (several["Network"] != "").sum() > 500


def test_the_second_principal_is_not_in_networks(world: World) -> None:
    """It is noise on purpose: a shell's rows may belong to another cluster than its network."""
    network = world.declarations["Importer ID"].map(
        world.networks.set_index("Importer ID")["Network"]
    )
    cluster = world.unrecorded["Cluster"]
    both = (network != "") & (cluster != "")
    lent = (network[both] != cluster[both]).mean()
    assert 0.1 < lent < 0.5
    assert ((network == "") & (cluster != "")).sum() > 1_000

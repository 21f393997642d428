"""Rings and decoys: families, kinds, lines that work for them, shells that return."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from customs_data.world.agents.brokers import make_declarants
from customs_data.world.agents.clusters import Drawn
from customs_data.world.agents.families import Kinship, draw_families, draw_members
from customs_data.world.agents.kinds import STYLE_TRAITS, draw_style
from customs_data.world.configuration import Clusters, Configuration
from customs_data.world.drawing.arithmetic import exponential
from customs_data.world.drawing.random_streams import Streams
from customs_data.world.market import HABITS
from customs_data.world.simulate import World
from inside_world import Inside

STREAMS = Streams(bytes(range(32)), "test/1")
N_FAMILIES, N_MEMBERS = 2_000, 6_000


def column(name: str) -> int:
    return HABITS.index(name)


@pytest.fixture(scope="module")
def relatives(configuration: Configuration, inside: Inside) -> tuple[Kinship, Kinship]:
    """Families and, three by three, their members; row i of both belongs together."""
    setup, settings = inside.simulation.setup, configuration.clusters
    declarants = make_declarants(configuration.trade, setup.profile, setup.market, 54_000, STREAMS)
    families = draw_families(settings, setup.market, declarants, N_FAMILIES, STREAMS)
    family = np.repeat(np.arange(N_FAMILIES), N_MEMBERS // N_FAMILIES)
    members = draw_members(settings, setup.market, families, family, STREAMS)
    of_each = (getattr(families, name)[family] for name in Kinship.__dataclass_fields__)
    return Kinship(*of_each), members


@pytest.mark.parametrize(
    ("attribute", "place"),
    [
        ("country", ()),
        ("office", ()),
        *(("chapter", (slice(None), number)) for number in range(4)),
        *(("habit", (slice(None), column(name))) for name in HABITS if name != "office"),
    ],
)
def test_members_take_an_attribute_from_their_family_with_a_fixed_probability(
    configuration: Configuration, relatives: tuple[Kinship, Kinship], attribute: str, place: tuple
) -> None:
    family, member = (getattr(kinship, attribute)[place] for kinship in relatives)
    # Chapters are drawn from the goods of a member's country, so chance is that of relatives with
    # other chapters than those at the same place in the list.
    alike = (family == member).mean()
    strangers = np.roll(family, N_MEMBERS // 2)
    chance = (strangers == member).mean()
    kin = configuration.clusters.kin_share
    expected = kin + (1.0 - kin) * chance
    tolerance = 0.04 if attribute == "chapter" else 0.025  # about 4 standard errors of 6,000
    assert expected - tolerance < alike < expected + 2 * tolerance


def test_parts_of_the_template_are_shared_together(relatives: tuple[Kinship, Kinship]) -> None:
    family, member = (kinship.habit for kinship in relatives)
    same = family == member
    mode, kind = same[:, column("mode")], same[:, column("import_type")]
    use, indicator = same[:, column("import_use")], same[:, column("indicator")]
    # Mode and import type come from the family at once; use and indicator one by one.
    assert np.corrcoef(mode, kind)[0, 1] > 0.25
    assert abs(np.corrcoef(use, indicator)[0, 1]) < 0.1


def test_members_share_the_brokers_of_their_family(relatives: tuple[Kinship, Kinship]) -> None:
    family, member = (kinship.declarant for kinship in relatives)
    assert np.array_equal(np.sort(family, axis=1), np.sort(member, axis=1))
    # They start with either of them, so that a first broker does not name a family's order.
    assert 0.4 < (family[:, 0] == member[:, 0]).mean() < 0.6


def test_rings_and_decoys_are_of_the_same_kinds_in_drawn_proportions(
    configuration: Configuration,
) -> None:
    settings = replace(configuration.clusters, kind_sd=0.0)
    is_ring = np.arange(40_000) < 20_000
    style = np.stack(list(draw_style(settings, is_ring, STREAMS).values()), axis=1)
    assert style.shape == (40_000, len(STYLE_TRAITS))
    _, kind = np.unique(style, axis=0, return_inverse=True)
    kind = kind.reshape(-1)
    n_rings = np.bincount(kind[is_ring], minlength=settings.kinds)
    n_decoys = np.bincount(kind[~is_ring], minlength=settings.kinds)
    assert len(n_rings) == settings.kinds
    assert (n_rings > 0).all()
    assert (n_decoys > 0).all()
    # The odds of being a ring are those that the secret drew for each kind, up to one factor.
    drawn = settings.kind_risk_sd * STREAMS.normal("kind/risk", 0, settings.kinds)[:, 0]
    seen = np.log(n_rings / n_decoys)
    assert np.allclose(np.sort(seen - seen.mean()), np.sort(drawn - drawn.mean()), atol=0.15)
    assert np.ptp(exponential(drawn)) > 0.5


def test_kinds_are_no_axis(configuration: Configuration) -> None:
    """No direction of style parts rings from decoys in every world: their gaps differ in sign."""
    is_ring = np.arange(4_000) < 2_000
    gaps = []
    for number in range(30):
        streams = Streams(bytes([number]) * 32, "test/1")
        style = np.stack(list(draw_style(configuration.clusters, is_ring, streams).values()))
        spread = style.std(axis=1)
        gaps.append((style[:, is_ring].mean(axis=1) - style[:, ~is_ring].mean(axis=1)) / spread)
    share_positive = (np.array(gaps) > 0).mean(axis=0)
    assert ((share_positive > 0.15) & (share_positive < 0.85)).all()  # .5 +- .09 by chance
    first = np.linalg.svd(np.array(gaps), compute_uv=False)
    assert first[0] ** 2 / (first**2).sum() < 0.5  # one axis would explain nearly all


def test_constants_are_drawn_within_their_ranges(configuration: Configuration) -> None:
    settings: Clusters = configuration.clusters
    worlds = [Drawn.draw(settings, Streams(bytes([n]) * 32, "test/1")) for n in range(40)]
    for name in Drawn.__dataclass_fields__:
        low, high = getattr(settings, name)
        values = [getattr(drawn, name) for drawn in worlds]
        assert low <= min(values) < low + 0.25 * (high - low)
        assert high - 0.25 * (high - low) < max(values) <= high


def test_a_declaration_belongs_to_the_cluster_of_its_line(inside: Inside) -> None:
    draft, population = inside.honest, inside.population
    importers, lines, clusters = population.importers, population.lines, population.clusters
    rows = np.flatnonzero(draft.cluster >= 0)
    # It is one for which a line of the importer works, with goods of that cluster, while it lasts.
    first = importers.first_line[draft.importer[rows]]
    works_for = [
        lines.cluster[np.minimum(first + number, len(lines) - 1)]
        for number in range(int(importers.n_lines.max()))
    ]
    among = np.stack(works_for, axis=1) == draft.cluster[rows, None]
    counted = np.arange(among.shape[1]) < importers.n_lines[draft.importer[rows], None]
    assert (among & counted).any(axis=1).all()
    assert clusters.is_active(draft.cluster[rows], draft.day[rows]).all()
    goods = clusters.cell[draft.cluster[rows]]
    assert (goods == draft.cell[rows, None]).any(axis=1).all()


def test_shells_work_for_a_second_principal_and_ordinary_firms_for_a_cluster(
    inside: Inside,
) -> None:
    importers, lines = inside.population.importers, inside.population.lines
    drawn = inside.population.clusters.drawn
    owner = np.repeat(np.arange(len(importers)), importers.n_lines)
    principal = importers.cluster[owner]
    ordinary = principal < 0
    # 38,000 and 15,000 lines, some of them shared by several IDs of a firm.
    recruited = (lines.cluster[ordinary] >= 0).mean()
    assert abs(recruited - drawn.recruit_share) < 0.012
    lent = (lines.cluster[~ordinary] != principal[~ordinary]).mean()
    assert abs(lent - drawn.second_principal_share) < 0.025
    # A shell has one second principal at most.
    pairs = np.unique(np.stack([owner, lines.cluster])[:, ~ordinary], axis=1)
    assert np.bincount(pairs[0]).max() == 2


def test_a_respectable_firm_cheats_in_the_line_of_a_ring(inside: Inside, world: World) -> None:
    """The risk belongs to the line: the same importers are honest elsewhere."""
    oracle, importer = world.oracle, world.declarations["Importer ID"]
    networks = world.networks.set_index("Importer ID")["Network"]
    ordinary = importer.map(networks) == ""
    in_ring = oracle["Ring"] != ""
    firms = set(importer[ordinary & in_ring])
    assert len(firms) > 100
    theirs = ordinary & importer.isin(firms)
    probability = oracle["Fraud Probability"]
    assert probability[theirs & in_ring].mean() > probability[theirs & ~in_ring].mean() + 0.2


def test_pace_moves_the_rows_of_a_shell(inside: Inside) -> None:
    importers, clusters = inside.population.importers, inside.population.clusters
    rows = np.bincount(inside.importer, minlength=len(importers))
    shell = importers.cluster >= 0
    total = np.bincount(importers.cluster[shell], weights=rows[shell], minlength=len(clusters))
    per_shell = total / np.bincount(importers.cluster[shell], minlength=len(clusters))
    some = per_shell > 0
    pace, seen = np.log(clusters.shell_rows[some]), np.log(per_shell[some])
    assert np.corrcoef(pace, seen)[0, 1] > 0.5
    # And not the size of the cluster.
    assert abs(np.corrcoef(pace, np.log(total[some]))[0, 1]) < 0.3


def test_shells_return_under_another_id(configuration: Configuration, inside: Inside) -> None:
    importers = inside.population.importers
    shells = np.flatnonzero(importers.cluster >= 0)
    again = shells[importers.firm[shells] != shells]
    before = importers.firm[again]
    assert np.array_equal(before, again - 1)
    same = importers.cluster[shells[1:]] == importers.cluster[shells[:-1]]
    assert 0.35 < 2 * len(again) / same.sum() / configuration.clusters.rebirth_share < 1.3
    for name in ("cluster", "declarant", "habit", "house", "place", "price_offset", "n_lines"):
        trait = getattr(importers, name)
        assert np.array_equal(trait[again], trait[before])
    gap = importers.birth[again] - importers.death[before]
    late = importers.death[before] > inside.population.clusters.end[importers.cluster[before]] - 2
    assert (gap[~late] > -1.0).all()  # a shell lasts for a day at least
    assert 0.5 < gap[~late].mean() / configuration.clusters.rebirth_gap < 1.5


def test_decoys_have_the_habits_of_their_section(
    configuration: Configuration, inside: Inside
) -> None:
    effects = inside.simulation.setup.effects
    scheme = np.diff(effects.scheme_shares, axis=1, prepend=0.0)
    practice = np.diff(effects.practice_shares, axis=1, prepend=0.0)
    noise = np.log(practice / scheme)
    noise -= noise.mean(axis=1, keepdims=True)
    # 21 sections of 7 schemes; an independent draw would differ by 1.5.
    spread = noise.std() * np.sqrt(7 / 6)
    assert abs(spread / configuration.cheating.practice_sd - 1.0) < 0.25

"""Reference scores come from other editions only."""

import json
from pathlib import Path

import pytest

from customs_data.errors import KitError
from customs_leaderboard.standings.reference_scores import (
    ReferenceScore,
    load_reference_scores,
    read_reference_scores,
    save_reference_scores,
)

RESULTS = Path(__file__).parents[2] / "baselines" / "results"


def run(edition, baseline, score, rate=0.5, **more):
    public = {"precision_at_5": score, "precision_at_10": 0.1}
    return {
        "edition": edition, "baseline": baseline, "recipe": "kit", "label_rate": rate,
        "erasure": "random", "public": public, **more,
    }  # fmt: skip


def grid(runs, commitment="0" * 64, with_links=True):
    editions = {
        name: {
            "commitment": commitment,
            "with_links": with_links,
            "ceiling": {"public": {"precision_at_5": 0.9 if name == "a" else 0.8}},
        }
        for name in ("a", "b")
    }
    return {"format": "customs-kit grid 1", "editions": editions, "runs": dict(enumerate(runs))}


@pytest.fixture
def read(tmp_path, edition):
    def read_content(*contents, practice=False):
        files = []
        for i, content in enumerate(contents):
            files.append(tmp_path / f"{i}.json")
            files[-1].write_text(json.dumps(content))
        return read_reference_scores(files, edition.manifest, practice=practice)

    return read_content


def test_scores_are_means_over_editions_of_means_over_seeds(read):
    """a: (0.2 + 0.4) / 2 = 0.3; b: 0.5; their mean is 0.4, not (0.2 + 0.4 + 0.5) / 3."""
    scores = read(grid([run("a", "x", 0.2), run("a", "x", 0.4), run("b", "x", 0.5)]))
    # Standard deviations: 0.1 * sqrt(2) around 0.4, 0.05 * sqrt(2) around 0.85.
    spreads = [pytest.approx(x * 2**0.5) for x in (0.1, 0.05)]
    assert scores.baselines == [ReferenceScore("x (kit)", pytest.approx(0.4), 2, spreads[0])]
    assert scores.ceiling == ReferenceScore("ceiling", pytest.approx(0.85), 2, spreads[1])
    assert read(grid([run("a", "x", 0.2)])).baselines == [ReferenceScore("x (kit)", 0.2, 1)]


def test_ceiling_and_prior_are_means_over_the_same_editions(read):
    old, new = grid([run("a", "x", 0.2)]), grid([run("a", "x", 0.2)])
    new["editions"]["c"] = new["editions"].pop("b")
    for name, prior in (("a", 0.85), ("c", 0.75)):
        new["editions"][name]["prior"] = {"public": {"precision_at_5": prior}}
    scores = read(old)
    assert scores.ceiling.score == pytest.approx(0.85)
    assert scores.prior is None
    scores = read(old, new)  # b has the prior alone, under the name of ceiling
    assert scores.ceiling.score == pytest.approx((0.9 + 0.8) / 2)
    assert scores.prior.score == pytest.approx((0.85 + 0.75) / 2)
    assert scores.ceiling.n_editions == scores.prior.n_editions == 2
    worlds = {
        "worlds": [{"prior oracle @5 %": 0.7, "posterior oracle @5 %": 0.8}, {"oracle @5 %": 0.6}]
    }
    scores = read(worlds)
    assert (scores.ceiling.score, scores.prior.score) == (0.8, 0.7)


def test_only_runs_of_the_editions_label_rate_and_erasure_count(read):
    runs = [
        run("a", "x", 0.2),
        run("a", "x", 0.9, rate=1.0),
        run("a", "x", 0.9, erasure="delay"),
        run("a", "x", 0.9, public=None),
        run("a", "x", 0.9, error="it broke"),
    ]
    assert read(grid(runs)).baselines == [ReferenceScore("x (kit)", 0.2, 1)]
    with pytest.raises(KitError, match=r"\(0\.5 random\), only with 0\.5 delay, 1 random"):
        read(grid(runs[1:]))


def test_worlds_without_links_are_other_worlds(read):
    with pytest.raises(KitError, match=r"only with 0\.5 random without links"):
        read(grid([run("a", "x", 0.2)], with_links=False))
    scores = read(grid([run("a", "x", 0.2)]), grid([run("a", "x", 0.9)], with_links=False))
    assert scores.baselines == [ReferenceScore("x (kit)", 0.2, 1)]


def test_results_on_the_edition_itself_are_refused(read, edition):
    own = edition.manifest.commitment
    for content in (
        grid([run("a", "x", 0.2)], commitment=own),
        [run("a", "x", 0.2, repeat={"edition": "small", "commitment": own})],
    ):
        with pytest.raises(KitError, match="which reveal its labels"):
            read(content)
        assert read(content, practice=True).baselines == [ReferenceScore("x (kit)", 0.2, 1)]


def test_the_kits_own_results_are_read(edition):
    from dataclasses import replace

    manifest = replace(edition.manifest, label_rate=0.1)
    files = [RESULTS / "scarcity.json", RESULTS / "worlds.json"]
    scores = read_reference_scores(files, manifest, practice=False)
    assert {level.n_editions for level in scores.baselines} == {5, 10}
    assert scores.baselines[0].score > scores.baselines[-1].score > 0.3
    assert 0.85 < scores.ceiling.score < 0.93
    assert scores.ceiling.n_editions == 20


@pytest.mark.parametrize(
    "content",
    [{}, "x", None, [{}], {"format": "customs-kit grid 1"}, {"worlds": [{}]},
     [run("a", "<script>", 0.2, repeat={"edition": "x", "commitment": ""})]],
)  # fmt: skip
def test_another_file_is_refused(read, content):
    with pytest.raises(KitError, match="is not a results file"):
        read(content)


def test_references_are_kept_and_read_again(read, board):
    assert board.reference_scores.baselines == []
    scores = read(grid([run("a", "x", 0.2)]))
    save_reference_scores(board.folder, scores)
    assert load_reference_scores(board.folder) == scores
    board.folder.references_file.write_text("{}")
    with pytest.raises(KitError, match="is damaged"):
        load_reference_scores(board.folder)

"""What stands beside the teams comes from other editions only."""

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
    found = read(grid([run("a", "x", 0.2), run("a", "x", 0.4), run("b", "x", 0.5)]))
    assert found.baselines == [ReferenceScore("x (kit)", pytest.approx(0.4), 2)]
    assert found.ceiling == ReferenceScore("ceiling", pytest.approx(0.85), 2)


def test_only_runs_of_the_editions_label_rate_and_erasure_count(read):
    held = [
        run("a", "x", 0.2),
        run("a", "x", 0.9, rate=1.0),
        run("a", "x", 0.9, erasure="delay"),
        run("a", "x", 0.9, public=None),
        run("a", "x", 0.9, error="it broke"),
    ]
    assert read(grid(held)).baselines == [ReferenceScore("x (kit)", 0.2, 1)]
    with pytest.raises(KitError, match=r"0.5 random, however: they hold 0.5 delay, 1 random"):
        read(grid(held[1:]))


def test_worlds_without_links_are_other_worlds(read):
    with pytest.raises(KitError, match=r"they hold 0\.5 random without links"):
        read(grid([run("a", "x", 0.2)], with_links=False))
    found = read(grid([run("a", "x", 0.2)]), grid([run("a", "x", 0.9)], with_links=False))
    assert found.baselines == [ReferenceScore("x (kit)", 0.2, 1)]


def test_results_on_the_edition_itself_are_refused(read, edition):
    own = edition.manifest.commitment
    for content in (
        grid([run("a", "x", 0.2)], commitment=own),
        [run("a", "x", 0.2, repeat={"edition": "small", "commitment": own})],
    ):
        with pytest.raises(KitError, match="must hold results on other editions"):
            read(content)
        assert read(content, practice=True).baselines == [ReferenceScore("x (kit)", 0.2, 1)]


def test_the_kits_own_results_are_read(edition):
    from dataclasses import replace

    manifest = replace(edition.manifest, label_rate=0.1)
    files = [RESULTS / "scarcity.json", RESULTS / "worlds.json"]
    found = read_reference_scores(files, manifest, practice=False)
    assert {level.n_editions for level in found.baselines} == {10}
    assert found.baselines[0].score > found.baselines[-1].score > 0.3
    assert 0.85 < found.ceiling.score < 0.93
    assert found.ceiling.n_editions == 20


@pytest.mark.parametrize(
    "content",
    [{}, "x", None, [{}], {"format": "customs-kit grid 1"}, {"worlds": [{}]},
     [run("a", "<script>", 0.2, repeat={"edition": "x", "commitment": ""})]],
)  # fmt: skip
def test_another_file_is_refused(read, content):
    with pytest.raises(KitError, match="must hold results"):
        read(content)


def test_references_are_kept_and_read_again(read, board):
    assert board.reference_scores.baselines == []
    held = read(grid([run("a", "x", 0.2)]))
    save_reference_scores(board.folder, held)
    assert load_reference_scores(board.folder) == held
    board.folder.references_file.write_text("{}")
    with pytest.raises(KitError, match="must hold references"):
        load_reference_scores(board.folder)

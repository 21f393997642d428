"""The figure of what links are worth, and the guide's figures as a whole."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from customs_baselines.experiments.result_rows import Results, read_results
from customs_baselines.experiments.results_file import GridResults
from customs_data.errors import KitError
from studies import world_guide
from studies.links_figure import draw_links, paired_scores
from studies.world_figures.figures import FIGURES
from studies.world_figures.scene import make_scene


def _results(scores: dict[tuple[int, bool], float]) -> GridResults:
    """Grid of one model: one score per secret and setting, .1 less with a tenth of the labels."""
    results = GridResults({"versions": {}, "code_sha256": ""})
    for (seed, linked), score in scores.items():
        name = f"world-{seed}" + ("" if linked else "-without-links")
        ceiling = {"private": {"precision_at_5": 0.9}}
        results.editions[name] = {"seed": seed, "with_links": linked, "ceiling": ceiling}
        for rate, value in ((1.0, score), (0.1, score - 0.1)):
            results.runs[f"{name}/{rate}"] = {
                "edition": name,
                "baseline": "xgboost",
                "recipe": "kit",
                "transductive": False,
                "label_rate": rate,
                "erasure": "random",
                "seed": 0,
                "private": {"precision_at_5": value},
            }
    return results


def _read(results: GridResults, folder: Path) -> Results:
    results.save(folder / "links.json")
    return read_results([folder / "links.json"])


PAIRED = {(1, True): 0.7, (1, False): 0.6, (2, True): 0.5, (2, False): 0.2}


def test_scores_are_paired_by_secret(tmp_path):
    results = _read(_results(PAIRED | {(3, True): 0.4}), tmp_path)
    pairs = paired_scores(results, "xgboost")
    assert list(pairs) == [0.1, 1.0]
    assert pairs[1.0] == {1: (0.7, 0.6), 2: (0.5, 0.2)}  # the third secret has no partner
    gains = {seed: linked - unlinked for seed, (linked, unlinked) in pairs[0.1].items()}
    assert gains == pytest.approx({1: 0.1, 2: 0.3})
    results = _results(PAIRED)
    for run in results.runs.values():
        run["erasure"] = "delay"
    # All labels are all labels, whatever would have erased them.
    assert list(paired_scores(_read(results, tmp_path), "xgboost")) == [1.0]


def test_without_pairs_there_is_nothing_to_draw(tmp_path):
    with pytest.raises(KitError, match="without links"):
        draw_links(_read(_results({(1, True): 0.7, (2, False): 0.6}), tmp_path))


def test_the_guide_s_pictures_are_drawn_by_one_command(tmp_path, monkeypatch):
    small = make_scene((5, 6), n_declarations=3000)
    monkeypatch.setattr(world_guide, "make_scene", lambda: small)
    _results(PAIRED).save(tmp_path / "links.json")
    out = tmp_path / "figures"
    arguments = ["--links", str(tmp_path / "links.json"), "--out", str(out)]
    ran = CliRunner().invoke(world_guide.main, arguments)
    assert ran.exit_code == 0, ran.output
    assert {path.stem for path in out.iterdir()} == {*FIGURES, world_guide.LINKS}
    svg = (out / "links.svg").read_text(encoding="utf-8")
    ElementTree.fromstring(svg)
    assert "prefers-color-scheme:dark" in svg


def test_results_that_are_none_are_one_sentence(tmp_path):
    (tmp_path / "links.json").write_text(json.dumps({}))
    arguments = ["--links", str(tmp_path / "links.json"), "--out", str(tmp_path)]
    ran = CliRunner().invoke(world_guide.main, arguments)
    assert ran.exit_code == 1
    assert "contains no scored run" in ran.output

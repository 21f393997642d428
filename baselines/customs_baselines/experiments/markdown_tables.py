"""Markdown tables of results, and putting them in documents."""

from __future__ import annotations

import re
from pathlib import Path
from statistics import mean
from typing import Any

from customs_baselines.catalogue import marks_of
from customs_baselines.experiments.paper_table3 import TABLE_3, is_release
from customs_baselines.experiments.result_rows import Group, Results, read_results
from customs_baselines.experiments.results_file import read_json
from customs_baselines.experiments.statistics import (
    CALIBRATION,
    FEWEST_EDITIONS,
    Summary,
    summarize,
)
from customs_baselines.explaining.explanation_tables import explanations_table, is_explanations
from customs_data.columns.column_set import ColumnSet
from customs_data.errors import KitError
from customs_data.files.atomic import write_atomically
from customs_scorer.calibration import N_GROUPS


def table_of(
    paths: list[Path],
    label_rates: tuple[float, ...] = (),
    models: tuple[str, ...] = (),
    recipes: tuple[str, ...] = (),
) -> str:
    """Return the Markdown table of results files: runs and grids, or explanations.

    Parameters
    ----------
    paths : list of path
        Results files.
    label_rates : tuple of float
        Label rates of runs and grids to show; empty for all.
    models, recipes : tuple of str
        Runs and grids to show (see `Results.only`); empty for all.

    Raises
    ------
    KitError
        If a file contains neither, or nothing to show.
    """
    if is_explanations(read_json(paths[0])):
        return explanations_table(paths)
    return markdown_table(read_results(paths).only(models, recipes).at(label_rates))


def markdown_table(results: Results) -> str:
    """Return the table of results: one row per model, recipe, label rate and erasure, on Private.

    On the public release, models of the paper's Table 3 with recipe ``paper`` have the scores of
    the paper beside ours.
    """
    groups = results.groups()
    columns = _Columns(results, groups)
    header = columns.header()
    n_text = 2
    lines = [
        markdown_row(header),
        markdown_row(["---"] * n_text + ["---:"] * (len(header) - n_text)),
    ]
    lines += [markdown_row(columns.cells(group, runs)) for group, runs in groups.items()]
    failures = {results.group_of(run): run for run in results.failed}
    for group, run in failures.items():
        reason = str(run["error"]).splitlines()[0].replace("|", "\\|")
        cells = [*columns.labels(group), f"failed: {reason}"]
        lines.append(markdown_row(cells + [""] * (len(header) - len(cells))))
    return "\n".join([*lines, "", _caption(results)])


class _Columns:
    """Columns of a table, and their cells."""

    def __init__(self, results: Results, groups: dict[Group, list[dict[str, Any]]]) -> None:
        everything = [*groups, *(results.group_of(run) for run in results.failed)]
        self._labels = len({group.label_rate for group in everything}) > 1
        self._erasure = len({group.erasure for group in everything} - {"none"}) > 1
        self._links = len({group.with_links for group in everything}) > 1
        self._metrics, self._task = results.metrics.ranked, results.task
        self._unseen_metric = f"unseen_{self._metrics[0].name}"
        self._unseen = len(results.editions) == 1 and any(
            run["private"].get(self._unseen_metric) for run in results.runs
        )
        self._calibration = _has_calibration(results)
        self._paper = all(map(is_release, results.editions.values())) and any(
            _paper_cells(group)[0] for group in groups
        )

    def header(self) -> list[str]:
        names = ["baseline", "recipe"]
        names += ["labels"] if self._labels else []
        names += ["erasure"] if self._erasure else []
        names += ["links"] if self._links else []
        first, *others = (metric.short or metric.title for metric in self._metrics)
        names += ["runs", first, "95 % interval", *others]
        names += [f"unseen {first}"] if self._unseen else []
        names += ["calibration"] if self._calibration else []
        names += ["paper, synthetic", "paper, real"] if self._paper else []
        return [*names, "CPU s"]

    def labels(self, group: Group) -> list[str]:
        cells = [f"`{group.baseline}`", group.recipe or "-"]
        cells += [f"{group.label_rate:g}"] if self._labels else []
        cells += [group.erasure] if self._erasure else []
        cells += ["yes" if group.with_links else "no"] if self._links else []
        return cells

    def cells(self, group: Group, runs: list[dict[str, Any]]) -> list[str]:
        name = self.labels(group)
        name[0] += marks_of(group.baseline, any(run["transductive"] for run in runs), self._task)
        first, *others = (summarize(runs, m.name, m.interval_name) for m in self._metrics)
        cells = [*name, str(len(runs)), _spread(first), _interval(first), *map(_spread, others)]
        cells += [_spread(summarize(runs, self._unseen_metric))] if self._unseen else []
        if self._calibration:
            error = summarize(runs, CALIBRATION)
            cells.append("" if error is None else _spread(error))
        cells += _paper_cells(group) if self._paper else []
        return [*cells, f"{mean(run['cpu_seconds'] for run in runs):.1f}"]


def _has_calibration(results: Results) -> bool:
    return any(CALIBRATION in run["private"] for run in results.runs)


def _paper_cells(group: Group) -> list[str]:
    """Scores in the paper, @5 % / @10 %, on its synthetic and its real declarations."""
    if group.recipe != "paper" or group.label_rate != 1 or group.baseline not in TABLE_3:
        return ["", ""]
    paper = TABLE_3[group.baseline]
    return [f"{five:.3f} / {ten:.3f}" for five, ten in (paper.synthetic, paper.source)]


def _caption(results: Results) -> str:
    editions = results.linked_editions()
    n_others = len(results.editions) - len(editions)
    if len(results.editions) == 1:
        whose = f"Edition `{editions[0]['name']}`; mean ± standard deviation over seeds; "
        whose += "95 % intervals: bootstrap over the test declarations, averaged over seeds."
    else:
        others = f" (without links: over {n_others})" if n_others else ""
        whose = f"Mean ± standard deviation over {len(editions)} editions{others}; "
        whose += (
            "95 % intervals of the mean: Student's t over editions."
            if len(editions) >= FEWEST_EDITIONS
            else f"a 95 % interval of the mean takes {FEWEST_EDITIONS} editions."
        )
    ranked = results.metrics.ranked
    parts = [f"{capitalized(ranked[0].title.partition('@')[0])} on Private. {whose}"]
    if len(results.editions) == 1:
        parts.append(f"*unseen*: {results.metrics.words.unseen_definition}.")
    for edition in editions:
        columns = ColumnSet(tuple(edition.get("absent", ())), edition.get("extra", {}))
        if columns != ColumnSet():
            parts.append(columns.after(f"Columns of `{edition['name']}`") + ".")
    if _has_calibration(results):
        parts.append(
            f"*calibration*: the expected calibration error on Private, which is the mean distance "
            f"between mean score and share of label 1 in {N_GROUPS} equal groups by score (0: the "
            "scores are probabilities; empty: they are not in [0, 1], or it was not computed)."
        )
    known = (
        "given the declaration score {}: the ceiling"
        if any(edition.get("prior") for edition in editions)
        else "before the declaration is written score {}: the prior"
    )
    for sentence, name in (
        (f"{results.metrics.words.copied_sentence} {{}}.", "lookup"),
        (f"The true probabilities {known}.", "ceiling"),
        ("Before it is written they score {}: the prior.", "prior"),
    ):
        scores = [edition[name]["private"] for edition in editions if edition.get(name)]
        if scores:
            means = (mean(score[metric.name] for score in scores) for metric in ranked)
            parts.append(sentence.format(" / ".join(f"{value:.3f}" for value in means)))
    return " ".join(parts)


def capitalized(text: str) -> str:
    """Return a text with a capital first letter."""
    return text[:1].upper() + text[1:]


def markdown_row(cells: list[str]) -> str:
    """Return a row of a Markdown table."""
    return f"| {' | '.join(cells)} |"


def _spread(summary: Summary | None) -> str:
    if summary is None:
        return "-"
    text = f"{summary.mean:.3f}"
    return text if summary.spread is None else f"{text} ± {summary.spread:.3f}"


def _interval(summary: Summary | None) -> str:
    interval = None if summary is None else summary.telling_interval
    return "-" if interval is None else f"{interval[0]:.3f} .. {interval[1]:.3f}"


def put_table(document: Path, name: str, table: str, *, check: bool) -> None:
    """Put a table between ``<!-- results:NAME -->`` and ``<!-- /results -->`` of a document.

    Parameters
    ----------
    document : path
        Markdown file.
    name : str
        Name in the marker.
    table : str
        Markdown to put between the markers.
    check : bool
        Only check that it is there already.

    Raises
    ------
    KitError
        If the document has no such markers, or `check` finds another table between them.
    """
    try:
        text = document.read_text(encoding="utf-8")
    except OSError as error:
        raise KitError(f"{document} cannot be read: {error.strerror}.") from None
    pattern = re.compile(
        rf"(<!-- results:{re.escape(name)} -->\n).*?(<!-- /results -->)", re.DOTALL
    )
    if not pattern.search(text):
        raise KitError(
            f"{document} has no markers '<!-- results:{name} -->' and '<!-- /results -->'. Add "
            "them where the table should be."
        )
    updated = pattern.sub(lambda match: f"{match[1]}{table}\n{match[2]}", text)
    if check and updated != text:
        raise KitError(
            f"The table {name} in {document} differs from its results. Run the command again with "
            "--write instead of --check."
        )
    if not check:
        write_atomically(document, updated)

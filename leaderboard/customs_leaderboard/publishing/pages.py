"""Pages of a published competition in Markdown, from the templates in texts/.

Nothing in them depends on hidden labels.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from string import Template
from typing import Final

from customs_data.edition.layout import DATASHEET, USAGES, Layout
from customs_data.edition.manifest import Manifest
from customs_data.tasks import Scores, Task, find_task
from customs_leaderboard.publishing.announcement import Announcement
from customs_leaderboard.publishing.metric_files import published_metrics
from customs_leaderboard.rules.explanations import (
    explain_answer,
    explain_metric,
    explain_uncertainty,
    name_ranking,
)
from customs_leaderboard.rules.schedule import show_time
from customs_scorer.formats import FORMATS_IN_WORDS
from customs_scorer.validation import about_validation

#: Licence suggested for generated data, which describe nobody.
DATA_LICENCE: Final = "CC BY 4.0"
_LICENCES: Final = {
    "published-seed": f"The declarations are simulated; they are published under {DATA_LICENCE}.",
    "secret": f"The declarations are simulated; they are published under {DATA_LICENCE}.",
    "import": "The declarations are the organizer's, who decides on their licence.",
}
_PRACTICE: Final = (
    "\n**This is practice.** The edition's seed is published, so anyone can regenerate the hidden "
    "labels. There is nothing to win.\n"
)
_LUCK: Final = "Differences of a few hundredths may be luck: there are no confidence intervals."
_NO_LADDER: Final = (
    "There is no Ladder: the answer to every file is its exact public score, so whoever sends many "
    "files can climb the public board by luck. Only Private decides."
)
_NO_LOG: Final = "There is no hash-chained log of submissions: you have to trust the platform."


@dataclass(frozen=True)
class Platform:
    """Differences of a platform.

    Attributes
    ----------
    name : str
        Name of the platform.
    n_ranked : int or None
        Number of metrics that its board sorts by; None for all.
    final : str
        Which file of a participant counts at the end.
    file : str
        Kind of file that participants upload.
    lacks : tuple of str
        Features of the kit's leaderboard that are missing; one sentence each.
    later : tuple of str
        Facts that change during a competition; they stay ``$NAME`` in the texts.
    """

    name: str
    n_ranked: int | None
    final: str
    file: str
    lacks: tuple[str, ...]
    later: tuple[str, ...] = ()


CODABENCH: Final = Platform(
    name="Codabench",
    n_ranked=None,
    final="Your last accepted file of the public phase is scored on Private after the close.",
    file=f"a zip archive with one file, {FORMATS_IN_WORDS}",
    lacks=(_NO_LADDER, _LUCK, _NO_LOG),
)
KAGGLE: Final = Platform(
    name="Kaggle",
    n_ranked=1,
    final="The two files you select are scored on Private after the close; the better one counts.",
    file="submission.csv (`customs-kit submission send` also takes gzipped CSV and unpacks it)",
    lacks=(
        _NO_LADDER,
        _LUCK,
        _NO_LOG,
    ),
)


@dataclass(frozen=True)
class Page:
    """A page: short name, title, and text in Markdown that ends with a line break."""

    name: str
    title: str
    text: str


_TITLES: Final = {
    "overview": "Overview",
    "data": "Data",
    "evaluation": "Evaluation",
    "rules": "Rules",
}


def make_pages(
    layout: Layout, manifest: Manifest, announcement: Announcement, platform: Platform
) -> list[Page]:
    """Return the pages in reading order: overview, data, evaluation, rules.

    Parameters
    ----------
    layout : Layout
        Folders of the edition; only public/ is read.
    manifest : Manifest
        Manifest of the edition.
    announcement : Announcement
        Title, times, limits.
    platform : Platform
        Platform of the pages.
    """
    task = find_task(manifest.task)
    metrics = published_metrics(task)
    ranked = metrics[: platform.n_ranked]
    lacks = list(platform.lacks)
    if others := [metric.title for metric in metrics[len(ranked) :]]:
        lacks.append(f"A metric is one number here: ties are not broken by {', '.join(others)}.")
    facts = {
        **_edition_facts(manifest),
        "question": task.question,
        "motivation": task.motivation,
        "metric": explain_metric(task, metrics[0], manifest.rows),
        "uncertainty": explain_uncertainty(task, metrics[0], manifest.rows["public"]),
        "answer": explain_answer(task),
        "header": ",".join(task.header),
        "row": task.row_in_words,
        "finite": ", with finite numbers" if isinstance(task.answer, Scores) else "",
        "public_part": _part(task, manifest, "public"),
        "private_part": _part(task, manifest, "private"),
        "validate": about_validation(task),
        "datasheet": (layout.public / DATASHEET).read_text(encoding="utf-8").strip(),
        "title": announcement.title,
        "opens": show_time(announcement.opens),
        "closes": show_time(announcement.closes),
        "daily_limit": str(announcement.daily_limit),
        "quota": f"{announcement.daily_limit} per day",
        "contact": f"\nQuestions: {announcement.contact}\n" if announcement.contact else "",
        "ranking": name_ranking(ranked),
        "final": platform.final,
        "file": platform.file,
        "limits": _limits(platform, lacks),
        **{name: f"${name}" for name in platform.later},
    }
    return [
        Page(name, title, Template(read_template(name)).substitute(facts))
        for name, title in _TITLES.items()
    ]


def _part(task: Task, manifest: Manifest, period: str) -> str:
    """Return what the units of a period are, with its days where it has any."""
    if not task.asks_declarations:
        return task.part_in_words(period)
    first, last = manifest.dates[period]
    return f"{period} period ({first} to {last})"


def describe_edition(layout: Layout, manifest: Manifest) -> str:
    """Return the datasheet of an edition, and how to check and load it; only public/ is read."""
    sheet = (layout.public / DATASHEET).read_text(encoding="utf-8").strip()
    return (
        f"{sheet}\n\n## Check\n\n`customs-kit data verify FOLDER` compares the files with "
        f"edition.json. Commitment to the hidden labels: `{manifest.commitment}`. Load the edition "
        "with `from customs_kit import load_edition`.\n"
    )


def read_template(name: str) -> str:
    """Return the template of a page by its short name."""
    texts = files("customs_leaderboard.publishing").joinpath("texts")
    return texts.joinpath(f"{name}.md").read_text(encoding="utf-8")


def _limits(platform: Platform, lacks: list[str]) -> str:
    if not lacks:
        return ""
    listed = "\n".join(f"* {sentence}" for sentence in lacks)
    return (
        "\n## Limits of this platform\n\nThe kit has its own leaderboard. Compared with it, on "
        f"{platform.name}:\n\n{listed}\n"
    )


def _edition_facts(manifest: Manifest) -> dict[str, str]:
    """Return the facts of the edition, all from its manifest."""
    facts = {
        "n_train": f"{manifest.rows['train']:,}",
        "label_share": f"{manifest.label_rate * 100:.3g} %",
        "commitment": manifest.commitment,
        "licence": _LICENCES[manifest.origin],
        "practice": _PRACTICE if manifest.origin == "published-seed" else "",
        "checksums": "\n".join(
            f"| {name} | {record.rows:,} | `{record.sha256}` |"
            for name, record in manifest.files.items()
        ),
    }
    for period in USAGES:
        first, last = manifest.dates[period]
        facts |= {
            f"n_{period}": f"{manifest.rows[period]:,}",
            f"days_{period}": f"{first} to {last}",
        }
    return facts

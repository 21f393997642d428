"""Pages of a published competition, in Markdown; nothing in them depends on hidden labels.

Their texts stand in `texts/`, where an organizer may read and change them.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from string import Template
from typing import Final

from customs_data.edition.layout import DATASHEET, USAGES, Layout
from customs_data.edition.manifest import Manifest
from customs_leaderboard.publishing.announcement import Announcement
from customs_leaderboard.rules.competition import show_time
from customs_scorer.metrics.inspection import n_inspected

#: Suggested for generated data: they describe nobody.
DATA_LICENCE: Final = "CC BY 4.0"
_LICENCES: Final = {
    "published-seed": f"The declarations are simulated; they are published under {DATA_LICENCE}.",
    "secret": f"The declarations are simulated; they are published under {DATA_LICENCE}.",
    "import": "The declarations are the organizer's; their licence is what the organizer says.",
}
_PRACTICE: Final = (
    "\n**This is practice.** The edition's seed is published: anyone can make the hidden labels "
    "again. Nothing can be won.\n"
)


@dataclass(frozen=True)
class Platform:
    """What a platform does its own way.

    Attributes
    ----------
    name : str
        As people call it.
    ranking : str
        What the board is sorted by.
    final : str
        Which of a participant's files counts at the end.
    file : str
        What is uploaded.
    lacks : tuple of str
        What our own leaderboard has, and this platform does not; one sentence each.
    """

    name: str
    ranking: str
    final: str
    file: str
    lacks: tuple[str, ...]


CODABENCH: Final = Platform(
    name="Codabench",
    ranking="precision@5 %, then precision@10 %, then the earlier submission",
    final="Your last accepted file of the public phase is scored on Private after the close.",
    file="a zip archive that holds submission.csv",
    lacks=(
        "There is no Ladder: every file is told its exact public score, so a participant who sends "
        "many files can climb the public board by luck. Only Private decides.",
        "There are no confidence intervals and no rank ranges: differences of a few hundredths are "
        "as likely luck as skill.",
        "There is no hash-chained log of what was sent when: the platform's word stands for it.",
    ),
)
KAGGLE: Final = Platform(
    name="Kaggle",
    ranking="precision@5 %, then the earlier submission",
    final="The two files you select are scored on Private after the close; the better one counts.",
    file="submission.csv",
    lacks=(
        "There is no Ladder: every file is told its exact public score, so a team that sends many "
        "files can climb the public board by luck. Only Private decides.",
        "A metric is one number here: ties are not broken by precision@10 %.",
        "There are no confidence intervals and no rank ranges: differences of a few hundredths are "
        "as likely luck as skill.",
        "There is no hash-chained log of what was sent when: the platform's word stands for it.",
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
    layout: Layout, manifest: Manifest, told: Announcement, site: Platform
) -> list[Page]:
    """Return the pages in the order they are read: overview, data, evaluation, rules.

    Parameters
    ----------
    layout : Layout
        Of the edition; only public/ is read.
    manifest : Manifest
        Of the edition.
    told : Announcement
        Title, times, limits.
    site : Platform
        Where the pages stand.
    """
    facts = {
        **_edition_facts(manifest),
        "datasheet": (layout.public / DATASHEET).read_text(encoding="utf-8").strip(),
        "title": told.title,
        "opens": show_time(told.opens),
        "closes": show_time(told.closes),
        "daily_limit": str(told.daily_limit),
        "contact": f"\nQuestions: {told.contact}\n" if told.contact else "",
        "site": site.name,
        "ranking": site.ranking,
        "final": site.final,
        "file": site.file,
        "lacks": "\n".join(f"* {sentence}" for sentence in site.lacks),
    }
    texts = files("customs_leaderboard.publishing").joinpath("texts")
    return [
        Page(
            name,
            title,
            Template(texts.joinpath(f"{name}.md").read_text(encoding="utf-8")).substitute(facts),
        )
        for name, title in _TITLES.items()
    ]


def _edition_facts(manifest: Manifest) -> dict[str, str]:
    """What the pages say of the edition, all of it from its manifest."""
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
        n, (first, last) = manifest.rows[period], manifest.dates[period]
        facts |= {
            f"n_{period}": f"{n:,}",
            f"k_{period}": f"{n_inspected(n, 0.05):,}",
            f"days_{period}": f"{first} to {last}",
        }
    k = n_inspected(manifest.rows["public"], 0.05)
    facts["standard_error"] = f"{0.5 / k**0.5:.3f}"  # of a share: at most where it is a half
    return facts

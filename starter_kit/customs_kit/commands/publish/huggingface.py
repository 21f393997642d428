"""`customs-kit publish huggingface`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from customs_kit.commands.options import EditionFolder, json_option, practice_option
from customs_kit.commands.publish.options import tell_upload

if TYPE_CHECKING:
    from customs_data.edition.layout import Layout


@click.command()
@click.argument("edition", type=EditionFolder(path_type=Path))
@click.option("--repo", required=True, metavar="ORG/NAME", help="Repository to send to.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Folder of the files to send. A new folder is made from the edition, an existing one is "
    "used as it is.  [default: NAME]",
)
@click.option("--confirm", is_flag=True, help="Send it. By default nothing leaves your computer.")
@click.option("--public", is_flag=True, help="Make it visible to everybody.  [default: private]")
@click.option("--title", help="Title of the card.  [default: the edition's name]")
@click.option(
    "--licence", help="Licence of a dataset, as Hugging Face spells it.  [default: cc-by-4.0]"
)
@click.option(
    "--results",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Publish these results on the edition as a model card instead: a file of `baseline run "
    "--json` or of a grid; may be given twice.",
)
@click.option("--dataset", metavar="ORG/NAME", help="Repository of the edition, for a model card.")
@click.option("--closed", is_flag=True, help="The competition is over: scores may be published.")
@practice_option
@json_option
def huggingface(
    edition: Path,
    repo: str,
    out: Path | None,
    confirm: bool,
    public: bool,
    title: str | None,
    licence: str | None,
    results: tuple[Path, ...],
    dataset: str | None,
    closed: bool,
    practice: bool,
    as_json: bool,
) -> None:
    """Publish EDITION on Hugging Face as a dataset, or results on it as a model card.

    The first call makes a folder of everything that would be sent: the public files, their tables
    in Parquet, and a card. Read it, change it, then call again with --confirm, which takes Hugging
    Face's client (pip install 'customs-kit[huggingface]') and your token in HF_TOKEN. Everything is
    private unless you add --public. A folder with anything of hidden/ is refused.

    \b
    Examples:
      customs-kit publish huggingface my-edition --repo our-lab/customs-2030
      customs-kit publish huggingface my-edition --repo our-lab/customs-2030 --confirm
      customs-kit publish huggingface practice --repo our-lab/baselines --results results.json
    """
    if not results and (dataset or closed):
        raise click.UsageError("--dataset and --closed are for a model card: add --results.")
    if results and licence:
        raise click.UsageError("--licence is for a dataset; leave out --results.")

    from customs_data.edition.layout import Layout
    from customs_kit.terminal.output import print_json, progress_console
    from customs_leaderboard.publishing.guard import HiddenGuard
    from customs_leaderboard.publishing.huggingface.client import (
        connect,
        endpoint_of_environment,
    )
    from customs_leaderboard.publishing.huggingface.dataset import (
        check_folder,
        check_reference,
        prepare_dataset,
        upload,
    )

    layout = Layout.find(edition)
    _warn(layout)
    check_reference(repo)
    folder = out or Path(repo.split("/")[1])
    if not folder.exists():
        if results:
            _make_model_card(layout, folder, list(results), title, dataset, closed)
        else:
            prepare_dataset(edition, folder, repo, title=title, licence=licence, practice=practice)
    check_folder(folder)
    guard = HiddenGuard(layout) if layout.has_hidden else None
    if guard is not None:
        guard.check(folder)
    summary: dict[str, Any] = {
        "endpoint": endpoint_of_environment(),
        "kind": "model" if results else "dataset",
        "sent": confirm,
        "folder": str(folder),
        "files": sorted(
            str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()
        ),
        "public": public,
    }
    if confirm:
        with progress_console().status("Sending to Hugging Face ..."):
            summary["url"] = upload(
                connect(), folder, repo, guard, kind=summary["kind"], public=public
            )
    if as_json:
        print_json(summary)
    else:
        tell_upload(summary)


def _make_model_card(
    layout: Layout,
    folder: Path,
    results: list[Path],
    title: str | None,
    dataset: str | None,
    closed: bool,
) -> None:
    """Write the card of results that are all on one edition."""
    from customs_baselines.experiments.markdown_tables import markdown_table
    from customs_baselines.experiments.result_rows import read_results
    from customs_baselines.experiments.summaries import summaries
    from customs_data.edition.manifest import read_manifest
    from customs_data.errors import KitError
    from customs_leaderboard.publishing.huggingface.model_card import prepare_model_card

    manifest = read_manifest(layout.public)
    scored = read_results(results)
    train = manifest.files["train"].sha256
    for other in scored.editions.values():
        if other.get("train_sha256") != train:
            raise KitError(
                f"{results[0]} has results on {other['name']}, which is not this edition "
                f"({manifest.name}). Give the edition that the models were trained on."
            )
    prepare_model_card(
        manifest,
        folder,
        markdown_table(scored),
        summaries(scored),
        title=title,
        dataset=dataset,
        closed=closed,
    )


def _warn(layout: Layout) -> None:
    """Print a warning about the edition's origin, if there is one."""
    from customs_data.edition.manifest import read_manifest
    from customs_leaderboard.rules.edition_origin import origin_warning

    if warning := origin_warning(read_manifest(layout.public)):
        click.echo(f"Warning: {warning}", err=True)

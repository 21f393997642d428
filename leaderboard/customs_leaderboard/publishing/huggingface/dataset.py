"""An edition as a dataset on Hugging Face: its public files in Parquet, and a card."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any, Final

from customs_data.edition.layout import (
    CROISSANT,
    DATASHEET,
    MANIFEST,
    TEST,
    TRAIN,
    Layout,
    find_table,
)
from customs_data.edition.loading import load_edition, load_public_table
from customs_data.edition.manifest import Manifest
from customs_data.edition.metadata.croissant import croissant
from customs_data.errors import KitError
from customs_data.files.atomic import new_folder
from customs_data.files.table_parts import is_in_parts, table_parts
from customs_data.files.writing import write_table
from customs_data.tasks import find_task
from customs_leaderboard.publishing.guard import HiddenGuard
from customs_leaderboard.publishing.huggingface.client import HubService
from customs_leaderboard.publishing.pages import describe_edition
from customs_leaderboard.rules.edition_origin import check_origin

CARD: Final = "README.md"
#: As Hugging Face spells CC BY 4.0.
LICENCE: Final = "cc-by-4.0"
_REPOSITORY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}/[A-Za-z0-9][A-Za-z0-9._-]{0,95}")
#: Splits by table. Tables have different columns, so each is a configuration of its own.
_SPLITS: Final = {TRAIN: "train", TEST: "test"}
_TAGS: Final = ("customs", "fraud-detection", "tabular", "croissant")
_SIZES: Final = (
    (10**3, "n<1K"), (10**4, "1K<n<10K"), (10**5, "10K<n<100K"), (10**6, "100K<n<1M"),
    (10**7, "1M<n<10M"), (10**8, "10M<n<100M"),
)  # fmt: skip


def prepare_dataset(
    edition: Path,
    folder: Path,
    reference: str,
    *,
    title: str | None = None,
    licence: str | None = None,
    practice: bool = False,
) -> None:
    """Write the public files, their tables in Parquet, and a dataset card into a folder.

    The folder is an edition: `load_edition` reads it, and `customs-kit data verify` checks it.

    Parameters
    ----------
    edition : path
        An edition; hidden/ is not read.
    folder : path
        New folder.
    reference : str
        ``ORG/NAME`` on Hugging Face.
    title : str, optional
        Title of the card; the edition's name by default.
    licence : str, optional
        Hugging Face's name of the licence; cc-by-4.0 by default, required for imported
        declarations.
    practice : bool
        Allow an edition of a published seed.

    Raises
    ------
    KitError
        If the edition is unusable, or the name is none.
    """
    layout = Layout.find(edition)
    manifest = load_edition(edition).manifest
    check_origin(manifest, practice=practice)
    check_reference(reference)
    if licence is None and manifest.origin == "import":
        raise KitError(
            "Imported declarations need a licence. Give --licence with Hugging Face's name of it "
            "(cc0-1.0, cc-by-4.0, other, ...)."
        )
    with new_folder(folder) as scratch:
        public = scratch / "public"
        public.mkdir()
        for name in (MANIFEST, DATASHEET):
            shutil.copyfile(layout.public / name, public / name)
        paths = {table: _write(layout, manifest, table, public) for table in manifest.files}
        # The edition's own describes files in another format.
        (public / CROISSANT).write_text(croissant(manifest, public), encoding="utf-8")
        metadata = _metadata(manifest, paths, title or manifest.name, licence or LICENCE)
        card = _card(layout, manifest, reference, title or manifest.name)
        (scratch / CARD).write_text(f"---\n{metadata}---\n\n{card}", encoding="utf-8")


def upload(
    service: HubService,
    folder: Path,
    reference: str,
    guard: HiddenGuard | None,
    *,
    kind: str = "dataset",
    public: bool = False,
) -> str:
    """Create the repository, unless it exists, and send the folder as one commit; return its URL.

    Parameters
    ----------
    service : HubService
        Connection to Hugging Face.
    folder : path
        Folder of `prepare_dataset` or `prepare_model_card`; its owner may have changed it.
    reference : str
        ``ORG/NAME``.
    guard : HiddenGuard or None
        Check of the folder; None if there is no hidden/ that could leak.
    kind : {'dataset', 'model'}
        Kind of the repository.
    public : bool
        Whether a new repository is public. A public one gets nothing that is not.

    Raises
    ------
    KitError
        If the folder contains anything hidden, the repository is public and `public` is False, or
        Hugging Face refuses.
    """
    check_folder(folder)
    if guard is not None:
        guard.check(folder)
    place: dict[str, Any] = {"repo_id": reference, "repo_type": kind}
    url = service.call(
        "creating the repository", "create_repo", **place, private=not public, exist_ok=True
    )
    made = service.call("asking who may read the repository", "repo_info", **place)
    if not public and not made.private:
        raise KitError(f"{reference} exists and is public. Add --public. Nothing was sent.")
    service.call(
        "sending the files",
        "upload_folder",
        **place,
        folder_path=str(folder),
        commit_message="Upload with customs-kit",
    )
    return str(url)


def check_folder(folder: Path) -> None:
    """Check that a folder was made to be sent.

    Raises
    ------
    KitError
        If it has no card, so that it is probably a folder of something else.
    """
    card = folder / CARD
    if not card.is_file() or not card.read_bytes().startswith(b"---\n"):
        raise KitError(
            f"{folder} exists, but was not made for Hugging Face: it has no {CARD} that begins "
            "with a line of ---. Name another folder with --out."
        )


def check_reference(reference: str) -> None:
    """Check the name of a repository.

    Raises
    ------
    KitError
        If it is not ``ORG/NAME``.
    """
    if not _REPOSITORY.fullmatch(reference) or "--" in reference or ".." in reference:
        raise KitError(
            f"Hugging Face does not accept the repository {reference!r}: write ORG/NAME, each of "
            "up to 96 letters, digits, dots, underscores and single hyphens."
        )


def _write(layout: Layout, manifest: Manifest, table: str, public: Path) -> Path:
    """Write train or test in Parquet; copy other tables, and what is Parquet, as they are.

    Teams submit the sample as CSV.
    """
    source = find_table(layout.public, table)
    if is_in_parts(source):
        (public / table).mkdir()
        for part in table_parts(source):
            shutil.copyfile(part, public / table / part.name)
        return public / table
    if table not in (TRAIN, TEST) or source.suffix == ".parquet":
        shutil.copyfile(source, public / source.name)
        return public / source.name
    write_table(load_public_table(layout, manifest, table), public / table, "parquet")
    return public / f"{table}.parquet"


def _metadata(manifest: Manifest, paths: dict[str, Path], title: str, licence: str) -> str:
    """Return the card's metadata as YAML."""
    n_rows = sum(manifest.rows.values())
    metadata: dict[str, Any] = {
        "pretty_name": title,
        "license": licence,
        "task_categories": ["tabular-classification"],
        "tags": [*_TAGS, *(["synthetic"] if manifest.origin != "import" else [])],
        "size_categories": [next((name for n, name in _SIZES if n_rows < n), "100M<n<1B")],
        "configs": [
            {
                "config_name": table,
                **({"default": True} if table == TRAIN else {}),
                "data_files": [{"split": _SPLITS.get(table, TRAIN), "path": f"public/{place}"}],
            }
            for table, path in paths.items()
            for place in [f"{path.name}/*.parquet" if is_in_parts(path) else path.name]
            if place.endswith(".parquet")  # the site reads all tables in one format
        ],
    }
    import yaml

    return str(yaml.safe_dump(metadata, sort_keys=False, allow_unicode=True))


def _card(layout: Layout, manifest: Manifest, reference: str, title: str) -> str:
    """Return the text of the card."""
    return f"""# {title}

{find_task(manifest.task).question}

```python
from customs_kit import load_edition
from huggingface_hub import snapshot_download

edition = load_edition(snapshot_download("{reference}", repo_type="dataset"))
```

Or a table at a time, `{TRAIN}` or `{TEST}`:

```python
from datasets import load_dataset

train = load_dataset("{reference}", "{TRAIN}", split="train")
```

{describe_edition(layout, manifest)}"""

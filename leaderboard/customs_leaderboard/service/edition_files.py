"""The edition's public files, each under /edition/NAME, and one zip of them all."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse

from customs_data.edition.layout import CROISSANT, DATASHEET, MANIFEST, Layout, find_table
from customs_data.edition.manifest import Manifest
from customs_data.files.atomic import replace_file
from customs_data.files.table_parts import table_parts
from customs_data.temporary import reason_of
from customs_leaderboard.errors import NotFoundError, UnavailableError
from customs_leaderboard.service.answers import problem_answers
from customs_leaderboard.service.caching import matches
from customs_leaderboard.store.folder import Folder

_MEDIA_TYPES: Final = {
    ".csv": "text/csv; charset=utf-8",
    ".json": "application/json",
    ".md": "text/markdown; charset=utf-8",
    ".parquet": "application/vnd.apache.parquet",
    ".zip": "application/zip",
}
#: Stored in the zip as they are: small, or already compressed.
_STORED: Final = {".json", ".md", ".parquet"}


class EditionFiles:
    """Public files of an edition by name.

    The text of a request is only compared with these names; no path is built from it.

    Parameters
    ----------
    layout : Layout
        Folders of the edition.
    manifest : Manifest
        Lists the public tables.
    """

    def __init__(self, layout: Layout, manifest: Manifest) -> None:
        tables = [find_table(layout.public, table) for table in manifest.files]
        paths = [path for table in tables for path in table_parts(table)]
        paths += [layout.public / MANIFEST, layout.public / DATASHEET]
        if (described := layout.public / CROISSANT).exists():
            paths.append(described)
        self._paths: dict[str, Path] = {
            path.relative_to(layout.public).as_posix(): path for path in paths
        }

    @property
    def names(self) -> list[str]:
        """The names, sorted; a part is named with its folder: train/part-00001.parquet."""
        return sorted(self._paths)

    @property
    def tables(self) -> dict[str, list[str]]:
        """The names by what they are files of: themselves, or the folder of a table in parts."""
        tables: dict[str, list[str]] = {}
        for name in self.names:
            folder, slash, _ = name.partition("/")
            tables.setdefault(folder + slash, []).append(name)
        return tables

    def find(self, name: str) -> Path:
        """Return the path of a file by its name.

        Raises
        ------
        NotFoundError
            If no file has this name, or it is a link.
        """
        path = self._paths.get(name)
        if path is None or path.is_symlink() or not path.is_file():
            last = [names[-1] for names in self.tables.values()]
            raise NotFoundError(f"No such file. The edition has: {', '.join(last)}.")
        return path


@dataclass(frozen=True)
class Archive:
    """The zip of the public files.

    Attributes
    ----------
    path : path
        The file, in the competition's folder.
    url : str
        Path of the download.
    n_bytes : int
        Size.
    etag : str
        Strong ETag of the content.
    """

    path: Path
    url: str
    n_bytes: int
    etag: str


class EditionArchive:
    """One zip of the public files, in the competition's folder.

    The first call of `get` makes the zip; later calls, also of later processes, use it while the
    manifest is the same. Its bytes follow from the files: it contains no times.

    Parameters
    ----------
    files : EditionFiles
        The public files; nothing else gets into the zip.
    manifest : Manifest
        Gives the zip and the folder in it their name.
    folder : Folder
        The competition's folder.
    """

    def __init__(self, files: EditionFiles, manifest: Manifest, folder: Folder) -> None:
        self._files = files
        self._edition = manifest.name
        self._path = folder.archive_file
        self._making = Lock()
        self._archive: Archive | None = None
        self.name: Final = f"{manifest.name}.zip"

    def get(self) -> Archive:
        """Return the zip; blocks while it is made.

        Raises
        ------
        UnavailableError
            If the disk fails.
        """
        with self._making, _packing_errors():
            if self._archive is None or not self._path.is_file():
                # Its comment names the manifest that it was made from.
                key = _sha256(self._files.find(MANIFEST)).encode()
                if _comment_of(self._path) != key:
                    self._make(key)
                self._archive = Archive(
                    self._path,
                    f"/edition/{self.name}",
                    self._path.stat().st_size,
                    f'"{_sha256(self._path)[:32]}"',
                )
            return self._archive

    def get_or_none(self) -> Archive | None:
        """Return the zip, or None if it cannot be made: pages then leave out its button."""
        try:
            return self.get()
        except (UnavailableError, NotFoundError):
            return None

    def _make(self, key: bytes) -> None:
        with (
            replace_file(self._path, mode=0o600) as scratch,
            zipfile.ZipFile(scratch, "w", zipfile.ZIP_DEFLATED) as packed,
        ):
            packed.comment = key
            for name in self._files.names:
                path = self._files.find(name)
                # Unpacked, it is an edition's folder: EDITION/public/train.csv.
                entry = zipfile.ZipInfo(f"{self._edition}/public/{name}")
                entry.external_attr = 0o644 << 16
                entry.create_system = 3  # Unix, on every machine
                entry.file_size = path.stat().st_size
                stored = path.suffix in _STORED
                entry.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
                with path.open("rb") as source, packed.open(entry, "w") as target:
                    shutil.copyfileobj(source, target, 1 << 20)


@contextmanager
def _packing_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UnavailableError(
            f"The data cannot be packed ({reason_of(error)}). Download the files one by one."
        ) from error


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _comment_of(path: Path) -> bytes:
    """Return the comment of a zip; nothing if there is no whole zip."""
    try:
        with zipfile.ZipFile(path) as packed:
            return packed.comment
    except (FileNotFoundError, zipfile.BadZipFile):
        return b""


router = APIRouter()


@router.get(
    "/edition/{file:path}",
    response_class=FileResponse,
    responses={
        200: {"content": {kind: {} for kind in sorted(_MEDIA_TYPES.values())}},
        206: {"description": "The bytes asked for with Range."},
        304: {"description": "Not modified."},
        416: {"description": "The file has no such bytes."},
        **problem_answers(404, 422),
    },
)
def edition_file(request: Request, file: str) -> Response:
    """Return a public file of the edition, or the zip of them all."""
    files: EditionFiles = request.app.state.edition_files
    archive: EditionArchive = request.app.state.edition_archive
    headers = {"Cache-Control": "no-cache"}
    if file == archive.name:
        whole = archive.get()
        path, headers["ETag"] = whole.path, whole.etag
    else:
        path = files.find(file)
    response = FileResponse(
        path,
        media_type=_MEDIA_TYPES[path.suffix],
        filename=file.replace("/", "-"),
        stat_result=path.stat(),
        headers=headers,
    )
    if matches(request.headers.get("If-None-Match", ""), response.headers["ETag"]):
        headers = {name: response.headers[name] for name in ("ETag", "Cache-Control")}
        return Response(status_code=304, headers=headers)
    return response

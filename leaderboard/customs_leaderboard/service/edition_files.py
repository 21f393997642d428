"""The edition's public files, each under /edition/NAME."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse

from customs_data.edition.layout import DATASHEET, MANIFEST, Layout, find_table
from customs_data.edition.manifest import Manifest
from customs_leaderboard.errors import NotFoundError
from customs_leaderboard.service.answers import problem_answers
from customs_leaderboard.service.caching import matches

_MEDIA_TYPES: Final = {
    ".csv": "text/csv; charset=utf-8",
    ".json": "application/json",
    ".md": "text/markdown; charset=utf-8",
    ".parquet": "application/vnd.apache.parquet",
}


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
        paths = [find_table(layout.public, table) for table in manifest.files]
        paths += [layout.public / MANIFEST, layout.public / DATASHEET]
        self._paths: dict[str, Path] = {path.name: path for path in paths}

    @property
    def names(self) -> list[str]:
        """The names, sorted."""
        return sorted(self._paths)

    def find(self, name: str) -> Path:
        """Return the path of a file by its name.

        Raises
        ------
        NotFoundError
            If no file has this name, or it is a link.
        """
        path = self._paths.get(name)
        if path is None or path.is_symlink() or not path.is_file():
            raise NotFoundError(f"No such file. The edition has: {', '.join(self.names)}.")
        return path


router = APIRouter()


@router.get(
    "/edition/{file}",
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
    """Return a public file of the edition."""
    files: EditionFiles = request.app.state.edition_files
    path = files.find(file)
    response = FileResponse(
        path,
        media_type=_MEDIA_TYPES[path.suffix],
        filename=path.name,
        stat_result=path.stat(),
        headers={"Cache-Control": "no-cache"},
    )
    if matches(request.headers.get("If-None-Match", ""), response.headers["ETag"]):
        headers = {name: response.headers[name] for name in ("ETag", "Cache-Control")}
        return Response(status_code=304, headers=headers)
    return response

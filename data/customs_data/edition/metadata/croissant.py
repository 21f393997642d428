"""croissant.json: an edition's public files for programs that read MLCommons Croissant.

Croissant 1.0 with the Responsible AI vocabulary 1.0 (MLCommons, 2024). All prose is that of
DATASHEET.md, and all columns are those of the schema and the task.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any, Final

from customs_data.edition.layout import DATASHEET, find_table
from customs_data.edition.manifest import Manifest
from customs_data.edition.metadata.columns import public_columns
from customs_data.files.table_parts import is_in_parts, table_parts
from customs_data.schema import Column
from customs_data.tasks import find_task

CONFORMS_TO: Final = (
    "http://mlcommons.org/croissant/1.0",
    "http://mlcommons.org/croissant/RAI/1.0",
)
#: Licence suggested for simulated declarations, which describe nobody.
LICENCE: Final = "https://creativecommons.org/licenses/by/4.0/"
#: An edition is never changed: a correction is a new edition.
_VERSION: Final = "1.0.0"

# Names of Croissant 1.0 that a document must say are not those of schema.org.
_OWN_NAMES: Final = (
    "citeAs", "column", "extract", "field", "fileProperty", "fileObject", "fileSet", "format",
    "includes", "isLiveDataset", "jsonPath", "key", "md5", "parentField", "path", "recordSet",
    "references", "regex", "repeated", "replace", "separator", "source", "subField", "transform",
    "equivalentProperty", "samplingRate",
)  # fmt: skip
_CONTEXT: Final = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "rai": "http://mlcommons.org/croissant/RAI/",
    "sc": "https://schema.org/",
    **{name: f"cr:{name}" for name in _OWN_NAMES},
}
_DATA_TYPES: Final = {"time": "sc:Date", "number": "sc:Float", "label": "sc:Integer"}
_ENCODINGS: Final = {
    ".csv": "text/csv",
    ".md": "text/markdown",
    ".parquet": "application/x-parquet",
}
#: Sections of the datasheet by the property that has their text.
_PROSE: Final = {
    "description": "Motivation",
    "rai:dataCollection": "Collection",
    "rai:dataPreprocessingProtocol": "Preprocessing",
    "rai:dataUseCases": "Uses",
    "rai:dataReleaseMaintenancePlan": "Distribution and maintenance",
}
#: Of the types that the vocabulary recommends; none is "simulation".
_COLLECTION_TYPES: Final = {"import": "Secondary Data analysis"}


def croissant(manifest: Manifest, public: Path) -> str:
    """Return the text of croissant.json, which follows from the other public files.

    Parameters
    ----------
    manifest : Manifest
        Manifest of the edition.
    public : path
        Folder with its tables and DATASHEET.md.

    Raises
    ------
    InvalidEditionError
        If a table is missing.
    """
    task = find_task(manifest.task)
    columns = public_columns(task, manifest.column_set)
    files = {table: find_table(public, table) for table in columns}
    sheet = public / DATASHEET
    sections = _sections(sheet.read_text(encoding="utf-8"))
    content: dict[str, Any] = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "name": manifest.name,
        "conformsTo": list(CONFORMS_TO),
        "version": _VERSION,
        "isLiveDataset": False,
    }
    if manifest.origin != "import":  # whose licence only its owner knows
        content["license"] = LICENCE
    content |= {name: sections[title] for name, title in _PROSE.items() if title in sections}
    labels = [f"{column.name}: {column.description}" for column in task.label_columns]
    content |= {
        "rai:dataCollectionType": _COLLECTION_TYPES.get(manifest.origin, "Others"),
        "rai:dataCollectionTimeFrame": [
            manifest.dates["train"][0].isoformat(),
            manifest.dates["private"][1].isoformat(),
        ],
        "rai:dataAnnotationProtocol": " ".join(labels),
    }
    # The last paragraph counts the labels.
    if counted := sections.get("Composition", "").rpartition("\n\n")[2]:
        content["rai:dataCollectionMissingData"] = counted
    content["distribution"] = [
        *(it for table, path in files.items() for it in _distribution(table, path, manifest)),
        _file_object(sheet, manifest.datasheet_sha256),
    ]
    content["recordSet"] = [
        _record_set(table, columns[table], _source(files[table])) for table in columns
    ]
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _sections(sheet: str) -> dict[str, str]:
    """Return the sections of a Markdown page by their titles."""
    _, *parts = re.split(r"^## (.+)$", sheet, flags=re.MULTILINE)
    return {title: text.strip() for title, text in zip(parts[::2], parts[1::2], strict=True)}


def _distribution(table: str, path: Path, manifest: Manifest) -> list[dict[str, Any]]:
    """Return the file of a table; of one in parts the set of its files, and each of them."""
    if not is_in_parts(path):
        return [_file_object(path, _digest(path, manifest, table))]
    parts = table_parts(path)
    file_set = {
        "@type": "cr:FileSet",
        "@id": _set_id(path),
        "name": _set_id(path),
        "encodingFormat": _ENCODINGS[parts[0].suffix],
        "includes": f"{path.name}/*{parts[0].suffix}",
    }
    names = (f"{path.name}/{part.name}" for part in parts)
    digests = (_digest(part, manifest, table) for part in parts)
    return [file_set, *map(_file_object, parts, digests, names)]


def _source(path: Path) -> dict[str, Any]:
    """Return what the rows of a table are extracted from."""
    if is_in_parts(path):
        return {"fileSet": {"@id": _set_id(path)}}
    return {"fileObject": {"@id": path.name}}


def _set_id(path: Path) -> str:
    return f"{path.name}-parts"


def _digest(path: Path, manifest: Manifest, table: str) -> str:
    """Return the SHA-256 of a table's file; that in the manifest is of its canonical CSV."""
    if path.suffix == ".csv":
        return manifest.files[table].sha256
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _file_object(path: Path, sha256: str, name: str | None = None) -> dict[str, Any]:
    """Return the description of a file; its name is the path from public/ to it."""
    name = path.name if name is None else name
    return {
        "@type": "cr:FileObject",
        "@id": name,
        "name": name,
        "contentUrl": name,
        "encodingFormat": _ENCODINGS[path.suffix],
        "sha256": sha256,
    }


def _record_set(table: str, columns: tuple[Column, ...], source: dict[str, Any]) -> dict[str, Any]:
    """Return the description of a table's rows; its first column is the key."""
    return {
        "@type": "cr:RecordSet",
        "@id": table,
        "name": table,
        "key": {"@id": _field_id(table, columns[0])},
        "field": [
            {
                "@type": "cr:Field",
                "@id": _field_id(table, column),
                "name": column.name,
                "description": column.explanation,
                "dataType": _DATA_TYPES.get(column.role, "sc:Text"),
                "source": {**source, "extract": {"column": column.name}},
            }
            for column in columns
        ],
    }


def _field_id(table: str, column: Column) -> str:
    """Return the identifier of a field, which may contain no blank."""
    return f"{table}/{column.name.replace(' ', '_')}"

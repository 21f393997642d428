"""The reveal: the file that an organizer publishes after the close, and its check."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from customs_data.edition import layout as parts
from customs_data.edition.commitment import Replacement, commit_to
from customs_data.edition.generating import (
    Blueprint,
    generate_edition,
    read_blueprint,
)
from customs_data.edition.hidden import (
    load_secret,
    load_solution,
    load_train_labels,
)
from customs_data.edition.layout import Layout
from customs_data.edition.manifest import PARTS_VERSION, Manifest, read_manifest
from customs_data.edition.revealed_labels import labels_sha256, place_labels, rows_of_parts
from customs_data.edition.secrets import N_BYTES
from customs_data.edition.verification import Check
from customs_data.errors import InvalidEditionError, KitError
from customs_data.files.atomic import write_atomically
from customs_data.files.writing import csv_chunks
from customs_data.temporary import scratch_folder

_FORMAT = "customs-kit reveal 1"
#: With labels that replaced those of the edition, which a release without them must not read.
_REPLACED = "customs-kit reveal 2"
#: Key of the rows of each part of the labels, by table.
_ROWS = "rows_of_parts"
_FIRST_WORLD = (
    "The edition is of generator version 1, which this release does not contain. The git tag "
    "world-1 of customs-kit makes it again."
)


def write_reveal(edition: Path, out: Path, replacements: Sequence[Replacement] = ()) -> None:
    """Write secret, nonce and hidden labels of an edition to a file, after the close.

    Parameters
    ----------
    edition : path
        Organizer's copy.
    out : path
        JSON, gzipped if the name ends in ``.gz``.
    replacements : sequence of Replacement
        Solutions that replaced that of the edition, oldest first. The file has all of them.

    Raises
    ------
    KitError
        If hidden/ is missing, or the file exists or cannot be written.
    """
    layout = Layout.find(edition)
    secret = load_secret(layout)
    solutions = [_csv(load_solution(layout))]
    solutions += [_csv(load_solution(layout, replacement=newer)) for newer in replacements]
    content = {
        "format": _REPLACED if replacements else _FORMAT,
        "edition": read_manifest(layout.public).name,
        "secret": secret["secret"],
        "nonce": secret["nonce"],
        **_other_digests(secret),
        # Only editions in parts have it.
        **({_ROWS: rows} if (rows := rows_of_parts(layout)) else {}),
        "solution": solutions[-1],
        "train_labels": _csv(load_train_labels(layout)),
    }
    if replacements:
        content["earlier_solutions"] = solutions[:-1]
        content["commitments"] = [newer.commitment for newer in replacements]
    written = (json.dumps(content, indent=1) + "\n").encode()
    if out.suffix == ".gz":
        written = gzip.compress(written)
    write_atomically(out, written, mode=0o600, must_be_new=True)


def _other_digests(secret: dict[str, Any]) -> dict[str, Any]:
    """Return the digests of other hidden tables, a part of JSON that format 1 lacks."""
    return {name: secret[name] for name in ("hidden_sha256",) if name in secret}


def _csv(frame: pd.DataFrame) -> str:
    return b"".join(csv_chunks(frame)).decode()


def verify_reveal(edition: Path, revealed: Path, profile: Path | None = None) -> list[Check]:
    """Compare a reveal with the commitment, and regenerate the edition if it was simulated.

    Parameters
    ----------
    edition : path
        The edition as the teams have it (public/ is enough).
    revealed : path
        File of `write_reveal`.
    profile : path, optional
        Calibration of the edition, if it is not the shipped one.

    Returns
    -------
    list of Check

    Raises
    ------
    KitError
        If a file is missing or damaged.
    """
    manifest = read_manifest(Layout.find(edition).public)
    reveal = read_reveal(revealed)
    if reveal["edition"] != manifest.name:
        raise KitError(f"{revealed} is the reveal of {reveal['edition']}, not of {manifest.name}.")
    solutions = [*reveal.get("earlier_solutions", []), reveal[parts.SOLUTION]]
    rows = reveal.get(_ROWS, {})
    # A solution that replaced the edition's is in one file.
    of_parts = [rows.get(parts.SOLUTION), *([None] * (len(solutions) - 1))]
    digests = [
        labels_sha256(parts.SOLUTION, text, its_rows)
        for text, its_rows in zip(solutions, of_parts, strict=True)
    ]
    train_labels = labels_sha256(
        parts.TRAIN_LABELS, reveal[parts.TRAIN_LABELS], rows.get(parts.TRAIN_LABELS)
    )
    made = [
        commit_to(
            manifest,
            nonce=bytes.fromhex(reveal["nonce"]),
            solution_sha256=digest,
            train_labels_sha256=train_labels,
            hidden_sha256=reveal.get("hidden_sha256", {}),
        )
        for digest in digests
    ]
    checks = [
        Check(
            "revealed labels",
            made[0] == manifest.commitment,
            "The revealed labels are the ones committed to."
            if made[0] == manifest.commitment
            else "The revealed labels are NOT the ones committed to.",
        ),
        *_check_replacements(made, reveal.get("commitments", [])),
    ]
    if manifest.origin == "import":
        return checks
    if reveal["secret"] is None:
        return [*checks, Check("regeneration", False, "The reveal contains no secret.")]
    if is_of_first_world(manifest):
        return [*checks, Check("regeneration", True, _FIRST_WORLD, skipped=True)]
    return [*checks, _regenerate(manifest, bytes.fromhex(reveal["secret"]), profile)]


def _check_replacements(made: list[str], stated: list[str]) -> Iterator[Check]:
    """Check the commitments of solutions that replaced others, newest first."""
    if len(stated) != len(made) - 1:
        yield Check("newest labels", False, "The reveal does not name each commitment.")
        return
    for i in range(len(stated), 0, -1):
        is_newest = i == len(stated)
        same = made[i] == stated[i - 1]
        yield Check(
            "newest labels" if is_newest else f"labels {i + 1} of {len(made)}",
            same,
            f"Their commitment is {made[i]}. Compare it with the competition's log."
            if same
            else f"Their commitment is {made[i]}, but the reveal says {stated[i - 1]}.",
        )


def _regenerate(manifest: Manifest, secret: bytes, profile: Path | None) -> Check:
    """Regenerate the edition and compare all checksums and the commitment."""
    blueprint = blueprint_of(manifest, profile)
    with scratch_folder() as scratch:
        again = generate_edition(
            blueprint,
            secret,
            scratch / "edition",
            origin=manifest.origin,
            seed=manifest.configuration.get("seed"),
            name=manifest.name,
            # Checksums are those of files: those of parts differ from that of one table.
            file_format="parts" if manifest.format_version == PARTS_VERSION else "csv",
        )
    differing = [name for name, record in manifest.files.items() if again.files[name] != record]
    differing += ["commitment"] if again.commitment != manifest.commitment else []
    return Check(
        "regeneration",
        not differing,
        f"The edition made again differs in: {', '.join(differing)}."
        if differing
        else "The edition made again from the secret is the same, bit by bit.",
    )


def is_of_first_world(manifest: Manifest) -> bool:
    """Return whether an edition was simulated by generator version 1, which made format 1."""
    return manifest.origin != "import" and manifest.format_version == 1


def blueprint_of(manifest: Manifest, profile: Path | None = None) -> Blueprint:
    """Return the blueprint a simulated edition was made from.

    Raises
    ------
    KitError
        If its profile is another one, or it was made by another release of the kit.
    """
    if is_of_first_world(manifest):
        raise KitError(_FIRST_WORLD)
    if manifest.generator_version != version("customs-kit"):
        raise KitError(
            "An edition can only be made again with the release that made it, "
            f"{manifest.generator_version}; this is {version('customs-kit')}. Install that release."
        )
    configuration = manifest.configuration
    names = ("n_declarations", "label_rate", "erasure", "with_links", "with_decoys")
    try:
        blueprint = read_blueprint(
            config=configuration["world"],
            profile=profile,
            task=manifest.task,
            **{name: configuration[name] for name in names},
        )
        expected = configuration["profile_sha256"]
    except (KeyError, TypeError) as error:
        raise InvalidEditionError(f"edition.json contains no configuration: {error}.") from None
    if blueprint.profile.sha256 != expected:
        raise KitError(
            "This is not the calibration profile that the edition was made with. Pass that one "
            "with --profile."
        )
    return blueprint


def place_reveal(reveal: dict[str, Any], edition: Path, out: Path, solutions: Path) -> None:
    """Make an organizer's copy of an edition from its public files and its reveal.

    Parameters
    ----------
    reveal : dict
        From `read_reveal`.
    edition : path
        The edition as teams have it.
    out : path
        New folder: a link to the public files, and hidden/ with the labels of the edition.
    solutions : path
        New folder for the solutions that replaced these, oldest first: 1.csv, 2.csv.
    """
    out.mkdir(parents=True)
    (out / "public").symlink_to(Layout.find(edition).public.resolve())
    texts = [*reveal.get("earlier_solutions", []), reveal[parts.SOLUTION]]
    secret = {name: reveal[name] for name in ("secret", "nonce")} | _other_digests(reveal)
    hidden = out / "hidden"
    hidden.mkdir()
    (hidden / parts.SECRET).write_text(json.dumps(secret), encoding="utf-8")
    for table, text in (
        (parts.SOLUTION, texts[0]),
        (parts.TRAIN_LABELS, reveal[parts.TRAIN_LABELS]),
    ):
        place_labels(hidden, table, text, reveal.get(_ROWS, {}).get(table))
    for number, text in enumerate(texts[1:], start=1):
        solutions.mkdir(parents=True, exist_ok=True)
        (solutions / f"{number}.csv").write_bytes(text.encode())


def read_reveal(path: Path) -> dict[str, Any]:
    """Read a file of `write_reveal`.

    Raises
    ------
    KitError
        If it is none.
    """
    try:
        content = path.read_bytes()
        text = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
        data = json.loads(text)
        if data["format"] not in (_FORMAT, _REPLACED):
            raise ValueError(f"the format is {data['format']!r}")
        bytes.fromhex(data["nonce"])
        if not all(isinstance(data[n], str) for n in (parts.SOLUTION, parts.TRAIN_LABELS)):
            raise ValueError("the labels must be text")
        for name in ("earlier_solutions", "commitments") if data["format"] == _REPLACED else ():
            if not all(isinstance(one, str) for one in data[name]):
                raise ValueError(f"{name} must be texts")
        if not isinstance(data.get("hidden_sha256", {}), dict):
            raise ValueError("hidden_sha256 must name tables")
        if data["secret"] is not None and len(bytes.fromhex(data["secret"])) != N_BYTES:
            raise ValueError(f"the secret must have {N_BYTES} bytes")
        rows = data.get(_ROWS, {})
        if not isinstance(rows, dict) or not all(
            isinstance(its, list) and all(type(n) is int and n >= 0 for n in its)
            for its in rows.values()
        ):
            raise ValueError(f"{_ROWS} must count the rows of each part")
        if not isinstance(data["edition"], str):
            raise ValueError("it must name the edition")
    except FileNotFoundError:
        raise KitError(f"No such file: {path}.") from None
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise KitError(f"{path} is not a file of `data reveal`: {error}.") from None
    return dict(data)

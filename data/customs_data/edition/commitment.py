"""The commitment: binds the organizer to the hidden labels before the competition starts."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from customs_data.edition.manifest import Manifest
from customs_data.tasks import DEFAULT


def commit(
    *,
    nonce: bytes,
    origin: str,
    configuration: dict[str, Any],
    generator_version: str,
    public_sha256: dict[str, str],
    solution_sha256: str,
    train_labels_sha256: str,
    hidden_sha256: dict[str, str] | None,
    task: str = DEFAULT,
) -> str:
    """Return the SHA-256 commitment of an edition, in hexadecimal.

    Parameters
    ----------
    nonce : bytes, 32 bytes
        Secret until the reveal, so that nobody can check a guess at the labels.
    origin : str
        As in the manifest, so that a practice edition cannot pass for a competition's.
    configuration : dict
        As in the manifest; entered as JSON with sorted keys and without blanks.
    generator_version : str
        As in the manifest.
    public_sha256 : dict of str to str
        Checksums of the public tables by name.
    solution_sha256, train_labels_sha256 : str
        Checksums of the canonical CSV streams of solution and erased training labels.
    hidden_sha256 : dict of str to str or None
        Checksums of the other hidden tables by name; None in editions of format 1.
    task : str
        As in the manifest; part of the commitment unless it is the default.

    Examples
    --------
    >>> made = commit(nonce=bytes(32), origin="import", configuration={},
    ...               generator_version="1", public_sha256={"train": "00"},
    ...               solution_sha256="00", train_labels_sha256="00", hidden_sha256={})
    >>> len(made)
    64
    """
    facts = {"origin": origin, "configuration": configuration, "public": public_sha256}
    if hidden_sha256 is not None:
        facts["hidden"] = hidden_sha256
    if task != DEFAULT:
        facts["task"] = task
    canonical = json.dumps(facts, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256()
    parts = [nonce, *(text.encode() for text in (canonical, generator_version))]
    parts += [bytes.fromhex(solution_sha256), bytes.fromhex(train_labels_sha256)]
    for part in parts:
        digest.update(len(part).to_bytes(8, "little"))
        digest.update(part)
    return digest.hexdigest()


def commit_to(
    manifest: Manifest,
    *,
    nonce: bytes,
    solution_sha256: str,
    train_labels_sha256: str,
    hidden_sha256: dict[str, str],
) -> str:
    """Return the commitment of an edition that has a manifest; parameters as in `commit`."""
    return commit(
        nonce=nonce,
        origin=manifest.origin,
        configuration=manifest.configuration,
        generator_version=manifest.generator_version,
        public_sha256={table: record.sha256 for table, record in manifest.files.items()},
        solution_sha256=solution_sha256,
        train_labels_sha256=train_labels_sha256,
        hidden_sha256=None if manifest.format_version == 1 else hidden_sha256,
        task=manifest.task,
    )


@dataclass(frozen=True)
class Replacement:
    """Corrected labels that replace those in hidden/.

    Attributes
    ----------
    path : path
        Solution file.
    commitment : str
        Commitment with these labels and the edition's nonce.
    """

    path: Path
    commitment: str

"""The task networks: to find importer IDs that are one organisation.

Each network shares brokers, sellers or couriers, and shells are reborn under new IDs. Some
memberships are known from earlier investigations; the others are asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pyarrow as pa

from customs_data.keyed_random import random_order
from customs_data.schema import COLUMN, LABEL_COLUMNS, Column
from customs_data.tasks.answers import Groups
from customs_data.tasks.task import IMPORTER, AskedUnits, Task

KNOWN: Final = "known_networks"
#: Share of the networks, and of the importers in none, whose membership is published.
KNOWN_SHARE: Final = 0.4

_KNOWN, _PUBLIC, _PRIVATE = range(3)


def _truth(columns: Mapping[str, Any]) -> dict[str, Any]:
    return {name: columns[name] for name in LABEL_COLUMNS}


def ask_importers(networks: pa.Table, secret: bytes) -> AskedUnits:
    """Choose what is known, and the period in which each other network counts.

    Parameters
    ----------
    networks : Table, shape (n_importers, 3)
        Importer ID, Firm (the first ID of the company) and Network ("" for none), sorted by ID.
    secret : bytes
        Source of the random order.

    Returns
    -------
    AskedUnits
        Networks and companies are known, public or private as a whole, and a network's name says
        nothing. A company in no network, with one ID, has no name among the known ones.
    """
    frame = networks.to_pandas()
    group = frame["Network"].where(frame["Network"] != "", frame["Firm"]).to_numpy(object)
    names, code = np.unique(group.astype(str), return_inverse=True)
    size = np.bincount(code)
    in_network = np.zeros(len(names), dtype=bool)
    in_network[code] = (frame["Network"] != "").to_numpy()
    part = np.empty(len(names), dtype=np.int8)
    for is_network in (True, False):
        # Networks and companies in none are split alike.
        rows = np.flatnonzero(in_network == is_network)
        rows = rows[random_order(secret, "known", str(is_network), n=len(rows))]
        n_known = round(KNOWN_SHARE * len(rows))
        part[rows[:n_known]] = _KNOWN
        part[rows[n_known:]] = _PUBLIC + np.arange(len(rows) - n_known) % 2
    number = np.empty(len(names), dtype=np.int64)
    number[random_order(secret, "names", n=len(names))] = np.arange(1, len(names) + 1)
    width = len(str(len(names)))
    name = np.array([f"N{n:0{width}d}" for n in number], dtype=object)
    ids = frame["Importer ID"].to_numpy(object)
    known, asked = (np.flatnonzero(mask) for mask in (part[code] == _KNOWN, part[code] != _KNOWN))
    memberships = name[code[known]]
    memberships[size[code[known]] == 1] = None
    return AskedUnits(
        answers=pa.table(
            {
                "Importer ID": pa.array(ids[asked], pa.string()),
                "Network": pa.array(name[code[asked]], pa.string()),
            }
        ),
        is_private=part[code[asked]] == _PRIVATE,
        given={
            KNOWN: pa.table(
                {
                    "Importer ID": pa.array(ids[known], pa.string()),
                    "Network": pa.array(memberships, pa.string()),
                }
            )
        },
    )


TASK: Final = Task(
    name="networks",
    question="Which importer IDs are one organisation?",
    target=(Column("Network", "code", "The organisation; a name of its own for a lone importer."),),
    answer=Groups("Network"),
    unit=IMPORTER,
    published=tuple(COLUMN[name] for name in LABEL_COLUMNS),
    given={
        KNOWN: (
            COLUMN["Importer ID"],
            Column(
                "Network",
                "code",
                "The organisation; empty where an investigation found no other ID.",
                may_be_missing=True,
            ),
        )
    },
    truth=_truth,
    ask_units=ask_importers,
    keywords={"y_fraud": "Fraud"},
    practice_seed=207,
    motivation=(
        "An importer that registers again loses its history, and a network of shells has none. "
        "This edition is for learning which importer IDs are one organisation: finding the group "
        "brings the history back."
    ),
    uses=(
        "Read the declarations of all 18 months and known_networks.csv; give every importer of "
        "sample_submission.csv the name of a group, any name: importers with the same one are one "
        "organisation. `Importer ID,Network`. The ranking metric is the B-cubed F1 score, then "
        "pairwise F1."
    ),
)

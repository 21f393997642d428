"""The task networks: to find importer IDs that are one organisation.

Each network shares brokers, sellers and goods, and shells are reborn under new IDs. Investigations
have found some members of each network; the others are asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from customs_data.keyed_random import random_order, random_words
from customs_data.schema import COLUMN, LABEL_COLUMNS, Column
from customs_data.tasks.answers import Groups
from customs_data.tasks.task import IMPORTER, AskedUnits, Task

KNOWN: Final = "known_networks"
#: Share of the importers whose membership is published, the same in networks and outside.
KNOWN_SHARE: Final = 0.4
#: Shipped configuration whose worlds suit the task (baselines/NETWORKS.md). In those made for fraud
#: many shells work for two networks, so that nobody can know to which they belong.
CONFIGURATION: Final = "networks"


def _truth(columns: Mapping[str, Any]) -> dict[str, Any]:
    return {name: columns[name] for name in LABEL_COLUMNS}


def ask_importers(networks: pa.Table, secret: bytes) -> AskedUnits:
    """Choose which importers are known, and the period in which each network counts.

    Parameters
    ----------
    networks : Table, shape (n_importers, 3)
        Importer ID, Firm (the first ID of the company) and Network ("" for none), sorted by ID.
    secret : bytes
        Source of the random order.

    Returns
    -------
    AskedUnits
        Importers are known or asked one by one, as an investigation finds some members of a
        network; those asked of a network or company are public or private together. A network's
        name says nothing. A company in no network, with one ID, has no name among the known ones.
    """
    frame = networks.to_pandas()
    group = frame["Network"].where(frame["Network"] != "", frame["Firm"]).to_numpy(object)
    names, code = np.unique(group.astype(str), return_inverse=True)
    size = np.bincount(code)
    is_known = np.zeros(len(code), dtype=bool)
    order = random_order(secret, "known", n=len(code))
    is_known[order[: round(KNOWN_SHARE * len(code))]] = True
    is_private = _are_private(size, secret)
    number = np.empty(len(names), dtype=np.int64)
    number[random_order(secret, "names", n=len(names))] = np.arange(1, len(names) + 1)
    width = len(str(len(names)))
    name = np.array([f"N{n:0{width}d}" for n in number], dtype=object)
    ids = frame["Importer ID"].to_numpy(object)
    known, asked = np.flatnonzero(is_known), np.flatnonzero(~is_known)
    memberships = name[code[known]]
    memberships[size[code[known]] == 1] = None
    return AskedUnits(
        answers=pa.table(
            {
                "Importer ID": pa.array(ids[asked], pa.string()),
                "Network": pa.array(name[code[asked]], pa.string()),
            }
        ),
        is_private=is_private[code[asked]],
        given={
            KNOWN: pa.table(
                {
                    "Importer ID": pa.array(ids[known], pa.string()),
                    "Network": pa.array(memberships, pa.string()),
                }
            )
        },
    )


def _are_private(size: npt.NDArray[np.int64], secret: bytes) -> npt.NDArray[np.bool_]:
    """Return which organisations count for the private score, shape (n_organisations,).

    Those with several IDs, sorted by size, alternate in pairs of random order, so that both periods
    have large and small ones; and so do the others.
    """
    shuffled = random_order(secret, "periods", n=len(size))
    by_size = shuffled[np.argsort(-size[shuffled], kind="stable")]
    coin = (random_words(secret, "coins", n=len(size)) % 2).astype(np.int64)
    place = np.arange(len(size))
    is_private = np.empty(len(size), dtype=bool)
    is_private[by_size] = (place + coin[place // 2]) % 2 == 1
    return is_private


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
    configuration=CONFIGURATION,
    keywords={"y_fraud": "Fraud"},
    practice_seed=207,
    motivation=(
        "An importer that registers again loses its history, and a network of shells has none. "
        "This edition is for learning which importer IDs are one organisation: finding the group "
        "brings the history back."
    ),
    uses=(
        "Read the declarations of all 18 months and known_networks.csv, which has two fifths of "
        "the importers and so some members of most networks; give every importer of "
        "sample_submission.csv the name of a group, any name: importers with the same one are one "
        "organisation. `Importer ID,Network`. The ranking metric is the B-cubed F1 score over "
        "importers whose organisation has several of the IDs asked, then pairwise F1 over all."
    ),
)

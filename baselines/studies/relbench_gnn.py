"""RelBench's graph network on an edition: docs/STANDARDS.md.

RelBench's modules encode, embed the time and convolve; torch-geometric's NeighborLoader makes the
batches with our `TemporalSampler`, because temporal sampling otherwise takes pyg-lib, which PyPI
does not have. Training is shown, not tuned.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import click
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch_geometric.data import HeteroData
from torch_geometric.loader import NeighborLoader

from customs_baselines.experiments.markdown_tables import put_table
from customs_baselines.relational import TemporalSampler, column_types, relbench_task
from customs_baselines.relational.task import DeclarationTask
from customs_data.edition.by_name import load_edition
from customs_data.edition.loading import Edition
from customs_data.schema import COLUMN
from studies.script import Study, save_results

_CHANNELS: Final = 32
_NEIGHBORS: Final = (8, 4)
_BATCH: Final = 512
_LEARNING_RATE: Final = 0.005
_SPLITS: Final = {"val": "validation", "test": "Public and Private"}


class RelBenchNetwork(nn.Module):
    """RelBench's encoder, time embedding and heterogeneous GraphSAGE, with a linear head.

    Parameters
    ----------
    data : HeteroData
        Graph of `make_pkey_fkey_graph`.
    column_stats : dict
        Its statistics of the columns.

    Shape
    -----
    Input: a batch with ``n_seeds`` declarations. Output: their logits, (n_seeds,).
    """

    def __init__(self, data: HeteroData, column_stats: dict[str, Any]) -> None:
        from relbench.modeling.nn import HeteroEncoder, HeteroGraphSAGE, HeteroTemporalEncoder

        super().__init__()
        columns = {kind: data[kind].tf.col_names_dict for kind in data.node_types}
        timed = [kind for kind in data.node_types if "time" in data[kind]]
        self.encoder = HeteroEncoder(
            _CHANNELS,
            columns,
            column_stats,
            torch_frame_model_kwargs={"channels": _CHANNELS, "num_layers": 2},
        )
        self.time = HeteroTemporalEncoder(timed, _CHANNELS)
        self.graph = HeteroGraphSAGE(data.node_types, data.edge_types, _CHANNELS)
        self.head = nn.Linear(_CHANNELS, 1)

    def forward(self, batch: HeteroData, entity: str) -> Tensor:
        """Return the logits of the seeds."""
        seed_time = batch[entity].seed_time
        x = self.encoder(batch.tf_dict)
        ages = self.time(seed_time, batch.time_dict, batch.batch_dict)
        x |= {kind: x[kind] + age for kind, age in ages.items()}
        x = self.graph(x, batch.edge_index_dict)
        logits: Tensor = self.head(x[entity][: len(seed_time)]).squeeze(-1)
        return logits


def make_loaders(
    task: DeclarationTask, data: HeteroData, seed: int = 0
) -> dict[str, NeighborLoader]:
    """Return a loader of each split, as in RelBench's example but for the sampler."""
    from relbench.modeling.graph import get_node_train_table_input

    loaders = {}
    for split in ("train", "val", "test"):
        rows = get_node_train_table_input(task.get_table(split), task)
        loaders[split] = NeighborLoader(
            data,
            num_neighbors=list(_NEIGHBORS),
            time_attr="time",
            input_nodes=rows.nodes,
            input_time=rows.time,
            transform=rows.transform,
            batch_size=_BATCH,
            shuffle=split == "train",
            neighbor_sampler=TemporalSampler(data, _NEIGHBORS, seed=seed),
        )
    return loaders


def train(task: DeclarationTask, epochs: int, seed: int = 0) -> Iterator[dict[str, Any]]:
    """Train on a task; yield the results after each epoch.

    Yields
    ------
    dict
        ``epoch``, ``loss``, and by split the metrics of `DeclarationTask.evaluate`.
    """
    from relbench.modeling.graph import make_pkey_fkey_graph

    torch.manual_seed(seed)
    db = task.get_db()
    for table in db.table_dict.values():
        for name in table.df:
            # Amounts over nine orders of magnitude; the encoder only scales linearly.
            if name in COLUMN and COLUMN[name].role == "number":
                table.df[name] = np.log1p(table.df[name])
    data, column_stats = make_pkey_fkey_graph(db, column_types(db))
    loaders = make_loaders(task, data, seed)
    network = RelBenchNetwork(data, column_stats)
    optimizer = torch.optim.Adam(network.parameters(), lr=_LEARNING_RATE)
    loss_function = nn.BCEWithLogitsLoss()
    for epoch in range(1, epochs + 1):
        network.train()
        losses = []
        for batch in loaders["train"]:
            optimizer.zero_grad()
            loss = loss_function(network(batch, task.entity_table), batch[task.entity_table].y)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        yield {
            "epoch": epoch,
            "loss": float(np.mean(losses)),
            "val": task.evaluate(_predict(network, task, loaders["val"]), task.get_table("val")),
            "test": task.evaluate(_predict(network, task, loaders["test"])),
        }


@torch.no_grad()
def _predict(
    network: RelBenchNetwork, task: DeclarationTask, loader: NeighborLoader
) -> npt.NDArray[np.float32]:
    network.eval()
    parts = [torch.sigmoid(network(batch, task.entity_table)) for batch in loader]
    scores: npt.NDArray[np.float32] = torch.cat(parts).numpy()
    return scores


def study_table(results: dict[str, Any]) -> str:
    """Return the Markdown table of the results: one line per epoch."""
    names = list(results["epochs"][0]["val"])
    titles = [f"{_SPLITS[split]} {name}" for split in _SPLITS for name in names]
    lines = [f"| epoch | loss | {' | '.join(titles)} |", f"|---:|---:|{'---:|' * len(titles)}"]
    for one in results["epochs"]:
        cells = [f"{one[split][name]:.3f}" for split in _SPLITS for name in names]
        lines.append(f"| {one['epoch']} | {one['loss']:.3f} | {' | '.join(cells)} |")
    made = results["made_by"]
    lines += [
        "",
        f"Edition `{results['edition']}`, all labels, {results['n_train']:,} declarations to learn "
        f"from; the base rate of Public and Private is {results['base_rate']:.3f}. relbench "
        f"{made['relbench']}, torch {made['torch']}; {results['cpu_seconds']:.0f} CPU seconds.",
    ]
    return "\n".join(lines)


def run_study(edition: Edition, epochs: int) -> dict[str, Any]:
    """Train on an edition whose hidden labels are at hand; return the results."""
    task = relbench_task(edition, with_answers=True)
    start = time.process_time()
    rows = list(train(task, epochs))
    labels = task.get_table("test", mask_input_cols=False).df[task.target_col]
    return {
        "edition": edition.manifest.name,
        "commitment": edition.manifest.commitment,
        "n_train": len(task.get_table("train")),
        "base_rate": round(float(labels.mean()), 6),
        "made_by": {name: version(name) for name in ("relbench", "torch", "torch-geometric")},
        "cpu_seconds": round(time.process_time() - start, 1),
        "epochs": rows,
    }


@click.command(cls=Study)
@click.option("--edition", default="practice", help="Edition with its hidden/.")
@click.option("--epochs", type=int, default=6, show_default=True, help="Epochs to train.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Results, as JSON.")
@click.option("--write", type=click.Path(path_type=Path), help="Document to put the table in.")
def main(edition: str, epochs: int, out: Path, write: Path | None) -> None:
    """Train RelBench's graph network on an edition.

    \b
    Example:
      python -m studies.relbench_gnn --out baselines/results/relbench.json
    """
    results = run_study(load_edition(edition), epochs)
    save_results(results, out)
    if write is not None:
        put_table(write, "relbench", study_table(json.loads(out.read_text())), check=False)


if __name__ == "__main__":
    main()

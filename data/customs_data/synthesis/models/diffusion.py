"""Flow matching: a network that moves noise to rows along straight lines.

It is the deterministic form of the diffusion models that the paper proposes for future work (Lipman
et al., 'Flow Matching for Generative Modeling', 2023; for tables: TabDDPM, Kotelnikov et al.,
2023). Numbers are normal scores, codes are one-hot vectors of which the largest entry counts. The
label is an input of the network, so that sampling needs no rejection.
"""

from __future__ import annotations

from typing import Final, Self

import numpy as np
import torch
from scipy.special import ndtr, ndtri
from torch import Tensor, nn

from customs_data.synthesis.encoding.coarse import Coarsening
from customs_data.synthesis.encoding.rows import Floats, Ints, Progress, Rows

_HIDDEN: Final = 512
_BATCH: Final = 512
_STEPS: Final = 40  # from noise to rows
_LEARNING_RATE: Final = 1e-3
_CHUNK: Final = 8192
_FREQUENCIES: Final = 8


class _Velocity(nn.Module):
    """Velocity of rows on their way from noise.

    Shape
    -----
    x (n, n_features), time (n, 1) in [0, 1], label (n,) -> (n, n_features)
    """

    def __init__(self, n_features: int, n_labels: int) -> None:
        super().__init__()
        self.label = nn.Embedding(n_labels, _HIDDEN)
        self.enter = nn.Linear(n_features + 2 * _FREQUENCIES, _HIDDEN)
        self.middle = nn.ModuleList(nn.Linear(_HIDDEN, _HIDDEN) for _ in range(3))
        self.leave = nn.Linear(_HIDDEN, n_features)

    def forward(self, x: Tensor, time: Tensor, label: Tensor) -> Tensor:
        """Return the velocity at each row."""
        angle = time * (2.0 ** torch.arange(_FREQUENCIES)) * torch.pi
        h = self.enter(torch.cat([x, angle.sin(), angle.cos()], dim=1)) + self.label(label)
        for layer in self.middle:
            h = h + layer(nn.functional.silu(h))
        out: Tensor = self.leave(nn.functional.silu(h))
        return out


class Flow:
    """Flow matching over numbers and coarse codes.

    Parameters
    ----------
    epochs : int
        Passes over the rows.
    seed : int
        Seed of weights, batches and noise.
    """

    def __init__(self, epochs: int = 30, seed: int = 0) -> None:
        self.epochs = epochs
        self.seed = seed

    def fit(self, rows: Rows, rng: np.random.Generator, progress: Progress) -> Self:
        """Learn the velocity from noise to rows."""
        self._format = rows.format
        self._coarsening = Coarsening().fit(rows)
        self._sorted = {name: np.sort(column) for name, column in rows.numbers.items()}
        data = torch.from_numpy(self._features(rows, rng))
        label = torch.from_numpy(rows.label)
        generator = torch.Generator().manual_seed(self.seed)
        with torch.random.fork_rng(devices=[]):  # initial weights use the global generator
            torch.manual_seed(self.seed)
            self._net = _Velocity(data.shape[1], rows.format.n_labels)
        n_batches = -(-len(data) // _BATCH)
        optimizer = torch.optim.AdamW(self._net.parameters(), lr=_LEARNING_RATE)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, _LEARNING_RATE, total_steps=self.epochs * n_batches
        )
        for epoch in range(self.epochs):
            order = torch.randperm(len(data), generator=generator)
            for batch in torch.split(order, _BATCH):
                x, noise = data[batch], torch.randn(len(batch), data.shape[1], generator=generator)
                time = torch.rand(len(batch), 1, generator=generator)
                velocity = self._net((1 - time) * noise + time * x, time, label[batch])
                loss = nn.functional.mse_loss(velocity, x - noise)
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimizer.step()
                schedule.step()
            progress((epoch + 1) / self.epochs)
        return self

    def _features(
        self, rows: Rows, rng: np.random.Generator
    ) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
        """Return normal scores and one-hot codes, shape (n_rows, n_features)."""
        blocks = []
        for column in rows.numbers.values():
            order = np.lexsort((rng.random(len(column)), column))
            score = np.empty(len(column))
            score[order] = ndtri((np.arange(len(column)) + 0.5) / len(column))
            blocks.append(score[:, None])
        for name, level in self._coarsening.encode(rows).items():
            blocks.append(2.0 * np.eye(self._coarsening.n_levels[name])[level] - 1.0)
        return np.concatenate(blocks, axis=1).astype(np.float32)

    @torch.no_grad()
    def sample(self, label: Ints, rng: np.random.Generator) -> Rows:
        """Move noise to rows."""
        generator = torch.Generator().manual_seed(int(rng.integers(2**63 - 1)))
        chunks = [
            self._move(torch.from_numpy(label[start : start + _CHUNK]), generator)
            for start in range(0, len(label), _CHUNK)
        ]
        x = np.concatenate(chunks) if chunks else np.zeros((0, self._net.leave.out_features))
        n_numbers = len(self._sorted)
        numbers = {
            name: _at_rank(known, ndtr(x[:, i]))
            for i, (name, known) in enumerate(self._sorted.items())
        }
        codes, start = {}, n_numbers
        for name, n_levels in self._coarsening.n_levels.items():
            codes[name] = x[:, start : start + n_levels].argmax(axis=1).astype(np.int64)
            start += n_levels
        return Rows(self._format, label, self._coarsening.decode(codes, label, rng), numbers)

    def _move(self, label: Tensor, generator: torch.Generator) -> Floats:
        """Follow the velocity in Euler steps."""
        x = torch.randn(len(label), self._net.leave.out_features, generator=generator)
        for step in range(_STEPS):
            time = torch.full((len(label), 1), step / _STEPS)
            x = x + self._net(x, time, label) / _STEPS
        return np.asarray(x.numpy(), dtype=np.float64)


def _at_rank(known: Floats, uniform: Floats) -> Floats:
    return np.interp(uniform, np.linspace(0.0, 1.0, len(known)), known)

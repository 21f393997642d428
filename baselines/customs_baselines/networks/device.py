"""Device, threads and seeds of torch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from customs_data.errors import KitError


def choose_device(device: str) -> torch.device:
    """Return the device a model computes on.

    Parameters
    ----------
    device : {'auto', 'cpu', 'cuda'} or str
        ``auto`` takes a GPU if there is one; others as torch names them.

    Raises
    ------
    KitError
        If the device is unknown to torch, or the machine has no such GPU.
    """
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        chosen = torch.device(device)
    except RuntimeError:
        raise KitError(f"Unknown device {device!r}: choose auto, cpu or cuda.") from None
    if chosen.type == "cuda" and not torch.cuda.is_available():
        raise KitError("Torch finds no GPU. Use --device cpu.")
    return chosen


@contextmanager
def repeatable(seed: int, n_threads: int, device: torch.device) -> Iterator[torch.Generator]:
    """Seed torch, set its threads and use deterministic kernels; restore its state afterwards.

    Parameters
    ----------
    seed : int
        Seed of the generator returned, and of torch's default ones, which initialise layers.
    n_threads : int
        Threads of torch's operators on the CPU.
    device : torch.device
        Device whose default generator is seeded, then restored.

    Yields
    ------
    torch.Generator
        On the CPU, for masks and the order of batches.
    """
    threads = torch.get_num_threads()
    deterministic = torch.are_deterministic_algorithms_enabled()
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        torch.set_num_threads(n_threads)
        torch.use_deterministic_algorithms(True, warn_only=device.type == "cuda")
        try:
            yield torch.Generator().manual_seed(seed)
        finally:
            torch.set_num_threads(threads)
            torch.use_deterministic_algorithms(deterministic)

"""Where and how torch computes: device, threads, seeds."""

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
        ``auto`` takes a GPU where there is one; others as torch names them.

    Raises
    ------
    KitError
        If torch does not know the device, or the machine has no such GPU.
    """
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        chosen = torch.device(device)
    except RuntimeError:
        raise KitError(f"The device must be auto, cpu or cuda, however: {device!r}.") from None
    if chosen.type == "cuda" and not torch.cuda.is_available():
        raise KitError("The device must be at hand, however: torch finds no GPU. Use --device cpu.")
    return chosen


@contextmanager
def repeatable(seed: int, n_threads: int, device: torch.device) -> Iterator[torch.Generator]:
    """Compute with a number of threads and deterministic kernels; leave torch as it was.

    Parameters
    ----------
    seed : int
        Of torch's default generators, which layers are initialised from, and of the one returned.
    n_threads : int
        Threads of torch's operators on the CPU.
    device : torch.device
        Whose default generator is seeded and given back as it was.

    Yields
    ------
    torch.Generator
        On the CPU; for masks and the order of batches.
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

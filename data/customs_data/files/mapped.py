"""Objects with large arrays in a file, which the processes of a machine map and so share.

The file is a pickle whose buffers follow it (PEP 574). A process that reads it gets arrays of NumPy
and Arrow that are read-only views of the mapped file: their pages are in memory once, whatever the
number of processes. Pickles run code, so read only a file that this program has written.
"""

from __future__ import annotations

import mmap
import os
import pickle
import struct
from pathlib import Path
from typing import Any

# Arrow asks for buffers at multiples of 64 bytes.
_ALIGNMENT = 64


def write_mapped(thing: Any, path: Path) -> None:
    """Write an object to a new file that only this user can read.

    Parameters
    ----------
    thing : object
        Anything that can be pickled.
    path : path
        A new file.

    Raises
    ------
    OSError
        If the file exists or cannot be written.
    """
    buffers: list[pickle.PickleBuffer] = []
    text = pickle.dumps(thing, protocol=5, buffer_callback=buffers.append)
    contents = [memoryview(text), *(buffer.raw() for buffer in buffers)]
    sizes = [content.nbytes for content in contents]
    head = struct.pack(f"<{len(sizes) + 1}Q", len(sizes), *sizes)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "wb") as stream:  # noqa: PTH123 - a descriptor
        stream.write(head)
        for content in contents:
            stream.write(b"\0" * (-stream.tell() % _ALIGNMENT))
            stream.write(content)


def read_mapped(path: Path) -> Any:
    """Read what `write_mapped` wrote; its arrays cannot be changed.

    Parameters
    ----------
    path : path
        A file of `write_mapped`. It may be deleted while the object is in use.

    Returns
    -------
    object

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "days"
    ...     write_mapped({"day": np.arange(3)}, path)
    ...     read_mapped(path)
    {'day': array([0, 1, 2])}
    """
    with path.open("rb") as stream:
        content = memoryview(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ))
    (count,) = struct.unpack_from("<Q", content)
    sizes = struct.unpack_from(f"<{count}Q", content, 8)
    place, parts = 8 * (count + 1), []
    for size in sizes:
        place += -place % _ALIGNMENT
        parts.append(content[place : place + size])
        place += size
    text, *buffers = parts
    return pickle.loads(text, buffers=buffers)  # noqa: S301

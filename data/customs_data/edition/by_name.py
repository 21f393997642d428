"""Loading an edition by its folder or by the name of the practice edition."""

from __future__ import annotations

from pathlib import Path

from customs_data.edition import loading
from customs_data.edition.layout import Layout
from customs_data.edition.loading import Edition
from customs_data.edition.practice import practice_edition, practice_task
from customs_data.errors import InvalidEditionError


def load_edition(edition: Path | str) -> Edition:
    """Load an edition.

    Parameters
    ----------
    edition : path, or ``"practice"``
        The folder that contains public/ (or public/ itself). ``"practice"`` is the practice edition
        in your cache, made at first use; ``"practice-hs6"`` is that of the task hs6. An edition of
        your own in a folder of that name comes first, because a path that exists is a path; with
        ``Path("practice")`` nothing else is meant.

    Returns
    -------
    Edition
        With `train`, `y`, `y_critical`, `test`, `sample_submission` and `hetero_data`.

    Raises
    ------
    InvalidEditionError
        If the folder is no edition, or a file has changed since the edition was made.
    KitError
        If the practice edition cannot be made, such as in a cache that cannot be written.
    """
    try:
        Layout.find(edition)
    except InvalidEditionError:
        if isinstance(edition, str) and (task := practice_task(edition)) is not None:
            return loading.load_edition(practice_edition(task))
        raise InvalidEditionError(
            f"{edition} is no edition: it contains no public/edition.json. Check the path, make an "
            "edition with `customs-kit data generate` or `data import`, or take the practice "
            'edition: load_edition("practice"), or --edition practice on the command line.'
        ) from None
    return loading.load_edition(edition)

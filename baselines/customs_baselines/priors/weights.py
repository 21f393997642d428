"""The file of a simulated prior: its trees, and what they were trained on."""

from __future__ import annotations

import gzip
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from customs_data.errors import KitError

#: The prior that the package contains, trained on worlds of the practice configuration.
SHIPPED = Path(__file__).with_name("practice.json.gz")


@dataclass(frozen=True)
class PriorWeights:
    """A trained prior.

    Attributes
    ----------
    configuration : str
        Name and version of the configuration of its worlds.
    n_worlds : int
        Number of worlds.
    label_rates : list of float
        Shares of labels that it saw in each.
    names : list of str
        Names of the numbers that it reads.
    trees : str
        The trees, as LightGBM's text.
    """

    configuration: str
    n_worlds: int
    label_rates: list[float]
    names: list[str]
    trees: str

    def save(self, path: Path) -> None:
        """Write the file; the same weights give the same bytes."""
        text = json.dumps(asdict(self)).encode()
        path.write_bytes(gzip.compress(text, mtime=0))

    def booster(self, names: list[str]) -> Any:
        """Return the trees, to be given numbers with these names.

        Raises
        ------
        KitError
            If the trees were trained on other numbers.
        """
        if names != self.names:
            changed = sorted({*names} ^ {*self.names}) or ["their order"]
            raise KitError(
                f"The prior was trained on other features than today's; {len(changed)} differ, "
                f"such as {changed[0]}. Train it again with `make prior`."
            )
        from lightgbm import Booster

        return Booster(model_str=self.trees)


def load_weights(path: Path = SHIPPED) -> PriorWeights:
    """Read a prior.

    Raises
    ------
    KitError
        If the file is missing or no prior.
    """
    try:
        return PriorWeights(**json.loads(gzip.decompress(path.read_bytes())))
    except FileNotFoundError:
        raise KitError(f"There is no prior in {path}. Train it with `make prior`.") from None
    except (OSError, ValueError, TypeError) as error:
        raise KitError(
            f"{path} is not a prior ({error}). Train it again with `make prior`."
        ) from None

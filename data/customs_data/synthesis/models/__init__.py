"""The catalogue of synthesizers: what each is, under which licence, and how it is built.

A model is a class with `fit(rows, rng, progress)` and `sample(label, rng)` (see
`customs_data.synthesis.encoding.rows.Synthesizer`): labels come first, everything else is drawn
given them.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

from customs_data.synthesis.encoding.rows import Synthesizer


@dataclass(frozen=True)
class Model:
    """One entry of the catalogue.

    Attributes
    ----------
    place : str
        Module and class, imported when the model is built.
    summary : str
        One clause for people.
    licence : str
        Of what it runs on.
    has_epochs : bool
        Whether its length of training can be chosen.
    repeats : bool
        Whether it draws rows of the source again, so that a repetition is no accident.
    """

    place: str
    summary: str
    licence: str
    has_epochs: bool = False
    repeats: bool = False


_OURS: Final = "MIT"
_BUSL: Final = "Business Source License 1.1 (ctgan, rdt)"

MODELS: Final[dict[str, Model]] = {
    "trees": Model("trees:Trees", "sequential trees, drawn from leaves and blurred", _OURS),
    "arf": Model("arf:AdversarialForest", "adversarial random forest", _OURS),
    "copula": Model("copula:GaussianCopula", "Gaussian copula over cumulative intervals", _OURS),
    "ctgan": Model("gan:Ctgan", "the paper's conditional GAN", _BUSL, has_epochs=True),
    "tvae": Model("gan:Tvae", "variational autoencoder beside it", _BUSL, has_epochs=True),
    "diffusion": Model("diffusion:Flow", "flow matching, a diffusion", _OURS, has_epochs=True),
    "bootstrap": Model(
        "bootstrap:Bootstrap",
        "declarations drawn again, the yardstick of copying",
        _OURS,
        repeats=True,
    ),
}

#: Shown where a model under this licence is installed or run.
BUSL_NOTICE: Final = (
    "ctgan and rdt are under the Business Source License 1.1, not an open-source licence: it "
    "forbids offering them to others as a synthetic data service. Read it before you use them for "
    "more than study; the default model, trees, has no such terms."
)


def build_model(name: str, *, seed: int, epochs: int | None = None) -> Synthesizer:
    """Build a model of the catalogue.

    Raises
    ------
    KitError
        If it needs a package that is not installed.
    """
    model = MODELS[name]
    module, of = model.place.split(":")
    kind: Any = getattr(import_module(f"{__name__}.{module}"), of)
    settings = {"seed": seed} | ({} if epochs is None else {"epochs": epochs})
    built: Synthesizer = kind(**settings) if model.has_epochs else kind()
    return built

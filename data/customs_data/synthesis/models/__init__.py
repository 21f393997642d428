"""Catalogue of synthesizers.

A synthesizer is a class with `fit(rows, rng, progress)` and `sample(label, rng)` (see
`customs_data.synthesis.encoding.rows.Synthesizer`): all else is drawn given the labels.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

from customs_data.synthesis.encoding.rows import Synthesizer


@dataclass(frozen=True)
class SynthesizerEntry:
    """One entry of the catalogue.

    Attributes
    ----------
    place : str
        Module and class, imported when the model is built.
    summary : str
        One clause of description.
    licence : str
        Licence of its software.
    has_epochs : bool
        Whether the epochs of training can be chosen.
    repeats : bool
        Whether it repeats rows of the source on purpose.
    """

    place: str
    summary: str
    licence: str
    has_epochs: bool = False
    repeats: bool = False


_OURS: Final = "MIT"
_BUSL: Final = "Business Source License 1.1 (ctgan, rdt)"

MODELS: Final[dict[str, SynthesizerEntry]] = {
    "trees": SynthesizerEntry(
        "trees:SequentialTrees", "sequential trees, drawn from leaves and blurred", _OURS
    ),
    "arf": SynthesizerEntry("arf:AdversarialForest", "adversarial random forest", _OURS),
    "copula": SynthesizerEntry(
        "copula:GaussianCopula", "Gaussian copula over cumulative intervals", _OURS
    ),
    "ctgan": SynthesizerEntry("gan:Ctgan", "the paper's conditional GAN", _BUSL, has_epochs=True),
    "tvae": SynthesizerEntry(
        "gan:Tvae", "variational autoencoder of the same package", _BUSL, has_epochs=True
    ),
    "diffusion": SynthesizerEntry(
        "diffusion:Flow", "flow matching, a diffusion", _OURS, has_epochs=True
    ),
    "bootstrap": SynthesizerEntry(
        "bootstrap:Bootstrap",
        "rows of the source again, to show what copies score",
        _OURS,
        repeats=True,
    ),
}

#: Printed when a model under this licence is run.
BUSL_NOTICE: Final = (
    "ctgan and rdt are under the Business Source License 1.1, which is not an open-source licence: "
    "it forbids offering them as a synthetic data service. Read it before you use them for more "
    "than study. The default model, trees, has no such terms."
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

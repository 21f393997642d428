"""Results of models on an edition as a model card on Hugging Face."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from customs_data.edition.manifest import Manifest
from customs_data.errors import KitError
from customs_data.files.atomic import new_folder
from customs_data.tasks import find_task
from customs_leaderboard.publishing.huggingface.dataset import CARD, check_reference
from customs_scorer.metrics import metrics_of

#: Licence of the kit's code, with which the models are trained.
_LICENCE: Final = "mit"


def prepare_model_card(
    manifest: Manifest,
    folder: Path,
    table: str,
    summaries: Sequence[Mapping[str, Any]],
    *,
    title: str | None = None,
    dataset: str | None = None,
    closed: bool = False,
) -> None:
    """Write a model card with results on an edition into a folder.

    Parameters
    ----------
    manifest : Manifest
        The edition.
    folder : path
        New folder.
    table : str
        Results as a Markdown table with its caption.
    summaries : sequence of mapping
        Results as data, one per model and setting: ``baseline``, ``recipe``, ``label_rate``,
        ``erasure``, and by period the mean of each metric.
    title : str, optional
        Title of the card.
    dataset : str, optional
        ``ORG/NAME`` of the edition on Hugging Face.
    closed : bool
        Whether scores on hidden labels may be known.

    Raises
    ------
    KitError
        If the labels are hidden and `closed` is False, or the name of the dataset is none.
    """
    if manifest.origin != "published-seed" and not closed:
        raise KitError(
            f"Scores on {manifest.name} say something about its hidden labels. Publish them after "
            "the close, with --closed."
        )
    if dataset is not None:
        check_reference(dataset)
    name = title or f"Baselines on {manifest.name}"
    metadata: dict[str, Any] = {
        "license": _LICENCE,
        "pipeline_tag": "tabular-classification",
        "tags": ["customs", "fraud-detection", "tabular"],
        **({"datasets": [dataset]} if dataset else {}),
        "model-index": [_entry(manifest, dataset, one) for one in summaries if "error" not in one],
    }
    import yaml

    text = yaml.safe_dump(metadata, sort_keys=False, allow_unicode=True)
    with new_folder(folder) as scratch:
        body = _body(manifest, name, table, summaries)
        (scratch / CARD).write_text(f"---\n{text}---\n\n{body}", encoding="utf-8")


def _entry(manifest: Manifest, dataset: str | None, one: Mapping[str, Any]) -> dict[str, Any]:
    """Return a model's entry of the index: its ranked metrics in both periods."""
    ranked = metrics_of(find_task(manifest.task)).ranked
    return {
        "name": _setting(one),
        "results": [
            {
                "task": {"type": "tabular-classification"},
                "dataset": {
                    "name": manifest.name,
                    "type": dataset or re.sub(r"[^a-z0-9]+", "-", manifest.name.lower()),
                    "split": "test",
                },
                "metrics": [
                    {
                        "type": metric.name,
                        "name": f"{metric.title} ({period})",
                        "value": round(float(one[period][metric.name]["mean"]), 6),
                    }
                    for period in ("public", "private")
                    for metric in ranked
                    if one[period].get(metric.name)
                ],
            }
        ],
    }


def _setting(one: Mapping[str, Any]) -> str:
    """Return the name of a model with what distinguishes its setting."""
    parts = [str(one["baseline"])]
    parts += [f"recipe {one['recipe']}"] if one["recipe"] else []
    if one["label_rate"] != 1:
        parts.append(f"{one['label_rate']:.0%} of labels ({one['erasure']})")
    return ", ".join(parts)


def _body(
    manifest: Manifest, title: str, table: str, summaries: Sequence[Mapping[str, Any]]
) -> str:
    models = " ".join(dict.fromkeys(str(one["baseline"]) for one in summaries))
    return f"""# {title}

{find_task(manifest.task).motivation}

Models of customs-kit on the edition `{manifest.name}`. Commitment to its labels:
`{manifest.commitment}`. This repository has results and no weights.

```sh
pip install customs-kit
customs-kit baseline run {models}
```

{table}
"""

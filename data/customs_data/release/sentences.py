"""What remains: risks in plain words."""

from __future__ import annotations

from customs_data.profile import Guarantee


def remaining_risks(guarantee: Guarantee | None, *, is_imported: bool) -> tuple[str, ...]:
    """Return what no number of a report covers.

    Parameters
    ----------
    guarantee : Guarantee or None
        What the profile guarantees; None if it has no privacy.
    is_imported : bool
        Whether the release contains declarations of a source itself.
    """
    if is_imported:
        return (
            "Everything that the source says is in the edition, unless it was synthesized before "
            "it was imported. Distances to the source are no guarantee.",
        )
    if guarantee is None:
        return (
            "A minimum count hides single cells, not the difference between two profiles, and not "
            "what somebody who knows the others can subtract.",
            "Masses and prices of a product are averages over at least as many declarations as "
            "the minimum count, but one importer may have filed all of them.",
        )
    factor = f"e^{guarantee.epsilon:.3g}"
    return (
        "Protected is whether an importer's declarations were counted at all, and what any of "
        f"them says. They change the probability of any conclusion by a factor {factor} at most, "
        f"but for a chance of {guarantee.delta:g}.",
        "An importer with several IDs is protected one ID at a time. Import them under one ID "
        "first, if you know them.",
        "Declarants, sellers, couriers, countries and branches are not units of protection: that a "
        "large one exists, and how much it trades, may be seen. Their IDs are not in the profile.",
        "What is true of a branch is published on purpose. If everybody imports a product from one "
        "country, the profile says so, about each importer.",
        "Budgets add up: a second profile of the same declarations, or of overlapping months, "
        "spends another epsilon. Keep a list of all profiles that left the house.",
        "The note about the source and the file's name are published as they are.",
        "The guarantee holds if the noise was drawn on a machine whose random numbers nobody "
        "knows, and if the declarations themselves stay where they are.",
    )

"""Bases of the JSON that the API takes and answers, and the numbers in it and in paths."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Path
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

#: Largest integer of both databases.
MAX_NUMBER: Final = 2**31 - 1
#: Number of a submission, member, invitation, team or announcement in a path.
Number = Annotated[int, Path(ge=1, le=MAX_NUMBER)]


def _as_integer(value: object) -> object:
    """Return 7 for 7.0, which JSON Schema calls an integer, and anything else as it is."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


#: Such a number in a request's JSON.
NumberInBody = Annotated[int, BeforeValidator(_as_integer), Field(ge=1, le=MAX_NUMBER)]


class Answer(BaseModel):
    """An answer of the API: nothing but the fields that are declared."""

    model_config = ConfigDict(extra="forbid")


class Wanted(BaseModel):
    """A request's JSON: nothing but the fields that are declared, in their types."""

    model_config = ConfigDict(extra="forbid", strict=True)

"""What all entries of a clinic file have in common, and the bounds of their numbers.

Numbers are bounded here as in the domain, so that several faults of one entry are told at once.
"""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from models.clinic import MAX_BUFFER_MINUTES, MAX_UNITS

Buffer = Annotated[int, Field(ge=0, le=MAX_BUFFER_MINUTES)]
Count = Annotated[int, Field(ge=0, le=MAX_UNITS)]
Units = Annotated[int, Field(ge=1, le=MAX_UNITS)]
Percent = Annotated[int, Field(ge=0, le=100)]
Points = Annotated[int, Field(ge=0, le=1000)]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]


class Entry(BaseModel):
    """Part of a clinic file: camelCase, no unknown keys, no guessing of types."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, alias_generator=to_camel)

    def to_domain(self) -> Any:
        """What the entry means in the domain; ValueError where that refuses it."""
        raise NotImplementedError

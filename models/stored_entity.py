"""Something of the clinic's setup as the database keeps it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEntity(Generic[Item]):
    """A location, a provider, a row of hours...; `position` orders the list that it belongs to."""

    id: str
    item: Item
    position: int
    external_id: str | None
    version: int
    created_at: datetime
    updated_at: datetime

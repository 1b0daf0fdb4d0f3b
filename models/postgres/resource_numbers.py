"""What the domain calls `providers/ID`, the calendar's indexes and the database's numbers, side by side."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from models.setup import ClinicSetup


@dataclass(frozen=True)
class ResourceNumbers:
    """The resource number of each provider, room, pool and counter of a setup, by how the domain names it."""

    no_by_ref: Mapping[str, int]
    id_by_ref: Mapping[str, UUID]
    index_by_no: Mapping[int, int]

    @staticmethod
    def of(setup: ClinicSetup, stored: Mapping[str, tuple[UUID, int]]) -> "ResourceNumbers":
        """Beside the indexes that the setup gave the same resources; counters that it dropped stay out."""
        refs = [ref for ref in setup.resource_index if ref in stored]
        return ResourceNumbers(
            {ref: stored[ref][1] for ref in refs},
            {ref: stored[ref][0] for ref in refs},
            {stored[ref][1]: setup.resource_index[ref] for ref in refs},
        )

    def of_refs(self, refs: Iterable[str]) -> list[int]:
        """The numbers of some resources, in the order asked for."""
        return [self.no_by_ref[ref] for ref in refs]

    def ids_of(self, refs: Iterable[str]) -> list[UUID]:
        """The ids of some resources, patients among them."""
        return [self.id_by_ref.get(ref) or UUID(ref.partition("/")[2]) for ref in refs]

    @cached_property
    def ref_by_no(self) -> Mapping[int, str]:
        """How the domain names the resource of a number."""
        return {number: ref for ref, number in self.no_by_ref.items()}

    @cached_property
    def _sorted(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        numbers = sorted(self.index_by_no)
        indexes = [self.index_by_no[number] for number in numbers]
        return np.array(numbers, np.int64), np.array(indexes, np.int64)

    def indexes(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """The setup's index of each resource number; all of them must be known."""
        known, indexes = self._sorted
        return indexes[np.searchsorted(known, numbers)]

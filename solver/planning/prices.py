"""The price list, for one move and for thousands of candidates at once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.clinic import Location
from models.planning import Assignment, PlanPrices, Task, TaskKind
from models.setup import ClinicSetup
from solver.intervals import Mask, Minutes
from solver.timeline import local_days, local_minutes

Prices = NDArray[np.int64]
FIVE_MINUTES = 5


@dataclass(frozen=True, slots=True)
class PricedParts:
    """What candidates pay, by what they pay it for; and whether the patient has to be told.

    Others are those whom nothing displaced.
    """

    told: Mask
    others_told: Mask
    tell: Prices
    day: Prices
    five_minutes: Prices
    provider: Prices

    @property
    def total(self) -> Prices:
        return self.tell + self.day + self.five_minutes + self.provider

    def ordered(self, order: NDArray[np.int64]) -> "PricedParts":
        """The same candidates in another order, or some of them."""
        return PricedParts(
            self.told[order],
            self.others_told[order],
            self.tell[order],
            self.day[order],
            self.five_minutes[order],
            self.provider[order],
        )

    def only(self, position: int) -> "PricedParts":
        """One candidate."""
        return self.ordered(np.array([position], dtype=np.int64))

    def at(self, index: int) -> dict[str, int]:
        """The parts that one candidate pays for, by their names."""
        named = {
            "told": self.tell,
            "day": self.day,
            "five_minutes": self.five_minutes,
            "provider": self.provider,
        }
        return {name: int(paid[index]) for name, paid in named.items() if paid[index]}


@dataclass(frozen=True, slots=True)
class PriceList:
    """Prices in the zones of one clinic."""

    prices: PlanPrices
    setup: ClinicSetup

    def parts(
        self, task: Task, place: Location | None, providers: NDArray[np.int64], starts: Minutes
    ) -> PricedParts:
        """What a task pays at each of many candidates: `providers` as numbered in the setup."""
        prices, zone = self.prices, self.setup.zone_of(place)
        days = local_days(starts, zone)
        nothing = np.zeros(len(starts), dtype=np.int64)
        if task.kind is TaskKind.WANTED or task.home is None:
            first = local_days(np.array([task.earliest], dtype=np.int64), zone)[0]
            waits = np.maximum(0, days - first) * prices.wait_day
            everybody = np.ones(len(starts), dtype=np.bool_)
            return PricedParts(everybody, ~everybody, nothing, waits, nothing, nothing)
        home = np.array([task.home.start], dtype=np.int64)
        home_provider = self._number_of(task.home.provider_id)
        told = (starts != task.home.start) | (providers != home_provider)
        others_told = told & (task.kind is TaskKind.MOVABLE)
        tell = np.where(others_told, prices.told, 0)
        if task.kind is TaskKind.MOVABLE and not prices.movable_pay_for_distance:
            return PricedParts(told, others_told, tell, nothing, nothing, nothing)
        shift_days = np.abs(days - local_days(home, zone)[0])
        clock = local_minutes(starts, zone)
        shift = np.abs(clock - local_minutes(home, zone)[0])
        return PricedParts(
            told,
            others_told,
            tell,
            shift_days * prices.day,
            -(-shift // FIVE_MINUTES) * prices.five_minutes,
            np.where(providers != home_provider, prices.provider, 0),
        )

    def of_assignment(self, task: Task, after: Assignment) -> tuple[int, dict[str, int]]:
        """What a task pays for one place, in all and by part."""
        room = None if after.room_id is None else self.setup.room_by_id[after.room_id]
        place = None if room is None else self.setup.location_by_id[room.location_id]
        providers = np.array([self._number_of(after.provider_id)], dtype=np.int64)
        starts: Minutes = np.array([after.start], dtype=np.int64)
        parts = self.parts(task, place, providers, starts)
        return int(parts.total[0]), parts.at(0)

    def _number_of(self, provider_id: str) -> int:
        def numbered() -> dict[str, int]:
            return {provider.id: number for number, provider in enumerate(self.setup.providers)}

        return self.setup.derived(("provider numbers",), numbered).get(provider_id, -1)

    def provider_number(self, provider_id: str) -> int:
        """A provider's place in the setup."""
        return self._number_of(provider_id)

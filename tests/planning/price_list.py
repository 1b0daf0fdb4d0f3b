"""What a plan costs, from scratch: local days and minutes by the clocks of the place."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tests.oracle.clock import on_the_wall
from tests.oracle.opening import Opening
from tests.planning.asked import Asked, Errand, Place


@dataclass(frozen=True, kw_only=True)
class Bill:
    """What the places of all errands come to; `shift` is everything paid for moving, being told aside."""

    objective: int
    unplaced: int
    told: int
    shift: int

    @property
    def levels(self) -> tuple[int, int, int]:
        """What a lexicographic plan makes small, one after the other."""
        return self.unplaced, self.told, self.shift


def is_told(errand: Errand, place: Place) -> bool:
    """Whether the patient hears of it: another time or another provider, or a visit at all."""
    return errand.home is None or errand.home.meeting != place.meeting


def price_of(asked: Asked, errand: Errand, place: Place | None) -> tuple[int, int]:
    """What one errand pays, and how much of it for being told."""
    prices = asked.prices
    if place is None:
        return prices["unplaced"], 0
    zone = asked.zone(asked.place_of(place.room_id))
    here = on_the_wall(place.start, zone)
    if errand.home is None:
        waited = (here.date() - on_the_wall(errand.earliest, zone).date()).days
        return max(0, waited) * prices["wait_day"], 0
    told = prices["told"] if errand.kind == "movable" and is_told(errand, place) else 0
    if errand.kind == "movable" and not asked.movable_pay_for_distance:
        return told, told
    there = on_the_wall(errand.home.start, zone)
    days = abs((here.date() - there.date()).days)
    minutes = abs(here.hour * 60 + here.minute - there.hour * 60 - there.minute)
    other = place.provider_id != errand.home.provider_id
    shift = (
        prices["day"] * days
        + prices["five_minutes"] * ((minutes + 4) // 5)
        + (prices["provider"] if other else 0)
    )
    return told + shift, told


def bill_of(asked: Asked, errands: Iterable[Errand], places: Mapping[str, Place | None]) -> Bill:
    """What the errands come to; idle minutes are not in it."""
    objective = unplaced = told = shift = 0
    for errand in errands:
        place = places[errand.id]
        paid, for_telling = price_of(asked, errand, place)
        objective += paid
        if place is None:
            unplaced += 1
        else:
            told += is_told(errand, place)
            shift += paid - for_telling
    return Bill(objective=objective, unplaced=unplaced, told=told, shift=shift)


def idle_minutes(
    asked: Asked, opening: Opening, held: Mapping[str, Mapping[int, int]], low: int, high: int
) -> int:
    """Minutes that no hold covers between the first and the last held minute of each working window.

    Of the windows that share a minute with `[low, high)`; `held` is for each provider how many visits they
    hold at each minute.
    """
    idle = 0
    for provider in asked.file["providers"]:
        resource = f"providers/{provider['id']}"
        here = held.get(resource, {})
        for start, end in windows_of(opening, resource):
            if start < high and low < end:
                busy = [minute for minute in range(start, end) if here.get(minute, 0)]
                if busy:
                    idle += busy[-1] + 1 - busy[0] - len(busy)
    return idle


def windows_of(opening: Opening, resource: str) -> list[tuple[int, int]]:
    """The longest stretches in which a provider works."""
    windows: list[tuple[int, int]] = []
    for minute in sorted(opening.open_minutes(resource)):
        if windows and windows[-1][1] == minute:
            windows[-1] = (windows[-1][0], minute + 1)
        else:
            windows.append((minute, minute + 1))
    return windows

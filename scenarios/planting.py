"""Fills a clinic with visits as a practice would: hour after hour, breaking no rule.

The visits are laid out in order of time, so that each resource only has to remember until when it
is taken. What comes out is feasible by construction.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from heapq import heapify, heappop, heapreplace
from random import Random

from models.appointment import Appointment, EquipmentUse
from models.clinic import EquipmentPool, Location, Patient, Provider, Room, Service
from models.hours import Window
from models.score import suits
from models.setup import CLINIC, ClinicSetup, equipment_ref, location_ref, provider_ref, room_ref
from models.wall_clock import MINUTES_PER_DAY, Minute, at_wall_clock, instant_of, local_date, minute_of_day

_TRIES = 3
_PAUSE = 15
_NOON = 12 * 60
_LONG_AGO = -(10**9)


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How full the days are: the share of working time that visits and their buffers take."""

    morning: float = 0.8
    afternoon: float = 0.6
    visits_per_provider_day: int | None = None

    @staticmethod
    def around(utilisation: float) -> "Pace":
        """Busier before noon, quieter after it, so much on average."""
        return Pace(morning=min(0.97, utilisation * 1.15), afternoon=utilisation * 0.85)

    def at(self, minute_of_day: int) -> float:
        """The share wanted at a time of day."""
        return self.morning if minute_of_day < _NOON else self.afternoon


def planted(
    setup: ClinicSetup,
    patients: Sequence[Patient],
    *,
    random: Random,
    first: date,
    days: int,
    pace: Pace,
) -> list[Appointment]:
    """Scheduled visits of `days` local days from `first`, in order of time, that break no hard rule."""
    low = at_wall_clock(first, 0, setup.zone)
    high = low + days * MINUTES_PER_DAY
    planting = _Planting(setup=setup, patients=patients, random=random, pace=pace)
    turns = [turn for provider in setup.providers for turn in planting.turns_of(provider, low, high)]
    heapify(turns)
    while turns:
        time, number, until, provider = turns[0]
        onward = planting.work(provider, time, until)
        if onward < until:
            heapreplace(turns, (onward, number, until, provider))
        else:
            heappop(turns)
    return planting.visits


@dataclass
class _Planting:
    setup: ClinicSetup
    patients: Sequence[Patient]
    random: Random
    pace: Pace
    visits: list[Appointment] = field(default_factory=list)

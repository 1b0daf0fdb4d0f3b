"""When a service could start at all, whoever has booked what: what the setup of a clinic alone allows.

It is asked of the very search that serves everybody, on an empty calendar: whatever is booked only takes
starts away. Kept with the setup, so that a bound for each of many clinics costs next to nothing.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Lock

import numpy as np

from models.calendar import Calendar
from models.clinic import MAX_FUTURE_DAYS, Location, Provider, Service
from models.setup import ClinicSetup
from models.slot import SlotRequest
from models.snapshot import ClinicSnapshot
from models.wall_clock import MINUTES_PER_DAY, Minute, instant_of
from solver.candidates import candidates
from solver.intervals import Minutes, Rows
from solver.problem import SearchProblem
from solver.site_candidates import SiteCandidates
from solver.timeline import local_minutes

STRETCH_MINUTES = 4 * MINUTES_PER_DAY
"""Openings are worked out for so long at a time: a bound seldom needs more than the first days."""

MOST_STRETCHES = 12
"""Kept per setup; the oldest goes first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Openings:
    """Starts at one location within one stretch: `providers[rows[i]]` could start at `starts[i]`, when the
    wall clock shows `shown[i]` minutes past midnight. Sorted by start."""

    site: Location | None
    providers: list[Provider]
    rows: Rows
    starts: Minutes
    shown: Minutes

    def between(self, low: Minute, high: Minute) -> slice:
        """Where the starts of `[low, high)` stand."""
        first, beyond = np.searchsorted(self.starts, (low, high))
        return slice(int(first), int(beyond))


def openings(setup: ClinicSetup, request: SlotRequest, number: int) -> tuple[Openings, ...]:
    """The openings of the stretch of that number since 1970, site by site."""
    kept = setup.derived(("kept openings",), _Kept)
    low = number * STRETCH_MINUTES
    return kept.found(
        (request.service.id, request.provider_ids, number), lambda: _expanded(setup, request, low)
    )


class _Kept:
    """The openings of one setup that were asked for last."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[object, ...], tuple[Openings, ...]] = OrderedDict()
        self._changing = Lock()

    def found(
        self, key: tuple[object, ...], make: Callable[[], tuple[Openings, ...]]
    ) -> tuple[Openings, ...]:
        known = self._known.get(key)
        if known is None:
            known = make()
            with self._changing:
                self._known[key] = known
                while len(self._known) > MOST_STRETCHES:
                    self._known.popitem(last=False)
        return known


def _expanded(setup: ClinicSetup, request: SlotRequest, low: Minute) -> tuple[Openings, ...]:
    anything = replace(
        request,
        service=_whenever(request.service),
        earliest=low,
        latest=low + STRETCH_MINUTES,
        patient=None,
        preferred=None,
    )
    empty = ClinicSnapshot(setup=setup, calendar=Calendar.of(()), now=instant_of(low))
    found = candidates(SearchProblem(snapshot=empty, request=anything))
    return tuple(_in_order(one, setup) for one in found if len(one.starts))


def _whenever(service: Service) -> Service:
    """The service without what depends on the clock; that is judged for each question.

    A seat in a group visit needs no equipment of its own, so there it must not count.
    """
    equipment = () if service.is_for_groups else service.equipment
    return replace(service, min_notice_minutes=0, max_future_days=MAX_FUTURE_DAYS, equipment=equipment)


def _in_order(found: SiteCandidates, setup: ClinicSetup) -> Openings:
    order = np.argsort(found.starts, kind="stable")
    starts = found.starts[order]
    return Openings(
        site=found.site,
        providers=found.providers,
        rows=found.rows[order],
        starts=starts,
        shown=local_minutes(starts, setup.zone_of(found.site)),
    )

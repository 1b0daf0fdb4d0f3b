"""Who and what is held when, over a horizon: what the figures about a calendar are counted from."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from models.appointment import Appointment
from models.claims import Visit, hold_of, room_hold_of
from models.clinic import Room
from models.group_visit import groups_of
from models.hours import OpenWindows, Window, merged, without
from models.refs import CLINIC, location_ref, provider_ref, room_ref
from models.setup import ClinicSetup


@dataclass(frozen=True, kw_only=True)
class Occupation:
    """Visits and holds of each provider and room, by id, and `horizon`; a group visit counts once."""

    setup: ClinicSetup
    horizon: Window
    visits_of_provider: Mapping[str, Sequence[Window]]
    holds_of_provider: Mapping[str, Sequence[Window]]
    holds_of_room: Mapping[str, Sequence[Window]]

    @staticmethod
    def of(appointments: Iterable[Appointment], setup: ClinicSetup, horizon: Window) -> "Occupation":
        """Of all that holds anything."""
        visits: dict[str, list[Window]] = {}
        holds: dict[str, list[Window]] = {}
        rooms: dict[str, list[Window]] = {}
        for visit in _visits(appointments, setup):
            provider_id = visit.provider.id
            visits.setdefault(provider_id, []).append((visit.start, visit.end))
            holds.setdefault(provider_id, []).append(hold_of(visit.service, visit.start, visit.end))
            if visit.room is not None:
                held = room_hold_of(visit.service, visit.room, visit.start, visit.end)
                rooms.setdefault(visit.room.id, []).append(held)
        return Occupation(
            setup=setup,
            horizon=horizon,
            visits_of_provider=visits,
            holds_of_provider=holds,
            holds_of_room=rooms,
        )

    def idle_minutes(self, provider_id: str) -> int:
        """Minutes in which nothing is held between the first and the last hold of a working window.

        Working windows that share a minute with the horizon count whole; holds count inside them.
        """
        windows = self._hours(provider_ref(provider_id)).meeting(*self.horizon)
        return sum(_idle(window, self.holds_of_provider.get(provider_id, ())) for window in windows)

    def overtime_minutes(self, provider_id: str) -> int:
        """Minutes of visits inside the horizon in which their provider does not work."""
        hours = self._hours(provider_ref(provider_id))
        visits = self._inside(self.visits_of_provider.get(provider_id, ()))
        return sum(end - start - hours.minutes_within(start, end) for start, end in visits)

    def share_of_provider(self, provider_id: str) -> float:
        """How much of their working time a provider is held, however many visits lie on top of each other."""
        opened = self._working(provider_id)
        held = merged(self._inside(self.holds_of_provider.get(provider_id, ())))
        return _minutes_in(held, opened) / (_minutes(opened) or 1)

    def share_of_room(self, room: Room) -> float:
        """How much of the time in which somebody works at its location a room is held, place by place."""
        closed = self._closed(room_ref(room.id))
        usable = without(self._staffed(room.location_id), closed)
        levels = _levels(self._inside(self.holds_of_room.get(room.id, ())), room.capacity)
        held = sum(_minutes_in(level, usable) for level in levels)
        return held / (_minutes(usable) * room.capacity or 1)

    def _hours(self, ref: str) -> OpenWindows:
        return self.setup.open_windows(ref, *self.horizon)

    def _inside(self, windows: Iterable[Window]) -> list[Window]:
        return _clipped(windows, self.horizon)

    def _closed(self, ref: str) -> list[Window]:
        return without([self.horizon], self._inside(self._hours(ref).windows))

    def _working(self, provider_id: str) -> list[Window]:
        """When a provider works, without the days on which the clinic or their only location is closed."""
        sites = self.setup.provider_by_id[provider_id].location_ids
        place = location_ref(sites[0]) if len(sites) == 1 else CLINIC
        return without(self._inside(self._hours(provider_ref(provider_id)).windows), self._closed(place))

    def _staffed(self, location_id: str) -> list[Window]:
        """When at least one provider of a location works, wherever they are then, and it is not closed."""
        here = [one.id for one in self.setup.providers if location_id in one.location_ids]
        working = merged(window for one in here for window in self._working(one))
        return without(working, self._closed(location_ref(location_id)))


def _visits(appointments: Iterable[Appointment], setup: ClinicSetup) -> Iterable[Visit]:
    seated: list[Appointment] = []
    for one in appointments:
        if setup.service_by_id[one.service_id].is_for_groups:
            seated.append(one)
        else:
            yield Visit.of(one, setup)
    yield from (Visit.of(members[0], setup) for members in groups_of(seated).values())


def _idle(window: Window, holds: Iterable[Window]) -> int:
    held = merged(_clipped(holds, window))
    return held[-1][1] - held[0][0] - _minutes(held) if held else 0


def _levels(holds: Iterable[Window], places: int) -> list[list[Window]]:
    """Holds place by place; what finds every place taken shares one with others."""
    levels: list[list[Window]] = [[] for _ in range(places)]
    for hold in sorted(holds):
        min(levels, key=lambda level: level[-1][1] if level else 0).append(hold)
    return [merged(level) for level in levels]


def _clipped(windows: Iterable[Window], bounds: Window) -> list[Window]:
    """The windows as far as they lie inside the bounds."""
    low, high = bounds
    return [(max(low, start), min(high, end)) for start, end in windows if start < high and low < end]


def _minutes(windows: Iterable[Window]) -> int:
    return sum(end - start for start, end in windows)


def _minutes_in(windows: Sequence[Window], bounds: Sequence[Window]) -> int:
    """How many minutes of disjoint windows lie inside other disjoint windows; both are sorted."""
    return _minutes(windows) - _minutes(without(windows, bounds))

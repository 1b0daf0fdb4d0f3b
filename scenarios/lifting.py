"""The clinic beside one of its appointments: as if that one had never been booked."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import replace

from models.appointment import Appointment
from models.calendar import BusyTimes, Calendar, Hold
from models.claims import holds_of
from models.group_visit import group_key
from models.hours import Window
from models.snapshot import ClinicSnapshot


class CalendarWithout(Calendar):
    """A calendar with some holds less; only what they touch is computed anew."""

    def __init__(self, base: Calendar, minus: Iterable[Hold]) -> None:
        super().__init__(base.resources, base.starts, base.ends, base.patient_visits)
        gone: dict[int, list[Window]] = {}
        for resource, start, end in minus:
            gone.setdefault(resource, []).append((start, end))
        object.__setattr__(self, "_base", base)
        object.__setattr__(
            self, "_emptier", {one: _less(base.busy(one), windows) for one, windows in gone.items()}
        )

    _base: Calendar
    _emptier: Mapping[int, BusyTimes]

    def busy(self, resource: int) -> BusyTimes:
        """What else holds the resource with that index."""
        return self._emptier[resource] if resource in self._emptier else self._base.busy(resource)


def _less(busy: BusyTimes, windows: Iterable[Window]) -> BusyTimes:
    """Without these holds, as far as they are there: who shares a visit may have been booked otherwise."""
    starts, ends = busy.starts[:], busy.ends[:]
    for start, end in windows:
        alike = range(bisect_left(starts, start), bisect_right(starts, start))
        position = next((number for number in alike if ends[number] == end), None)
        if position is not None:
            del starts[position], ends[position]
    return BusyTimes.sorted_by_start(starts, ends)


def beside(appointment: Appointment, snapshot: ClinicSnapshot) -> ClinicSnapshot:
    """The clinic without the holds of an appointment, for it to be judged where it is.

    Of a group visit all that its patients share goes as well, so that it is judged as a whole, and of what
    each of them takes only the share of this one. Patients' own visits stay.
    """
    groups = snapshot.group_visits
    if groups:
        key = group_key(appointment)
        groups = tuple(group for group in groups if group.key != key)
    calendar = CalendarWithout(snapshot.calendar, holds_of(appointment, snapshot.setup))
    return replace(snapshot, calendar=calendar, group_visits=groups)

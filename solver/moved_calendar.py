"""The same clinic with one appointment elsewhere in time, without building its calendar anew."""

from array import array
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from models.appointment import Appointment
from models.calendar import BusyTimes, Calendar
from models.claims import holds_of
from models.hours import Window
from models.snapshot import ClinicSnapshot
from models.wall_clock import ceil_minute, floor_minute
from solver.intervals import Holds


def visit_of(appointment: Appointment) -> Window:
    """The minutes of a visit."""
    return floor_minute(appointment.starts_at), ceil_minute(appointment.ends_at)


def moved(snapshot: ClinicSnapshot, before: Appointment, after: Appointment | None) -> ClinicSnapshot | None:
    """With `after` in the place of `before`, or nothing; not for somebody's seat in a group visit.

    None where it holds other things than it would today: rules have changed since it was booked.
    """
    resources, starts, ends = Holds.of(snapshot.calendar)
    kept = np.ones(len(resources), dtype=np.bool_)
    for resource, start, end in holds_of(before, snapshot.setup):
        same = np.flatnonzero(kept & (resources == resource) & (starts == start) & (ends == end))
        if not len(same):
            return None
        kept[same[0]] = False
    added = [] if after is None else holds_of(after, snapshot.setup)
    columns = np.array(added, dtype=np.int64).reshape(-1, 3).T
    resources, starts, ends = (
        np.concatenate([old[kept], new]) for old, new in zip((resources, starts, ends), columns, strict=True)
    )
    order = np.lexsort((ends, starts, resources))
    calendar = Calendar(
        array("i", resources[order].astype(np.int32).tobytes()),
        array("q", starts[order].tobytes()),
        array("q", ends[order].tobytes()),
        _visits(snapshot, before, after),
    )
    return replace(snapshot, calendar=calendar)


def _visits(snapshot: ClinicSnapshot, before: Appointment, after: Appointment | None) -> dict[str, BusyTimes]:
    visits = dict(snapshot.calendar.patient_visits)
    known = visits.get(before.patient_id)
    if known is not None:
        windows = list(zip(known.starts, known.ends, strict=True))
        windows.remove(visit_of(before))
        visits[before.patient_id] = BusyTimes.of([*windows, *_window(after)])
    return visits


def _window(appointment: Appointment | None) -> Iterable[Window]:
    return () if appointment is None else (visit_of(appointment),)

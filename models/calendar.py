"""What is taken, by whom and when: holds of providers, rooms and pools, visits of patients.

Holds are kept as parallel arrays, sorted by resource and start, so that a database can fill them
and arrays can be searched without making an object of each.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from operator import sub
from typing import TypeAlias

from models.hours import Window, minutes_within
from models.wall_clock import Minute

Hold: TypeAlias = tuple[int, Minute, Minute]
"""One unit of a resource (its index in the setup), taken from a minute until before another."""


@dataclass(frozen=True, slots=True)
class BusyTimes:
    """The holds of one resource, sorted by start; several may overlap where it has several units."""

    starts: list[Minute]
    ends: list[Minute]
    longest: int
    sorted_ends: list[Minute]
    _peaks: dict[Window, int] = field(default_factory=dict, init=False, repr=False, compare=False)

    @staticmethod
    def of(windows: Iterable[Window]) -> "BusyTimes":
        """From windows in any order."""
        ordered = sorted(windows)
        return BusyTimes.sorted_by_start([start for start, _ in ordered], [end for _, end in ordered])

    @staticmethod
    def sorted_by_start(starts: list[Minute], ends: list[Minute]) -> "BusyTimes":
        """From parallel lists, in order of start."""
        longest = max(map(sub, ends, starts), default=0)
        return BusyTimes(starts, ends, longest, sorted(ends))

    def overlapping(self, start: Minute, end: Minute) -> list[Window]:
        """The holds that share a minute with `[start, end)`, by start."""
        starts, ends, found = self.starts, self.ends, []
        earliest = start - self.longest
        index = bisect_left(starts, end) - 1
        while index >= 0 and starts[index] > earliest:
            if ends[index] > start:
                found.append((starts[index], ends[index]))
            index -= 1
        found.reverse()
        return found

    def peak(self, start: Minute, end: Minute) -> int:
        """The most units held at any one minute of `[start, end)`.

        As many units as the peak suffice for all of them: holds form an interval graph, whose
        chromatic number is its largest clique (Golumbic, Algorithmic Graph Theory, 1980).
        """
        running = bisect_left(self.starts, end) - bisect_right(self.sorted_ends, start)
        if running < 2:
            return running
        known = self._peaks.get((start, end))
        if known is None:
            known = self._peaks[start, end] = _peak(self.overlapping(start, end), start)
        return known

    def minutes_within(self, start: Minute, end: Minute) -> int:
        """For how many minutes of `[start, end)` it is held, each hold counted for itself."""
        return minutes_within(self.starts, self.sorted_ends, start, end)

    def last_end_before(self, minute: Minute) -> Minute | None:
        """The latest end of a hold that is over by `minute`."""
        index = bisect_right(self.sorted_ends, minute)
        return self.sorted_ends[index - 1] if index else None

    def first_start_after(self, minute: Minute) -> Minute | None:
        """The earliest start of a hold that has not begun before `minute`."""
        index = bisect_left(self.starts, minute)
        return self.starts[index] if index < len(self.starts) else None


def _peak(found: list[Window], start: Minute) -> int:
    """The most of these windows, sorted by start, that share a minute from `start` on."""
    ends = sorted(end for _, end in found)
    if ends[0] > max(found[-1][0], start):  # as with what is counted of a day
        return len(found)
    over = most = 0
    for begun, (held_from, _) in enumerate(found, 1):
        while ends[over] <= max(held_from, start):
            over += 1
        most = max(most, begun - over)
    return most


_NOTHING = BusyTimes([], [], 0, [])


@dataclass(frozen=True)
class Calendar:
    """All holds that a question may meet: `resources[i]` is held over `[starts[i], ends[i])`.

    `patient_visits` has the visits (not the holds) of the patients that the question is about.
    """

    resources: "array[int]"
    starts: "array[int]"
    ends: "array[int]"
    patient_visits: Mapping[str, BusyTimes] = field(default_factory=dict)
    _busy: dict[int, BusyTimes] = field(default_factory=dict, init=False, repr=False, compare=False)

    @staticmethod
    def of(holds: Iterable[Hold], patient_visits: Mapping[str, Iterable[Window]] | None = None) -> "Calendar":
        """From holds in any order."""
        ordered = sorted(holds)
        return Calendar(
            array("i", [resource for resource, _, _ in ordered]),
            array("q", [start for _, start, _ in ordered]),
            array("q", [end for _, _, end in ordered]),
            {patient: BusyTimes.of(visits) for patient, visits in (patient_visits or {}).items()},
        )

    def busy(self, resource: int) -> BusyTimes:
        """The holds of the resource with that index."""
        known = self._busy.get(resource)
        if known is None:
            first, beyond = bisect_left(self.resources, resource), bisect_right(self.resources, resource)
            starts, ends = self.starts[first:beyond].tolist(), self.ends[first:beyond].tolist()
            known = self._busy[resource] = BusyTimes.sorted_by_start(starts, ends)
        return known

    def visits_of(self, patient_id: str) -> BusyTimes:
        """The visits of a patient."""
        return self.patient_visits.get(patient_id, _NOTHING)

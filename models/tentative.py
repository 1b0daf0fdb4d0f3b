"""A clinic as it would be if some visits were booked that are only thought of so far."""

from collections.abc import Iterable, Mapping

from models.calendar import BusyTimes, Calendar
from models.claims import Use, Visit, own_uses, shared_uses
from models.hours import Window
from models.rules import is_overbooked
from models.setup import ClinicSetup
from models.slot import Placement
from models.snapshot import ClinicSnapshot


class TentativeCalendar(Calendar):
    """A calendar with some more holds and visits; only what they touch is computed anew."""

    def __init__(
        self,
        base: Calendar,
        more: Mapping[int, list[Window]],
        visits: Mapping[str, list[Window]],
    ) -> None:
        super().__init__(base.resources, base.starts, base.ends, base.patient_visits)
        fuller = {resource: _joined(base.busy(resource), windows) for resource, windows in more.items()}
        fuller_visits = {one: _joined(base.visits_of(one), windows) for one, windows in visits.items()}
        if isinstance(base, TentativeCalendar):  # one on top of a thousand others is asked as fast as one
            fuller = {**base._fuller, **fuller}
            fuller_visits = {**base._fuller_visits, **fuller_visits}
            base = base._base
        object.__setattr__(self, "_base", base)
        object.__setattr__(self, "_fuller", fuller)
        object.__setattr__(self, "_fuller_visits", fuller_visits)

    _base: Calendar
    _fuller: Mapping[int, BusyTimes]
    _fuller_visits: Mapping[str, BusyTimes]

    def busy(self, resource: int) -> BusyTimes:
        """The holds of the resource with that index, those thought of included."""
        return self._fuller[resource] if resource in self._fuller else self._base.busy(resource)

    def visits_of(self, patient_id: str) -> BusyTimes:
        """The visits of a patient, those thought of included."""
        known = self._fuller_visits.get(patient_id)
        return self._base.visits_of(patient_id) if known is None else known


def _joined(busy: BusyTimes, windows: Iterable[Window]) -> BusyTimes:
    return BusyTimes.of([*zip(busy.starts, busy.ends, strict=True), *windows])


def with_visit(snapshot: ClinicSnapshot, placement: Placement) -> ClinicSnapshot:
    """The clinic with one visit more; who joins a group visit takes no more than a seat."""
    index = snapshot.setup.resource_index
    more: dict[int, list[Window]] = {}
    for ref, units, window in _uses(placement, snapshot):
        more.setdefault(index[ref], []).extend([window] * units)
    visits: dict[str, list[Window]] = {}
    if placement.patient is not None:
        visits[placement.patient.id] = [(placement.start, placement.end)]
    return snapshot.replace_calendar(TentativeCalendar(snapshot.calendar, more, visits))


def _uses(placement: Placement, snapshot: ClinicSnapshot) -> list[Use]:
    setup: ClinicSetup = snapshot.setup
    visit = Visit(
        service=placement.service,
        provider=placement.provider,
        location=placement.location,
        room=placement.room,
        equipment=placement.equipment,
        start=placement.start,
        end=placement.end,
        overbook=is_overbooked(placement, snapshot),
    )
    own = list(own_uses(visit, setup))
    return own if placement.joins is not None else [*own, *shared_uses(visit, setup)]

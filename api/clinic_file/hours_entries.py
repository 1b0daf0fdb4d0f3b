"""When things are open, closed or overbooked, as a file writes it."""

from typing import Annotated

from pydantic import Field

from api.clinic_file.entry import Count, Entry
from api.clinic_file.scalars import Id, KindName, Moment, RecentDay, Text, TimeOfDay, WeekdayName
from models.clinic import MAX_UNITS, HoursException, OverbookingRule, WorkingHours


class AvailabilityEntry(Entry):
    """Recurring hours of a provider, a room or an equipment pool, on the wall clock."""

    resource: Id
    rrule: Text
    start_time: TimeOfDay
    end_time: TimeOfDay
    effective_from: RecentDay | None = None
    effective_to: RecentDay | None = None

    def to_domain(self) -> WorkingHours:
        return WorkingHours(
            resource=self.resource,
            rrule=self.rrule,
            start=self.start_time,
            end=self.end_time,
            effective_from=self.effective_from,
            effective_to=self.effective_to,
        )


class ExceptionEntry(Entry):
    """A departure from the hours."""

    resource: Id
    start: Moment
    end: Moment
    kind: KindName
    reason: Text | None = None

    def to_domain(self) -> HoursException:
        return HoursException(
            resource=self.resource, starts_at=self.start, ends_at=self.end, kind=self.kind, reason=self.reason
        )


class OverbookingEntry(Entry):
    """Where, when and how far holds of a provider may overlap."""

    id: Id
    provider_id: Id | None = None
    service_id: Id | None = None
    weekdays: Annotated[list[WeekdayName], Field(min_length=1, max_length=7)]
    start_time: TimeOfDay
    end_time: TimeOfDay
    lanes: Annotated[int, Field(ge=1, le=MAX_UNITS - 1)]
    max_per_day: Count | None = None

    def to_domain(self) -> OverbookingRule:
        return OverbookingRule(
            id=self.id,
            provider_id=self.provider_id,
            service_id=self.service_id,
            weekdays=tuple(self.weekdays),
            start=self.start_time,
            end=self.end_time,
            lanes=self.lanes,
            max_per_day=self.max_per_day,
        )

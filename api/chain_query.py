"""A question about several visits as a client words it, and what it means for one clinic."""

from dataclasses import dataclass
from datetime import date, timedelta

from api.slot_query import AN_EXAMPLE, SlotQuery
from models.chain import DEFAULT_CHAINS, ChainRequest, ChainStep, WhoSees
from models.clinic import Patient
from models.errors import InvalidRequest
from models.series import SeriesRequest
from models.setup import ClinicSetup

DAYS_OF_FIRST_VISIT = 7
_LENGTH_OF_DATE = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class StepQuery:
    """One visit, and how it follows the one before."""

    service_id: str
    provider_ids: tuple[str, ...] = ()
    duration_minutes: int | None = None
    min_minutes_after: int = 0
    max_minutes_after: int | None = None
    provider: WhoSees = WhoSees.ANY


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainQuery:
    """A chain; `start` and `end`, which bound the start of each visit, are dates or date-times as text."""

    steps: tuple[StepQuery, ...]
    start: str
    end: str
    location_id: str | None = None
    patient_id: str | None = None
    preferred: str | None = None
    limit: int = DEFAULT_CHAINS

    def request(self, setup: ClinicSetup, patient: Patient | None) -> ChainRequest:
        """What it asks of this clinic. Raises InvalidRequest, or NotFound for an id that is not there."""
        steps = tuple(
            ChainStep(
                request=_visit(step, self, self.end).request(setup, patient),
                min_minutes_after=step.min_minutes_after,
                max_minutes_after=step.max_minutes_after,
                provider=step.provider,
            )
            for step in self.steps
        )
        return ChainRequest(steps=steps, limit=self.limit)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesQuery:
    """A series; `start` and `end`, a week later unless it is given, bound the start of its first visit."""

    visit: StepQuery
    count: int
    every_weeks: int = 1
    start: str
    end: str | None = None
    location_id: str | None = None
    patient_id: str | None = None
    preferred: str | None = None

    def request(self, setup: ClinicSetup, patient: Patient | None) -> SeriesRequest:
        """What it asks of this clinic. Raises InvalidRequest, or NotFound for an id that is not there."""
        end = self.end if self.end is not None else _a_week_later(self.start)
        visit = _visit(self.visit, self, end).request(setup, patient)
        return SeriesRequest(request=visit, count=self.count, every_weeks=self.every_weeks)


def _visit(step: StepQuery, query: ChainQuery | SeriesQuery, end: str) -> SlotQuery:
    return SlotQuery(
        service_id=step.service_id,
        start=query.start,
        end=end,
        location_id=query.location_id,
        provider_ids=step.provider_ids,
        patient_id=query.patient_id,
        duration_minutes=step.duration_minutes,
        preferred=query.preferred,
    )


def _a_week_later(start: str) -> str:
    """The last of seven days, the first included; InvalidRequest where `start` begins with no date."""
    try:
        first = date.fromisoformat(start[:_LENGTH_OF_DATE])
        return (first + timedelta(days=DAYS_OF_FIRST_VISIT - 1)).isoformat()
    except (ValueError, OverflowError):
        message = f"start must be a date or a date-time, such as {AN_EXAMPLE}, not {start!r}"
        raise InvalidRequest(message, field="start") from None

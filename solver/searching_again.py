"""A change is only named once a search with it has found something."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from models.clinic import Location, Service
from models.explanation import Change, ChangeKind, Relaxation
from models.setup import ClinicSetup
from models.slot import MAX_SLOTS, SlotRequest
from models.snapshot import ClinicSnapshot
from solver.offers import offer_slots


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What was asked and had no answer.

    `at` reads the question again for another location: its days begin and end by that one's clock. None
    where the question makes no sense there.
    """

    snapshot: ClinicSnapshot
    request: SlotRequest
    at: Callable[[Location], SlotRequest | None]

    @property
    def setup(self) -> ClinicSetup:
        return self.snapshot.setup

    def with_setup(self, setup: ClinicSetup) -> "Question":
        """The same question in a clinic with other numbers."""
        service = setup.service_by_id[self.request.service.id]
        snapshot = replace(self.snapshot, setup=setup)
        return replace(self, snapshot=snapshot, request=replace(self.request, service=service))

    def with_service(self, service: Service) -> "Question":
        """The same question about a service with other rules."""
        services = (service if one.id == service.id else one for one in self.setup.services)
        return self.with_setup(self.setup.but(services=tuple(services)))


@dataclass(frozen=True, slots=True)
class Try:
    """A change, and the question as it would be with it."""

    change: Change
    snapshot: ClinicSnapshot
    request: SlotRequest

    def searched(self) -> Relaxation | None:
        """What the change gains; None if it gains nothing. Nobody changes room to make space for it."""
        request = replace(self.request, limit=1, rearrange_rooms=False)
        answer = offer_slots(self.snapshot, request)
        if not answer.slots:
            return None
        return Relaxation(
            change=self.change, slots_gained=min(answer.count, MAX_SLOTS), example=answer.slots[0]
        )


def helpful(tries: Iterable[Try], most: int) -> Iterator[Relaxation]:
    """The first `most` that gain something."""
    named = 0
    for one in tries:
        found = one.searched()
        if found is not None:
            yield found
            named += 1
        if named == most:
            return


def a_change(kind: ChangeKind, message: str, **details: str | int) -> Change:
    """A change with its details by name."""
    named: Mapping[str, str | int] = details
    return Change(kind=kind, message=message, details=named)

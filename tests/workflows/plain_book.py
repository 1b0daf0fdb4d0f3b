"""A small clinic's book as a plain dictionary, which knows nothing of the product.

Minutes are minutes of one day. Three providers and two rooms, one of which has two places; check-ups keep
their room ten minutes longer, ECGs need one of two machines and five minutes before.
"""

from dataclasses import dataclass, field

OPEN, CLOSE, NOW = 8 * 60, 16 * 60, 6 * 60
PROVIDERS, PATIENTS = ("okoro", "silva", "tran"), ("ada", "bela", "cleo", "dora", "emil")
PLACES = {"single": 1, "double": 2}
TURNAROUND = {"single": 10, "double": 10}
MACHINES = 2
BEFORE = {"checkup": 0, "ecg": 5}
LIVE = {"pending", "scheduled", "confirmed", "checked_in", "in_progress"}
STEPS = {
    "pending": {"confirmed", "canceled"},
    "scheduled": {"confirmed", "checked_in", "canceled", "no_show"},
    "confirmed": {"checked_in", "canceled", "no_show"},
    "checked_in": {"in_progress", "canceled", "no_show"},
    "in_progress": {"completed", "canceled"},
}
Hold = tuple[str, int, int]


@dataclass
class Visit:
    """What the dictionary knows of a visit."""

    patient: str
    provider: str
    service: str
    room: str
    start: int
    end: int
    status: str = "scheduled"
    runs_out: int | None = None
    version: int = 1

    def holds(self) -> list[Hold]:
        """What it takes, resource by resource."""
        begin = self.start - BEFORE[self.service]
        taken = [
            (self.patient, self.start, self.end),
            (self.provider, begin, self.end),
            (self.room, begin, self.end + TURNAROUND[self.room]),
        ]
        return [*taken, ("machines", begin, self.end)] if self.service == "ecg" else taken


@dataclass
class Book:
    """The plain dictionary, and what it would allow."""

    visits: dict[str, Visit] = field(default_factory=dict)
    now: int = NOW

    def is_dead(self, visit: Visit) -> bool:
        return visit.status == "pending" and visit.runs_out is not None and visit.runs_out <= self.now

    def is_holding(self, visit: Visit) -> bool:
        return visit.status in {*LIVE, "completed"} and not self.is_dead(visit)

    def most_at_once(self, resource: str, start: int, end: int, besides: str | None) -> int:
        taken = [
            (begin, until)
            for name, visit in self.visits.items()
            if name != besides and self.is_holding(visit)
            for what, begin, until in visit.holds()
            if what == resource
        ]
        return max(sum(b <= minute < u for b, u in taken) for minute in range(start, end))

    def has_room_for(self, visit: Visit, rooms: tuple[str, ...], besides: str | None = None) -> bool:
        """Whether everything that it takes is free, in one of the rooms."""
        limits = {**PLACES, "machines": MACHINES}
        for room in rooms:
            visit.room = room
            if all(
                self.most_at_once(what, start, end, besides) < limits.get(what, 1)
                for what, start, end in visit.holds()
            ):
                return True
        return False

    def allows_start(self, start: int) -> bool:
        return start >= self.now and start % 15 == 0

    def is_open(self, visit: Visit) -> bool:
        return visit.start >= OPEN and visit.end <= CLOSE

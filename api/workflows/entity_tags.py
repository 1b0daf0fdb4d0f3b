"""The entity tags of an answer about slots: one over what slots depend on, one over what an explanation does.

Which of the two an answer carries is known only once it is solved. A client who has either of them,
computed from what is so now, has the current answer.
"""

import hashlib
from collections.abc import Collection
from typing import NamedTuple

from api.slot_query import SlotQuery
from models.postgres.read_calendar import CalendarVersions
from models.postgres.read_setup import StoredSetup
from solver.explaining import clock_of_explanation
from solver.problem import SearchProblem
from solver.rearranging import clock_of_changes

_FORM = b"2"
"""Part of every entity tag: change it when the same data would be answered differently."""


class EntityTags(NamedTuple):
    """`slots` stands for a list that is not empty, `explained` for one with an explanation."""

    slots: str
    explained: str

    def current(self, seen: Collection[str]) -> str | None:
        """The one that a client has already."""
        return next((tag for tag in self if tag in seen), None)


def entity_tags(
    problem: SearchProblem, stored: StoredSetup, versions: CalendarVersions, query: SlotQuery
) -> EntityTags:
    """Strong tags over all that the answer depends on: the question, the setup, the calendars of the
    resources concerned (of all, where it is explained), and how far the clock has cut the range."""
    numbers = stored.numbers
    all_numbers = sorted(numbers.of_refs(stored.setup.resource_index))
    known = dict(zip(all_numbers, versions.resources, strict=True))
    relevant = [known[number] for number in numbers.of_refs(problem.refs)]
    always = (query, stored.setup.version, versions.patient, versions.last_expiry, problem.bounds_of_starts)
    return EntityTags(
        slots=_tag("slots", always, relevant, clock_of_changes(problem)),
        explained=_tag("explained", always, versions.resources, clock_of_explanation(problem)),
    )


def _tag(*parts: object) -> str:
    return f'"{hashlib.sha256(_FORM + repr(parts).encode()).hexdigest()[:32]}"'

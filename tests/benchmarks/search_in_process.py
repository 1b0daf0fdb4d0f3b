"""Search inside the process: against the plain loop, against NumPy, and in a clinic ten times as large.

One measurement is the mean over one search for each service that has a slot in the range.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta

from api.slot_query import SlotQuery
from models.snapshot import ClinicSnapshot
from scenarios.synthetic import synthetic_clinic
from solver.offers import offer_slots
from tests.benchmarks.answers import Found, Question, found_in, refuse_differences
from tests.benchmarks.measuring import Sample, alternated, sample
from tests.benchmarks.numpy_enumeration import NumpyEnumeration
from tests.benchmarks.rows import (
    Row,
    absolute,
    compared,
    faster,
    milliseconds_below,
    times_at_least,
    times_at_most,
)
from tests.benchmarks.run import Run
from tests.benchmarks.seed_loop import SeedLoop

SEED = 1
START, DAYS = date(2027, 3, 1), 14  # a Monday, and no change of the clocks
NOW = datetime(2027, 2, 28, 12, tzinfo=UTC)

Searches = Sequence[Callable[[], object]]


def measure(run: Run) -> list[Row]:
    """The rows of this subject."""
    with run.telling("search: everybody gives the same answers"):
        small, large = questions(providers=5, rooms=8), questions(providers=50, rooms=100)
        ours, ours_large = _product(small), _product(large)
        loop = _agreeing("the plain loop", small, [SeedLoop(one).search for one in small])
        numpy = _agreeing("NumPy", small, [NumpyEnumeration(one).search for one in small])
        numpy_large = _agreeing("NumPy", large, [NumpyEnumeration(one).search for one in large])
    often, seldom = run.rounds(80, 20), run.rounds(6, 3)
    with run.telling("search: in turns", 2 * (3 * often + seldom)) as tick:
        in_small, by_numpy = _in_turns(ours, numpy, often, tick)
        beside_loop, by_loop = _in_turns(ours, loop, seldom, tick)
        in_large, beside_large = _in_turns(ours_large, ours, often, tick)
        beside_numpy, by_numpy_large = _in_turns(ours_large, numpy_large, often, tick)
    facts, facts_large = _facts(small), _facts(large)
    none_decides = times_at_most(6, decides=False)
    return [
        absolute("search, 5 x 8 x 14 days, top 50", in_small, milliseconds_below(10), facts),
        faster("… times faster than", beside_loop, "plain loop", by_loop, times_at_least(40), facts),
        compared("… of the time of", in_small, "NumPy, no solver", by_numpy, times_at_most(6), facts),
        absolute("search, 50 x 100 x 14 days, top 50", in_large, milliseconds_below(25), facts_large),
        compared("… of the time in", in_large, "5 x 8", beside_large, times_at_most(4), facts_large),
        compared(
            "… of the time of", beside_numpy, "NumPy, no solver", by_numpy_large, none_decides, facts_large
        ),
    ]


def questions(providers: int, rooms: int) -> list[Question]:
    """A search for each service that has a slot, in a clinic of that size."""
    file = synthetic_clinic(SEED, providers=providers, rooms=rooms, days=DAYS, start=START)
    snapshot = ClinicSnapshot.of(file.setup, appointments=file.appointments, now=NOW)
    last_day = START + timedelta(days=DAYS - 1)
    asked = []
    for service in file.setup.services:
        query = SlotQuery(service_id=service.id, start=START.isoformat(), end=last_day.isoformat())
        request = query.request(file.setup, None)
        if offer_slots(snapshot, request).slots:
            question = Question(
                setup=file.setup, appointments=file.appointments, snapshot=snapshot, request=request
            )
            asked.append(question)
    return asked


def _product(asked: list[Question]) -> Searches:
    def search(question: Question) -> Callable[[], object]:
        return lambda: offer_slots(question.snapshot, question.request)

    return [search(question) for question in asked]


def _agreeing(name: str, asked: list[Question], searches: list[Callable[[], list[Found]]]) -> Searches:
    """The other's searches, once it has given the product's answers to all questions."""
    for question, search in zip(asked, searches, strict=True):
        expected = offer_slots(question.snapshot, question.request)
        if not expected.proven:
            raise AssertionError(f"the product could not prove its answer about {question.request.service}")
        refuse_differences(name, found_in(expected), search())
    return searches


def _in_turns(
    ours: Searches, others: Searches, rounds: int, tick: Callable[[], None]
) -> tuple[Sample, Sample]:
    """Milliseconds per search of both."""
    contenders = {"ours": _all(ours), "other": _all(others)}
    times = alternated(contenders, rounds, tick)
    return _per_search(times["ours"], len(ours)), _per_search(times["other"], len(others))


def _all(searches: Searches) -> Callable[[], None]:
    def one_round() -> None:
        for search in searches:
            search()

    return one_round


def _per_search(times: Sample, searches: int) -> Sample:
    return sample([milliseconds / searches for milliseconds in times.values])


def _facts(asked: list[Question]) -> dict[str, object]:
    return {
        "seed": SEED,
        "visits": len(asked[0].appointments),
        "services": [question.request.service.id for question in asked],
        "limit": asked[0].request.limit,
    }

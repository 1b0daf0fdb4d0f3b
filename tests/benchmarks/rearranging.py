"""`rearrange=rooms`: a scan in clinics of 5 x 8 x 14 days whose rooms, and not their people, run out.

One measurement is the mean over the clinics, each with its own seed; the same question without changes is
measured beside it.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

from api.slot_query import SlotQuery
from models.slot import SlotRequest
from models.snapshot import ClinicSnapshot
from scenarios.scarce_rooms import scarce_rooms
from solver.offers import offer_slots
from tests.benchmarks.measuring import Sample, alternated, sample
from tests.benchmarks.rows import Row, absolute, compared, milliseconds_below, times_at_most
from tests.benchmarks.run import Run
from tests.benchmarks.search_in_process import DAYS, NOW, START

SEEDS = (1, 2, 3, 4)
UTILISATION = 0.8
SERVICE = "scan"


def measure(run: Run) -> list[Row]:
    """The rows of this subject."""
    with run.telling("rearranging: clinics short of rooms"):
        questions = list(_questions())
        answers = [offer_slots(snapshot, request) for snapshot, request in questions]
    if not all(answer.proven for answer in answers):
        raise AssertionError("the product could not prove an answer")
    rounds = run.rounds(40, 10)
    plain = [(snapshot, replace(request, rearrange_rooms=False)) for snapshot, request in questions]
    with run.telling("rearranging: in turns", 2 * rounds) as tick:
        times = alternated({"ours": _all(questions), "plain": _all(plain)}, rounds, tick)
    facts: dict[str, object] = {
        "seeds": list(SEEDS),
        "visits": [len(snapshot.appointments) for snapshot, _ in questions],
        "slots": [len(answer.slots) for answer in answers],
        "of them with changes": [sum(bool(slot.rearranges) for slot in answer.slots) for answer in answers],
    }
    ours, without = (_each(times[name], len(questions)) for name in ("ours", "plain"))
    not_decisive = times_at_most(30, decides=False)
    return [
        absolute("rearrange=rooms, 5 x 8 x 14 days, top 50", ours, milliseconds_below(100), facts),
        compared("… of the time of", ours, "the same without changes", without, not_decisive, facts),
    ]


def _questions() -> Iterator[tuple[ClinicSnapshot, SlotRequest]]:
    last_day = START + timedelta(days=DAYS - 1)
    for seed in SEEDS:
        file = scarce_rooms(seed, start=START, days=DAYS, utilisation=UTILISATION)
        query = SlotQuery(
            service_id=SERVICE, start=START.isoformat(), end=last_day.isoformat(), rearrange="rooms"
        )
        snapshot = ClinicSnapshot.of(file.setup, appointments=file.appointments, now=NOW)
        yield snapshot, query.request(file.setup, None)


def _all(questions: list[tuple[ClinicSnapshot, SlotRequest]]) -> Callable[[], None]:
    def one_round() -> None:
        for snapshot, request in questions:
            offer_slots(snapshot, request)

    return one_round


def _each(times: Sample, searches: int) -> Sample:
    return sample([milliseconds / searches for milliseconds in times.values])

"""What the rules cost: the same searches in the same clinic, with every rule on and with the basic ones."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from api.slot_query import SlotQuery
from models.clinic_file import ClinicFile
from models.snapshot import ClinicSnapshot
from scenarios.synthetic import synthetic_clinic
from solver.offers import offer_slots
from tests.benchmarks.measuring import Sample, alternated, sample
from tests.benchmarks.rows import Row, compared, times_at_most
from tests.benchmarks.run import Run

SEED = 1
START, DAYS = date(2027, 3, 1), 14  # a Monday, and no change of the clocks
NOW = datetime(2027, 2, 28, 12, tzinfo=UTC)
SIZES = ((5, 8, True), (50, 100, False))
"""Providers, rooms, and whether the row decides: the large clinic takes a while to be made."""


def measure(run: Run) -> list[Row]:
    """The rows of this subject."""
    rows = []
    for providers, rooms, decides in SIZES[: 1 if run.quick else None]:
        with run.telling(f"all rules: a clinic of {providers} providers"):
            basic = _clinic(providers, rooms, all_rules=False)
            full = _clinic(providers, rooms, all_rules=True)
            asked = [service.id for service in basic.setup.services]
            contenders = {"all": _searches(full, asked), "basic": _searches(basic, asked)}
            contenders["all"](), contenders["basic"]()  # hours expanded, tables made
        rounds = run.rounds(80, 20)
        with run.telling("all rules: in turns", 2 * rounds) as tick:
            times = alternated(contenders, rounds, tick)
        facts = {"seed": SEED, "searches": len(asked), "visits": len(full.appointments)}
        rows.append(
            compared(
                f"all rules on, {providers} x {rooms} x {DAYS} days, of the time with",
                _per_search(times["all"], len(asked)),
                "the basic rules",
                _per_search(times["basic"], len(asked)),
                times_at_most(1.5, decides=decides),
                facts,
            )
        )
    return rows


def _clinic(providers: int, rooms: int, *, all_rules: bool) -> ClinicFile:
    return synthetic_clinic(
        SEED, providers=providers, rooms=rooms, days=DAYS, start=START, all_rules=all_rules
    )


def _searches(file: ClinicFile, service_ids: list[str]) -> Callable[[], None]:
    """One search for each service, on a snapshot that is loaded already."""
    snapshot = ClinicSnapshot.of(file.setup, appointments=file.appointments, now=NOW)
    last_day = START + timedelta(days=DAYS - 1)
    queries = [
        SlotQuery(service_id=one, start=START.isoformat(), end=last_day.isoformat()) for one in service_ids
    ]
    requests = [query.request(file.setup, None) for query in queries]

    def one_round() -> None:
        for request in requests:
            offer_slots(snapshot, request)

    return one_round


def _per_search(times: Sample, searches: int) -> Sample:
    return sample([milliseconds / searches for milliseconds in times.values])

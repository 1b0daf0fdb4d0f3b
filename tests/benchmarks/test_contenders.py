"""Whoever is compared with the product gives the product's answers, or the comparison means nothing."""

from datetime import UTC, date, datetime
from random import Random

import pytest

from api.slot_query import SlotQuery
from models.snapshot import ClinicSnapshot
from scenarios.synthetic import synthetic_clinic
from solver.offers import offer_slots
from tests.benchmarks.answers import Question, found_in, refuse_differences
from tests.benchmarks.measuring import sample
from tests.benchmarks.numpy_enumeration import NumpyEnumeration
from tests.benchmarks.seed_loop import SeedLoop

START = date(2027, 3, 1)


def questions_about(seed: int) -> list[Question]:
    """One per service of a clinic of a few people, at some moment of its first day."""
    random = Random(seed)
    file = synthetic_clinic(
        seed,
        providers=random.randint(2, 6),
        rooms=random.randint(3, 9),
        days=3,
        start=START,
        locations=random.choice((1, 2)),
        utilisation=random.uniform(0.2, 0.9),
    )
    now = datetime(2027, 3, 1, random.randrange(12), random.randrange(60), tzinfo=UTC)
    snapshot = ClinicSnapshot.of(file.setup, appointments=file.appointments, now=now)
    return [
        Question(
            setup=file.setup,
            appointments=file.appointments,
            snapshot=snapshot,
            request=SlotQuery(
                service_id=service.id, start="2027-03-01", end="2027-03-03", limit=random.choice((5, 50))
            ).request(file.setup, None),
        )
        for service in file.setup.services
    ]


@pytest.mark.parametrize("seed", range(8))
def test_the_loop_and_numpy_answer_like_the_product(seed: int) -> None:
    for question in questions_about(seed):
        expected = found_in(offer_slots(question.snapshot, question.request))
        refuse_differences("NumPy", expected, NumpyEnumeration(question).search())
        refuse_differences("the plain loop", expected, SeedLoop(question).search())


def test_a_different_answer_is_refused() -> None:
    question = next(one for one in questions_about(1) if NumpyEnumeration(one).search())
    found = NumpyEnumeration(question).search()
    with pytest.raises(AssertionError, match="found 0 slots"):
        refuse_differences("somebody", found, [])
    with pytest.raises(AssertionError, match="slot 0 of somebody"):
        refuse_differences("somebody", found, [found[0]._replace(start=0), *found[1:]])


def test_a_quantile_is_a_measurement_that_was_made() -> None:
    measured = sample([float(number) for number in range(1, 101)])
    assert (measured.quantile(0.5), measured.quantile(0.95), measured.quantile(1.0)) == (50, 95, 100)

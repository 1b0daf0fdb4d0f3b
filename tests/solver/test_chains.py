"""Chains of visits: against every chain that exists, and by hand."""

from random import Random

import pytest

from models.chain import ChainAnswer, ChainRequest, ChainStep, WhoSees
from models.slot import SlotRequest, TimeOfDay
from solver.chains import offer_chains
from tests.solver.enumerated_chains import Where, every_chain
from tests.solver.random_practices import PATIENT, Practice, practice_of

CLINICS = 300


def a_question(random: Random, practice: Practice) -> ChainRequest:
    """Two or three visits on one morning, now and then only one."""
    steps = []
    wanted = random.choice((1, 2, 2, 2, 3))
    for number in range(wanted):
        service = random.choice(practice.setup.services)
        longest = random.choice((None, 0, 10, 30, 60) if wanted < 3 else (0, 10, 30))
        shortest = random.choice((0, 0, 0, 5, 15)) if longest is None or longest > 15 else 0
        request = SlotRequest(
            service=service,
            earliest=practice.minute(0, 8 * 60),
            latest=practice.minute(0, 12 * 60 if wanted < 3 else 11 * 60),
            duration_minutes=service.duration_minutes,
            patient=PATIENT if random.random() < 0.8 else None,
            preferred=random.choice((None, None, TimeOfDay.MORNING)),
            limit=1,
        )
        how = random.choice((WhoSees.ANY, WhoSees.SAME, WhoSees.OTHER)) if number else WhoSees.ANY
        steps.append(
            ChainStep(request=request, min_minutes_after=shortest, max_minutes_after=longest, provider=how)
        )
    return ChainRequest(steps=tuple(steps), limit=random.choice((1, 3, 10, 100)))


def told(answer: ChainAnswer) -> list[tuple[int, tuple[Where, ...]]]:
    return [
        (
            -chain.total,
            tuple(
                (slot.start, slot.provider.name, slot.provider.id, slot.location.id if slot.location else "")
                for slot in chain.slots
            ),
        )
        for chain in answer.chains
    ]


@pytest.mark.parametrize("seed", range(CLINICS))
def test_the_list_equals_the_head_of_all_chains(seed: int) -> None:
    practice, random = practice_of(seed), Random(seed)
    request = a_question(random, practice)
    expected = sorted((-points, chain) for chain, points in every_chain(practice, request).items())
    answer = offer_chains(practice.snapshot, request)
    assert told(answer) == expected[: request.limit]
    assert answer.proven
    assert answer.bound == -sum(points for points, _ in expected[: request.limit])

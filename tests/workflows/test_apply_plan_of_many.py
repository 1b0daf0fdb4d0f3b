"""A plan of seventy costs as many statements as a plan of two."""

from datetime import timedelta
from typing import Any

import pytest

from models.postgres.connection import BinaryCursor, Pool
from models.stored_appointment import StoredAppointment
from tests.builders import (
    a_clinic,
    a_patient,
    a_pool,
    a_provider,
    a_room,
    an_appointment,
    an_ecg,
    moment,
    units,
)
from tests.workflows.desk import Desk, open_desk
from tests.workflows.planned import applied, audited, moved, swapped, told_of

pytestmark = pytest.mark.anyio

MANY = 70
A_DAY = 24 * 60


@pytest.fixture
async def desk(pool: Pool) -> Desk:
    """Five doctors, each with fourteen visits on a day."""
    setup = a_clinic(
        providers=[a_provider(f"dr{number}", max_visits_per_day=40) for number in range(5)],
        rooms=[a_room(f"room-{number}") for number in range(5)],
        services=[an_ecg(max_per_day=200)],
        equipment=[a_pool(quantity=5)],
    )
    booked = []
    for number in range(MANY):
        start = moment("08:00") + timedelta(minutes=number // 5 * 30)
        booked.append(
            an_appointment(
                start,
                start + timedelta(minutes=30),
                id=f"a{number}",
                patient_id=f"p{number}",
                provider_id=f"dr{number % 5}",
                room_id=f"room-{number % 5}",
                equipment=(units(),),
            )
        )
    people = [a_patient(f"p{number}") for number in range(MANY)]
    return await open_desk(pool, setup, appointments=booked, patients=people)


async def all_booked(desk: Desk) -> list[StoredAppointment]:
    return [await desk.read(desk.ids["appointment"][f"a{number}"]) for number in range(MANY)]


class Counting:
    """How many statements are sent."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sent = 0
        execute = BinaryCursor.execute

        async def counted(cursor: BinaryCursor, *arguments: Any, **keywords: Any) -> BinaryCursor:
            self.sent += 1
            return await execute(cursor, *arguments, **keywords)

        monkeypatch.setattr(BinaryCursor, "execute", counted)

    def taken(self) -> int:
        sent, self.sent = self.sent, 0
        return sent


async def test_seventy_move_to_the_next_day_as_cheaply_as_two(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked = await all_booked(desk)
    await applied(desk, [])  # whoever comes first reads the setup
    counting = Counting(monkeypatch)
    await applied(desk, swapped(*booked[:2]))
    for_two = counting.taken()
    booked = await all_booked(desk)
    counting.taken()
    done = await applied(desk, [moved(desk, one, _minute(one) + A_DAY) for one in booked])
    assert counting.taken() == for_two <= 25
    assert len(done.moved) == MANY
    assert {one.starts_at.day for one in await all_booked(desk)} == {2}
    assert [len(await told_of(desk, one.id)) for one in booked] == [2, 2, *[1] * (MANY - 2)]
    await audited(desk)


def _minute(one: StoredAppointment) -> int:
    return int(one.starts_at.timestamp()) // 60

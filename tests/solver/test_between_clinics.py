"""The best slots of many clinics are those that opening every clinic would find."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest

from api.clinic_search import ClinicSearch
from models.appointment import Appointment
from models.clinic import Location, OverbookingRule, Weekday
from models.errors import InvalidRequest
from models.slot import TimeOfDay
from models.wall_clock import instant_of, local_of
from solver.clinic_offers import Offer
from solver.opened_clinics import RankedSlot
from tests.builders import (
    MONDAY,
    NOW,
    TUESDAY,
    a_clinic,
    a_location,
    a_provider,
    a_room,
    a_service,
    an_appointment,
    at,
    closed,
    hours,
    moment,
)
from tests.solver.enumerated_clinics import (
    BERLIN,
    CLOSER,
    Booked,
    How,
    judge,
    practices,
    random_search,
    searched,
    some_way,
    strange_clinics,
)


@pytest.mark.parametrize("seed", range(12))
def test_the_answer_is_that_of_opening_every_clinic(seed: int) -> None:
    random = Random(seed)
    clinics = list(practices(random))
    for _ in range(4):
        search = random_search(random, clinics, moment("00:00"))
        judge(clinics, search, NOW + timedelta(minutes=random.randrange(2000)), some_way(random))


@pytest.mark.parametrize("seed", range(12))
def test_it_is_so_on_nights_on_which_the_clocks_change(seed: int) -> None:
    random = Random(seed)
    clinics, now = strange_clinics(random)
    for _ in range(4):
        judge(clinics, random_search(random, clinics, now), now, some_way(random))


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 300))
def test_it_is_so_for_many_sets_of_clinics(seed: int) -> None:
    random = Random(seed)
    clinics, now = strange_clinics(random)
    for _ in range(10):
        judge(clinics, random_search(random, clinics, now), now, some_way(random))
    clinics = list(practices(random))
    for _ in range(10):
        search = random_search(random, clinics, moment("00:00"))
        judge(clinics, search, NOW + timedelta(minutes=random.randrange(2000)), some_way(random))


# -- what stays closed, and who comes first --------------------------------------------------------


def a_practice(name: str, *booked: Appointment, **parts: Any) -> Booked:
    """The small clinic of the builders, under its name."""
    setup = a_clinic(**parts)
    clinic = replace(setup.clinic, id=f"id-{name}", name=name)
    return Booked(replace(setup, clinic=clinic), booked)


def at_distance(degrees_north: float | None) -> Location:
    if degrees_north is None:
        return a_location()
    return a_location(latitude=BERLIN.latitude + degrees_north, longitude=BERLIN.longitude)


def checkups(**changes: Any) -> ClinicSearch:
    """Check-ups on Monday and Tuesday."""
    usual: dict[str, Any] = {"start": str(MONDAY), "end": str(TUESDAY), "service": "check-up", "limit": 3}
    return ClinicSearch(**{**usual, **changes})


def names(offers: Sequence[Offer]) -> list[str]:
    return [offer.setup.clinic.name for offer in offers]


def clinics_of(slots: Sequence[RankedSlot]) -> list[str]:
    return [one.offer.setup.clinic.name for one in slots]


def test_a_clinic_that_cannot_win_stays_closed() -> None:
    near, far = (
        a_practice(name, locations=[at_distance(north)]) for name, north in (("near", 0.01), ("far", 0.1))
    )
    slots, opened = searched([far, near], checkups(near=BERLIN), NOW)
    assert clinics_of(slots) == ["near"] * 3
    assert names(opened) == ["near"]


def test_a_clinic_that_could_win_is_opened_even_if_it_does_not() -> None:
    near = a_practice("near", locations=[at_distance(0.01)])
    nearest = a_practice(
        "nearest",
        an_appointment(moment("08:00"), moment("16:00")),
        an_appointment(moment("08:00", TUESDAY), moment("16:00", TUESDAY), id="again"),
        locations=[at_distance(0.0)],
    )
    slots, opened = searched([near, nearest], checkups(near=BERLIN), NOW)
    assert clinics_of(slots) == ["near"] * 3
    assert names(opened) == ["nearest", "near"]


def test_fewer_slots_than_wanted_open_every_clinic() -> None:
    clinics = [a_practice(str(number)) for number in range(3)]
    slots, opened = searched(clinics, checkups(limit=100, end=str(MONDAY)), NOW)
    assert len(opened) == 3
    assert len(slots) == 3 * 31  # from 08:00 to 15:30, every quarter of an hour


def test_nobody_is_opened_who_is_closed_all_the_time() -> None:
    shut = a_practice("shut", exceptions=[closed("clinic", moment("00:00"), moment("24:00", TUESDAY))])
    assert searched([shut], checkups(), NOW) == ([], [])


def test_of_equal_points_the_earlier_start_comes_first_then_the_clinics_name() -> None:
    booked = an_appointment(moment("08:00"), moment("08:15"))
    clinics = [a_practice("b"), a_practice("a", booked), a_practice("c")]
    slots, _ = searched(clinics, checkups(limit=5), NOW)
    assert [(at_clock(one), name) for one, name in zip(slots, clinics_of(slots), strict=True)] == [
        ("08:00", "b"),
        ("08:00", "c"),
        ("08:15", "a"),
        ("08:15", "b"),
        ("08:15", "c"),
    ]


def at_clock(found: RankedSlot) -> str:
    return f"{instant_of(found.slot.start):%H:%M}"


def test_the_first_of_many_equal_clinics_are_opened_only() -> None:
    """All have the same bound, and the name decides before anybody has to look."""
    clinics = [a_practice(f"{number:02}") for number in range(20)]
    slots, opened = searched(clinics, checkups(), NOW)
    assert clinics_of(slots) == ["00", "01", "02"]
    assert names(opened) == ["00", "01", "02"]


def test_a_closer_look_leaves_those_closed_whose_providers_are_busy() -> None:
    taken = an_appointment(moment("08:00"), moment("09:00"))
    clinics = [a_practice(f"{number:02}", taken) for number in range(20)]
    clinics += [a_practice(f"late {number}") for number in range(3)]
    search = checkups()
    plain, everybody = searched(clinics, search, NOW)
    closer, some = searched(clinics, search, NOW, CLOSER)
    assert clinics_of(plain) == clinics_of(closer) == ["late 0", "late 1", "late 2"]
    assert len(everybody) == 23
    assert len(some) == 3


def test_a_clinic_with_free_providers_and_no_room_is_opened_a_few_times_only() -> None:
    """A closer look sees providers, not rooms, so it is wrong at every start of the first day and a half."""
    booked = [
        an_appointment(moment("08:00"), moment("16:00")),
        an_appointment(moment("08:00", TUESDAY), moment("15:30", TUESDAY), id="again"),
    ]
    providers = [a_provider(), a_provider("petrov")]
    hours_of_both = [hours(f"providers/{one.id}", "08:00", "16:00") for one in providers]
    full = a_practice("full", *booked, providers=providers, working_hours=hours_of_both)
    [slot], opened = searched([full], checkups(limit=1), NOW, CLOSER)
    assert slot.slot.start == at("15:30", TUESDAY)
    assert len(opened) <= 5


def test_a_closer_look_does_not_overlook_who_may_take_more_or_seats_several() -> None:
    lane = OverbookingRule(
        id="rush", provider_id="okoro", weekdays=tuple(Weekday), start=0, end=1440, lanes=1
    )
    taken = an_appointment(moment("08:00"), moment("16:00"))
    group = a_service(seats=3)
    clinics = [
        a_practice("a"),
        a_practice("b", taken, overbooking=[lane], rooms=[a_room(), a_room("room-2")]),
        a_practice("c", an_appointment(), services=[group]),
    ]
    for limit in (1, 3, 9):
        judge(clinics, checkups(limit=limit), NOW, CLOSER)
        judge(clinics, checkups(limit=limit), NOW, How())


@pytest.mark.parametrize("step", [7, 50, 600, 1000])
def test_steps_begin_anew_at_midnight(step: int) -> None:
    """Also those that do not divide a day, at a clinic that is open around the clock."""
    always = [hours("providers/okoro", "00:00", "24:00")]
    odd = a_practice("odd", services=[a_service(slot_step_minutes=step)], working_hours=always)
    nights = [hours("providers/okoro", "00:01", "08:00")]
    usual = a_practice("usual", services=[a_service(slot_step_minutes=1)], working_hours=nights)
    for now in ("18:00", "20:33", "23:15", "23:50", "23:57"):
        judge([odd, usual], checkups(limit=1), moment(now), How())


def test_of_services_at_one_time_the_first_is_told_whichever_leads() -> None:
    """ "Z" has every start of "A", but "A" comes first where both start; "M" comes between them."""
    services = [
        a_service("k", name="M", buffer_after_minutes=10),
        a_service("l", name="Z", min_notice_minutes=240, max_future_days=60),
        a_service("l2", name="Y", min_notice_minutes=240, buffer_before_minutes=5, max_future_days=90),
        a_service("m", name="A", slot_step_minutes=30, min_notice_minutes=240, max_future_days=60),
    ]
    cardiologist = a_provider(specialty="cardiology", service_ids=tuple(one.id for one in services))
    clinics = [a_practice(str(number), services=services, providers=[cardiologist]) for number in range(4)]
    how = How(at_once=4, too_many=4, looked_at_once=512)
    for limit in (1, 20, 35, 60, 100):
        search = checkups(service=None, specialty="cardiology", limit=limit, end=str(MONDAY))
        judge(clinics, search, NOW, how)


def test_the_part_of_the_day_is_worth_a_wait() -> None:
    """A morning visit is 20 points; of two days, one of waiting costs 25, of four 12.5."""
    afternoons = a_practice("afternoons", working_hours=[hours("providers/okoro", "13:00", "14:00")])
    tomorrow = a_practice(
        "tomorrow",
        exceptions=[closed("clinic", moment("00:00"), moment("24:00"))],
    )
    found = {
        days: clinics_of(searched([afternoons, tomorrow], search, NOW)[0])[0]
        for days in (2, 4)
        for search in [
            checkups(preferred=TimeOfDay.MORNING, limit=1, end=str(MONDAY + timedelta(days=days - 1)))
        ]
    }
    assert found == {2: "afternoons", 4: "tomorrow"}


def test_a_time_that_the_clocks_of_one_clinic_skip_is_the_next_one_there() -> None:
    """At 02:30 on the last Sunday of March Berlin's clocks show 03:30."""
    sunday = date(2026, 3, 29)
    search = checkups(start=f"{sunday}T02:30", end=f"{sunday}T04:30", limit=100)
    clinics = [
        a_practice(zone, timezone=zone, working_hours=[hours("providers/okoro", "00:00", "24:00")])
        for zone in ("Europe/Berlin", "UTC")
    ]
    slots, _ = searched(clinics, search, moment("00:00", sunday))
    told_here = [f"{local_of(one.slot.start, one.offer.setup.zone):%H:%M}" for one in slots]
    assert sorted(told_here[:4]) == ["03:00", "03:15", "03:30", "03:45"]
    assert clinics_of(slots).count("UTC") == 8


def test_specialty_and_service_both_count() -> None:
    providers = [a_provider(specialty=" Cardiology "), a_provider("amadi", specialty="dermatology")]
    clinic = a_practice("both", providers=providers, rooms=[a_room(), a_room("room-2")])
    for search, expected in (
        (checkups(specialty="CARDIOLOGY", service=None), {"okoro"}),
        (checkups(specialty="dermatology"), {"amadi"}),
        (checkups(limit=2), {"okoro", "amadi"}),
        (checkups(service="checkup", limit=2), {"okoro", "amadi"}),
        (checkups(specialty="oncology"), set()),
        (checkups(service="massage"), set()),
    ):
        slots, _ = searched([clinic], search, NOW)
        assert {one.slot.provider.id for one in slots} == expected


def test_of_several_services_at_one_time_with_one_provider_the_shortest_is_told() -> None:
    services = [
        a_service("long", name="Long", duration_minutes=60),
        a_service(),
        a_service("scan", name="A scan"),
    ]
    provider = a_provider(specialty="cardiology", service_ids=tuple(one.id for one in services))
    clinic = a_practice("one", services=services, providers=[provider])
    search = checkups(service=None, specialty="cardiology", limit=100, end=str(MONDAY))
    for how in (How(), CLOSER):
        slots, _ = searched([clinic], search, NOW, how)
        assert {one.offer.request.service.name for one in slots} == {"A scan"}
        assert len({one.slot.start for one in slots}) == len(slots) == 31
        judge([clinic], search, NOW, how)


def test_longer_services_of_a_clinic_stay_closed_while_the_shortest_fills_the_list() -> None:
    services = [a_service(), a_service("long", name="Long", duration_minutes=60)]
    provider = a_provider(specialty="cardiology", service_ids=("checkup", "long"))
    clinics = [a_practice(f"{number:02}", services=services, providers=[provider]) for number in range(5)]
    search = checkups(service=None, specialty="cardiology")
    slots, opened = searched(clinics, search, NOW, CLOSER)
    assert clinics_of(slots) == ["00", "01", "02"]
    assert [one.request.service.id for one in opened] == ["checkup"] * 3
    judge(clinics, search, NOW, CLOSER)


class TestQuestionsThatMakeNoSense:
    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"service": None}, "service"),
            ({"service": "  ", "specialty": ""}, "service"),
            ({"end": "2026-05-31"}, "to"),
            ({"end": "2026-07-03"}, "to"),
            ({"start": "soon"}, "from"),
            ({"end": "2026-02-30"}, "to"),
        ],
    )
    def test_are_refused_by_the_name_of_their_part(self, changes: dict[str, Any], field: str) -> None:
        with pytest.raises(InvalidRequest) as refused:
            checkups(**changes).wishes()
        assert refused.value.field == field

    def test_thirty_one_days_are_not_too_long(self) -> None:
        assert checkups(end="2026-07-01").wishes().days == 31

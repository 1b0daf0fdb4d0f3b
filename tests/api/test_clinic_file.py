"""What goes into a clinic file comes out again, and nothing but a clinic file goes in."""

import json
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from time import perf_counter
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.clinic_file import dump_clinic, parse_clinic
from api.clinic_file.document import ClinicFileEntry
from api.clinic_file.parse import COLLECTIONS
from models.appointment import AppointmentStatus
from models.clinic_file import ClinicFile
from models.errors import InvalidClinic
from models.wall_clock import floor_minute
from scenarios.demo_clinic import demo_clinic
from scenarios.synthetic import small_clinics, synthetic_clinic
from tests.api.canonical import canonical
from tests.api.spoiled_files import a_document, faults_in, spoiled
from tests.oracle.random_clinics import random_clinic

DAY = date(2026, 3, 23)
"""The clocks of Europe change on the Sunday of that week."""


class TestRoundTrip:
    def test_every_field_of_a_file_comes_back(self) -> None:
        told = dump_clinic(parse_clinic(a_document()))
        assert canonical(told) == canonical(a_document())
        for name in ("clinic", "locations", "availability", "exceptions", "overbooking"):
            assert told[name] == a_document()[name]

    def test_the_demo_clinic_comes_back(self) -> None:
        comes_back(demo_clinic(DAY))

    def test_fifty_synthetic_clinics_come_back(self) -> None:
        for clinic in small_clinics(7, 50, start=DAY, days=7):
            comes_back(clinic)

    @pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"])
    def test_a_clinic_in_another_zone_comes_back(self, zone: str) -> None:
        comes_back(synthetic_clinic(5, providers=3, rooms=4, days=14, start=DAY, timezone=zone))

    @pytest.mark.parametrize("seed", range(40))
    def test_a_random_file_and_its_export_say_the_same(self, seed: int) -> None:
        document, _ = random_clinic(seed)
        document["clinic"]["id"] = "random"
        assert canonical(dump_clinic(parse_clinic(document))) == canonical(document)

    def test_what_is_not_given_stays_away(self) -> None:
        told = dump_clinic(parse_clinic(a_document()))
        assert "allowedProviderIds" not in told["services"][1]
        assert told["locations"][0].keys() == {"id", "name"}
        told = dump_clinic(parse_clinic(spoiled("clinic.weights.fairness", 0)))
        assert told["clinic"]["weights"].keys() == {"preference", "gap", "room", "overbook"}

    def test_a_service_that_nobody_may_give_comes_back(self) -> None:
        told = dump_clinic(parse_clinic(spoiled("services.1.allowedProviderIds", [])))
        assert told["services"][1]["allowedProviderIds"] == []

    def test_moments_carry_the_offset_of_their_place(self) -> None:
        document = spoiled("appointments.0.roomId", "r2")
        told = dump_clinic(parse_clinic(document))
        assert told["appointments"][0]["start"] == "2026-06-01T09:00:00+01:00"
        assert told["appointments"][1]["start"] == "2026-06-01T10:00:00+02:00"
        assert told["exceptions"][1]["end"] == "2026-06-01T09:00:30+01:00"

    def test_a_moment_whose_local_time_cannot_be_written_is_told_in_utc(self) -> None:
        document = a_document()
        document["exceptions"][1] |= {"start": "1900-01-01T00:00:00Z", "end": "9999-12-31T23:59:00Z"}
        document["exceptions"][1]["resource"] = "clinic"
        comes_back(parse_clinic(document))

    def test_both_times_of_a_doubled_hour_stay_apart(self) -> None:
        document = a_document()
        document["appointments"][0] |= {
            "start": "2026-10-25T02:30:00+02:00",
            "end": "2026-10-25T02:30:00+01:00",
        }
        file = parse_clinic(document)
        assert file.appointments[0].ends_at - file.appointments[0].starts_at == timedelta(hours=1)
        comes_back(file)

    def test_a_clinic_without_an_id_gets_one(self) -> None:
        document = a_document()
        del document["clinic"]["id"]
        first, second = (parse_clinic(document).setup.clinic.id for _ in range(2))
        assert first != second
        assert len(first) == 36


def comes_back(file: ClinicFile) -> None:
    """Written, turned into JSON and read again, the clinic is the same."""
    assert parse_clinic(json.loads(json.dumps(dump_clinic(file)))) == file


class TestCanonical:
    def test_the_order_of_everything_is_put_aside(self) -> None:
        assert canonical(shuffled(a_document(), Random(3))) == canonical(a_document())

    def test_what_is_left_out_equals_its_default(self) -> None:
        document = spoiled("clinic.weights", None)
        written_out = spoiled("clinic.weights", {"preference": 40, "gap": 35, "room": 15, "overbook": 10})
        document["appointments"][2].pop("overbook", None)
        written_out["appointments"][2] |= {"overbook": False, "equipment": [], "roomId": None}
        written_out["patients"][1] |= {"contact": {}, "blockedProviderIds": []}
        written_out["providers"][1]["preferences"] = {"timeWindows": [], "roomIds": [], "weight": 50}
        assert canonical(document) == canonical(written_out)

    def test_the_same_instant_may_be_told_with_another_offset(self) -> None:
        document = spoiled("appointments.0.start", "2026-06-01T08:00:00Z")
        assert canonical(document) == canonical(a_document())

    @pytest.mark.parametrize(
        ("place", "value"),
        [
            ("rooms.1.capacity", 2),
            ("appointments.0.start", "2026-06-01T10:05:00+02:00"),
            ("providers.0.serviceIds", ["checkup"]),
            ("clinic.id", "other"),
            ("clinic.weights.fairness", 6),
            ("locations.1.latitude", 41.2),
            ("services.0.allowedProviderIds", ["abel"]),
            ("services.1.allowedProviderIds", []),
        ],
    )
    def test_another_clinic_is_another(self, place: str, value: object) -> None:
        assert canonical(spoiled(place, value)) != canonical(a_document())


def shuffled(value: Any, random: Random) -> Any:
    if isinstance(value, dict):
        items = [(key, shuffled(inner, random)) for key, inner in value.items()]
        return dict(random.sample(items, len(items)))
    if isinstance(value, list):
        return [shuffled(inner, random) for inner in random.sample(value, len(value))]
    return value


class TestAsOf:
    def test_a_hold_that_ran_out_is_told_as_expired(self) -> None:
        file = parse_clinic(a_document())
        runs_out = file.appointments[1].expires_at
        assert runs_out is not None
        before, after = (
            file.as_of(moment).appointments[1].status
            for moment in (runs_out - timedelta(seconds=1), runs_out)
        )
        assert (before, after) == (AppointmentStatus.PENDING, AppointmentStatus.EXPIRED)

    def test_nothing_else_changes(self) -> None:
        file = parse_clinic(a_document())
        aged = file.as_of(datetime(2030, 1, 1, tzinfo=UTC))
        assert replace(aged, appointments=file.appointments) == file
        assert aged.appointments[::2] == file.appointments[::2]


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=20)
    | st.sampled_from(
        [
            10**400,
            -(10**30),
            "\ud800",
            "\x00",
            "",
            "24:00",
            "00:00",
            "clinic",
            "providers/abel",
            "rooms/",
            "r1",
            "main",
            "call",
            "2026-06-01",
            "9999-12-31",
            "0001-01-01",
            "2026-06-01T10:00:00+02:00",
            "9998-12-31T23:59:00-12:00",
            "2026-06-01T10:00:00+23:59",
            "FREQ=DAILY;COUNT=3",
            "FREQ=YEARLY;BYWEEKNO=53;BYDAY=SU",
            "x" * 100_000,
        ]
    )
)
KEYS = st.text(st.characters(), max_size=10) | st.sampled_from(["id", "start", "roomId", "name", "units"])
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=8,
)


@st.composite
def spoiled_documents(draw: st.DrawFn) -> Any:
    """A good document in which one to three values were replaced, removed, doubled or added."""
    document: Any = a_document()
    for _ in range(draw(st.integers(1, 3))):
        place = document
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            key = draw(st.sampled_from(keys)) if keys else None
            deeper = place[key] if key is not None else None
            if not isinstance(deeper, dict | list) or not deeper or draw(st.integers(0, 4)) == 0:
                break
            place = deeper
        spoil(place, key, draw)
    return document


def spoil(place: Any, key: Any, draw: st.DrawFn) -> None:
    what = draw(st.sampled_from(["replace", "replace", "remove", "repeat", "add"]))
    if what == "add" or key is None:
        place.append(draw(JSON)) if isinstance(place, list) else place.update({draw(KEYS): draw(JSON)})
    elif what == "replace":
        place[key] = draw(JSON)
    elif what == "remove":
        del place[key]
    elif isinstance(place, list):
        place.append(deepcopy(place[key]))


class TestAnything:
    @settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(spoiled_documents())
    def test_a_spoiled_file_is_read_or_refused_with_paths(self, document: Any) -> None:
        is_read_or_refused(document)

    @settings(max_examples=100, deadline=None)
    @given(JSON | st.dictionaries(st.sampled_from(sorted(a_document())), JSON))
    def test_any_json_is_read_or_refused_with_paths(self, document: Any) -> None:
        is_read_or_refused(document)

    def test_deep_nesting_is_refused(self) -> None:
        nested: Any = {}
        for _ in range(20_000):
            nested = [nested]
        for place in ("rooms", "rooms.0", "rooms.0.features", "rooms.0.capacity", "clinic", "luggage"):
            with pytest.raises(InvalidClinic):
                parse_clinic(spoiled(place, nested))

    def test_a_number_beyond_all_bounds_is_refused(self) -> None:
        for number in (10**5000, float("1e400"), float("nan")):
            with pytest.raises(InvalidClinic):
                parse_clinic(spoiled("rooms.0.capacity", number))


def is_read_or_refused(document: Any) -> None:
    """Either a clinic that works and comes back, or faults that can be shown."""
    faults = faults_in(document)
    if faults:
        assert all(fault.path.startswith("$") and fault.message for fault in faults)
        orjson.dumps([(fault.path, fault.message) for fault in faults])
        return
    file = parse_clinic({**document, "clinic": {**document["clinic"], "id": "same"}})
    assert parse_clinic(dump_clinic(file)) == file
    orjson.dumps(dump_clinic(file))
    low = floor_minute(datetime(2026, 6, 1, tzinfo=UTC))
    for resource in file.setup.resource_index.keys() - file.setup.counters.keys():
        file.setup.open_windows(resource, low, low + 1)


def test_the_published_shape_has_the_collections_that_are_read() -> None:
    shape = ClinicFileEntry.model_json_schema(by_alias=True)
    assert set(shape["properties"]) == {"schemaVersion", "clinic", *COLLECTIONS}
    assert set(shape["required"]) == {"schemaVersion", "clinic"}


def test_reading_takes_a_fraction_of_a_millisecond_per_visit() -> None:
    file = synthetic_clinic(1, providers=40, rooms=60, days=7, start=DAY)
    document = dump_clinic(file)
    began = perf_counter()
    parse_clinic(document)
    assert (perf_counter() - began) / len(file.appointments) < 0.000_5

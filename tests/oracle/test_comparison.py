"""The comparison of answers with what exists, on answers with planted mistakes."""

from zoneinfo import ZoneInfo

import pytest

from tests.oracle.brute_force import Expected
from tests.oracle.clock import Json, utc_text
from tests.oracle.compare import compare
from tests.oracle.hand_made import a_clinic, search


def told(expected: Expected, units: dict[str, int] | None = None) -> Json:
    """An answer without a fault, every slot with the same score."""
    slots = []
    for slot in expected.slots.values():
        place = slot.location_id
        slots.append(
            {
                "start": slot.start.astimezone(ZoneInfo(slot.zone)).isoformat(),
                "end": slot.end.astimezone(ZoneInfo(slot.zone)).isoformat(),
                "startUTC": utc_text(slot.start),
                "endUTC": utc_text(slot.end),
                "provider": {"id": slot.provider_id, "name": expected.provider_names[slot.provider_id]},
                "location": {"id": place, "name": expected.location_names[place]} if place else None,
                "roomOptions": [
                    {name: expected.rooms[room_id][name] for name in ("id", "name", "type")}
                    for room_id in sorted(slot.room_ids)
                ],
                "equipment": [
                    {"id": pool_id, "type": expected.pool_types[pool_id], "units": count}
                    for pool_id, count in (units or {}).items()
                ],
                "overbook": False,
                "score": 70.5,
                "scoreBreakdown": {"preference": 20.25, "gap": 30.25, "room": 10, "overbook": 10},
                "rearranges": [],
            }
        )
    return {"slots": sorted(slots, key=lambda slot: (slot["startUTC"], slot["provider"]["name"]))}


def a_search_with_everything() -> tuple[Expected, Json]:
    clinic = a_clinic("Europe/Berlin")
    clinic["equipment"] = [
        {"id": "e1", "locationId": "l1", "type": "ecg", "name": "Front"},
        {"id": "e2", "locationId": "l1", "type": "ecg", "name": "Back", "quantity": 2},
    ]
    clinic["services"][1]["equipment"] = [{"type": "ecg", "units": 2}]
    expected = search(clinic, "room")
    return expected, told(expected, {"e1": 1, "e2": 1})


def test_a_right_answer_has_no_differences() -> None:
    expected, answer = a_search_with_everything()
    assert len(answer["slots"]) == 6
    assert compare(answer, expected) == []


def test_a_limited_answer_is_as_long_as_its_limit() -> None:
    expected, answer = a_search_with_everything()
    answer["slots"] = answer["slots"][:4]
    assert compare(answer, expected, limit=4) == []
    assert len(compare(answer, expected, limit=5)) == 1
    assert len(compare(answer, expected, limit=6)) == 2
    assert len(compare(answer, expected)) == 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"startUTC": "2026-05-04T06:30:00Z"}, "does not exist"),
        ({"location": None}, "does not exist"),
        ({"start": "2026-05-04T09:00:00+01:00"}, "start is"),
        ({"start": "2026-05-04T07:00:00+00:00"}, "start is"),
        ({"end": "2026-05-04T09:45:00+02:00"}, "end is"),
        ({"endUTC": "2026-05-04T07:45:00Z"}, "endUTC is"),
        ({"roomOptions": []}, "rooms []"),
        ({"roomOptions": 2 * [{"id": "r1", "name": "One", "type": "exam"}]}, "rooms ['r1', 'r1']"),
        ({"roomOptions": [{"id": "r1", "name": "One", "type": "lab"}]}, "is told as"),
        ({"equipment": []}, "equipment {}"),
        ({"equipment": [{"id": "e1", "type": "ecg", "units": 2}]}, "2 units of pool e1, where 1 are free"),
        ({"equipment": [{"id": "e9", "type": "ecg", "units": 2}]}, "e9"),
        ({"overbook": True}, "overbook"),
        ({"score": 70.52}, "adds up to"),
        ({"score": 60, "scoreBreakdown": {"preference": 60}}, "parts are"),
        ({"provider": {"id": "p1", "name": "Cole"}}, "called Cole"),
        ({"provider": {}}, "cannot be read"),
    ],
)
def test_each_fault_of_an_answer_is_named(change: Json, words: str) -> None:
    expected, answer = a_search_with_everything()
    answer["slots"][0].update(change)
    assert any(words in difference for difference in compare(answer, expected))


def test_a_wrong_order_a_doubled_slot_and_a_missing_one_are_named() -> None:
    expected, answer = a_search_with_everything()
    first = answer["slots"][0]
    answer["slots"] = answer["slots"][::-1]
    assert len(compare(answer, expected)) == 5
    answer["slots"] = [first, *answer["slots"][::-1]]
    assert any("told 2 times" in difference for difference in compare(answer, expected))
    answer["slots"] = answer["slots"][2:]
    assert compare(answer, expected) == ["('p1', 'l1', '2026-05-04T07:00:00Z') is missing"]

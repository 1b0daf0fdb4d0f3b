"""How good a placement is, in plain Python; the solver's objective must say the same.

All points are whole hundredths and every division rounds down, so that two ways of computing a
score agree to the last digit.
"""

from collections import Counter
from collections.abc import Iterable

from models.claims import hold_of
from models.clinic import PreferredWindow, Provider, Room, Service, suits
from models.refs import provider_ref
from models.rules import is_overbooked
from models.setup import ClinicSetup
from models.slot import Placement, ScoreBreakdown, TimeOfDay
from models.snapshot import ClinicSnapshot
from models.wall_clock import minute_of_day

HUNDREDTHS = 100
FULL = 100


def score_of(placement: Placement, snapshot: ClinicSnapshot, preferred: TimeOfDay | None) -> ScoreBreakdown:
    """The score of a placement that breaks no rule."""
    setup = snapshot.setup
    weights = setup.clinic.weights
    return ScoreBreakdown(
        preference=preference_points(weights.preference, placement, setup, preferred),
        gap=gap_points(
            weights.gap, *idle_around(placement, snapshot), setup.shortest_stay[placement.provider.id]
        ),
        room=weights.room * HUNDREDTHS
        if placement.room is None
        else room_points(setup, placement.service, placement.room),
        overbook=0 if is_overbooked(placement, snapshot) else weights.overbook * HUNDREDTHS,
    )


def preference_points(
    weight: int, placement: Placement, setup: ClinicSetup, preferred: TimeOfDay | None
) -> int:
    """Half for the part of the day that the patient asked for, half for the provider's preferred windows."""
    zone = setup.zone_of(placement.location)
    start = minute_of_day(placement.start, zone)
    liking = patient_liking(preferred, start) + provider_liking(
        placement.provider, start, start + placement.end - placement.start
    )
    return weight * HUNDREDTHS * liking // (2 * FULL)


def patient_liking(preferred: TimeOfDay | None, start_of_day: int) -> int:
    """0 to 100: whether the visit starts in the part of the day asked for, if any."""
    if preferred is None:
        return FULL
    low, high = preferred.window
    return FULL if low <= start_of_day < high else 0


def provider_liking(provider: Provider, start_of_day: int, end_of_day: int) -> int:
    """0 to 100: the weight of the best preferred window around the visit, against the dearest one."""
    windows = preferred_windows(provider)
    if not windows:
        return FULL
    around = (w.weight for w in windows if w.start <= start_of_day and end_of_day <= w.end)
    return max(around, default=0) * FULL // max(window.weight for window in windows)


def preferred_windows(provider: Provider) -> tuple[PreferredWindow, ...]:
    """The windows that a provider prefers; none if no window matters to them."""
    if provider.preferences is None:
        return ()
    return tuple(window for window in provider.preferences.time_windows if window.weight)


def idle_around(placement: Placement, snapshot: ClinicSnapshot) -> tuple[int, int]:
    """Idle working minutes of the provider directly before and directly after the hold."""
    held_from, held_until = hold_of(placement.service, placement.start, placement.end)
    ref = provider_ref(placement.provider.id)
    windows = snapshot.setup.open_windows(ref, held_from - 1, held_until + 1)
    busy = snapshot.calendar.busy(snapshot.setup.resource_index[ref])
    before = after = 0
    if (window := windows.covering(held_from - 1)) is not None:
        last_end = busy.last_end_before(held_from)
        before = held_from - (window[0] if last_end is None else max(window[0], last_end))
    if (window := windows.covering(held_until)) is not None:
        next_start = busy.first_start_after(held_until)
        after = (window[1] if next_start is None else min(window[1], next_start)) - held_until
    return before, after


def gap_points(weight: int, idle_before: int, idle_after: int, shortest_stay: int) -> int:
    """All points when no idle rest is too short for the provider's shortest service, none when both just are.

    With a shortest stay of 30 minutes, rests of 10 and 40 minutes leave 10 unusable minutes of at
    most 60, so 50 of 60 parts of the points remain.
    """
    unusable = (idle_before if idle_before < shortest_stay else 0) + (
        idle_after if idle_after < shortest_stay else 0
    )
    return weight * HUNDREDTHS * (2 * shortest_stay - unusable) // (2 * shortest_stay)


def room_points(setup: ClinicSetup, service: Service, room: Room) -> int:
    """All points for a room that is neither rarer, larger nor better equipped than the service needs."""
    excesses = setup.derived(("room excess", service.id), lambda: _excesses(setup.rooms, service))
    return setup.clinic.weights.room * HUNDREDTHS // (1 + excesses.get(room.id, 0))


def _excesses(rooms: Iterable[Room], service: Service) -> dict[str, int]:
    """For each suitable room: features and places that stay unused, and 1 if another suitable type of
    room is more common at its location."""
    suitable = [room for room in rooms if suits(room, service)]
    alike = Counter((room.location_id, room.type) for room in suitable)
    commonest: dict[str, int] = {}
    for (location_id, _), count in alike.items():
        commonest[location_id] = max(commonest.get(location_id, 0), count)
    return {
        room.id: len(room.features - service.room_features)
        + (room.capacity - 1)
        + (alike[room.location_id, room.type] < commonest[room.location_id])
        for room in suitable
    }

"""How much a placement is to the liking of the patient and of the provider, in whole percent."""

from collections.abc import Sequence

from models.clinic import PreferredWindow, Provider, ProviderPreferences, Room
from models.slot import TimeOfDay
from models.snapshot import ClinicSnapshot
from models.wall_clock import Minute

FULL = 100
KNOWN = 50


def patient_liking(preferred: TimeOfDay | None, start_of_day: int) -> int:
    """Whether the visit starts in the part of the day asked for, if any: 0 or 100."""
    if preferred is None:
        return FULL
    low, high = preferred.window
    return FULL if low <= start_of_day < high else 0


def provider_liking(
    provider: Provider, start_of_day: int, end_of_day: int, room: Room | None, *, room_pleases: bool = True
) -> int:
    """How content the provider is with time and room, 0 to 100; whoever prefers nothing is content.

    What they dislike counts as far as their preferences weigh: with a weight of 60, a visit that they
    do not like at all is still liked by 40.
    """
    preferences = provider.preferences
    if preferences is None:
        return FULL
    expressed = []
    if windows := preferred_windows(preferences):
        expressed.append(time_liking(windows, start_of_day, end_of_day))
    if room is not None and preferences.room_ids:
        expressed.append(FULL if room_pleases and room.id in preferences.room_ids else 0)
    if not expressed:
        return FULL
    liking = sum(expressed) // len(expressed)
    return FULL - preferences.weight * (FULL - liking) // 100


def time_liking(windows: Sequence[PreferredWindow], start_of_day: int, end_of_day: int) -> int:
    """The weight of the best window around the visit, in percent of the dearest one."""
    around = [one.weight for one in windows if one.start <= start_of_day and end_of_day <= one.end]
    return max(around, default=0) * FULL // max([one.weight for one in windows])


def preferred_windows(preferences: ProviderPreferences) -> tuple[PreferredWindow, ...]:
    """The windows that matter to a provider: a weight of 0 says nothing."""
    return tuple([window for window in preferences.time_windows if window.weight])


def familiarity(snapshot: ClinicSnapshot, patient_id: str, before: Minute) -> dict[str, int]:
    """Per provider whom the patient saw before a minute: 100 for the last of them, 50 for any other."""
    seen = [visit for visit in snapshot.visits_with.get(patient_id, ()) if visit[0] < before]
    if not seen:
        return {}
    _, last = max(seen)
    return {provider_id: FULL if provider_id == last else KNOWN for _, provider_id in seen}

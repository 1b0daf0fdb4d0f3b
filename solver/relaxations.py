"""Single changes that would open a range, cheapest first; each is tried by a search before it is named.

Another day, person or place changes the question. What changes the clinic is tried only where a closing
alone hides starts: if two stand in the way of every start, no single number helps.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta

from models.clinic import MAX_FUTURE_DAYS, MAX_UNITS, suits
from models.explanation import Change, ChangeKind, Relaxation
from models.refs import equipment_ref, provider_ref, room_ref, service_ref
from models.wall_clock import MINUTES_PER_DAY, at_wall_clock, instant_of, local_date, tomorrow
from solver.candidates import candidates
from solver.hidden_starts import Hidden
from solver.problem import SearchProblem
from solver.searching_again import Question, Try, a_change, helpful

DAYS_LATER = 14
MOST_OF_A_KIND = 3
MOST_TRIES_OF_A_KIND = 6

_ASIDE = (1, 4, 9)
"""How many days at a time to look for the next date: it is mostly near."""


def relaxations(question: Question, hidden: list[Hidden], next_date: date | None) -> Iterator[Relaxation]:
    """What would open the range, but for moving an appointment."""
    closings = {(one.closing.rule, one.closing.resource): one for one in hidden}
    for tries in (
        _later_date(question, next_date),
        _other_providers(question),
        _other_locations(question),
        _shorter_notice(question, closings.get(("start_respects_notice", "clinic"))),
        _longer_horizon(question, closings.get(("start_is_within_the_booking_horizon", "clinic"))),
        _other_room_types(question, hidden),
    ):
        yield from helpful(tries, MOST_OF_A_KIND)
    for kind in _one_more(question, hidden):
        yield from helpful(kind, MOST_OF_A_KIND)


# -- another question --------------------------------------------------------------------------------


def next_available(question: Question) -> date | None:
    """The next date with a slot, at most 14 days after the last day of the range, on the asker's calendar."""
    request, zone = question.request, question.setup.zone_of(question.request.location)
    last_day = local_date(request.latest - 1, zone)
    low, day = request.latest, last_day
    for days in _ASIDE:
        day += timedelta(days=days)
        high = at_wall_clock(tomorrow(day), 0, zone)
        later = replace(request, earliest=low, latest=high)
        sites = candidates(SearchProblem(snapshot=question.snapshot, request=later))
        starts = [int(site.starts.min()) for site in sites if len(site.starts)]
        if starts:
            return local_date(min(starts), zone)
        low = high
    return None


def _later_date(question: Question, day: date | None) -> Iterator[Try]:
    if day is None:
        return
    request, zone = question.request, question.setup.zone_of(question.request.location)
    midnight, next_midnight = (at_wall_clock(one, 0, zone) for one in (day, tomorrow(day)))
    earliest = max(midnight, request.latest)
    begin = day.isoformat() if earliest == midnight else instant_of(earliest).astimezone(zone).isoformat()
    days = (day - local_date(request.latest - 1, zone)).days
    message = f"on {day.isoformat()}"
    change = a_change(
        ChangeKind.LATER_DATE, message, date=day.isoformat(), start=begin, end=day.isoformat(), days=days
    )
    yield Try(change, question.snapshot, replace(request, earliest=earliest, latest=next_midnight))


def _other_providers(question: Question) -> Iterator[Try]:
    """Each provider who was not asked for, those with most slots first."""
    request = question.request
    if request.provider_ids is None:
        return
    others = frozenset(one.id for one in question.setup.providers) - request.provider_ids
    for provider_id in _most_first(_slots_by_provider(question, others)):
        name = question.setup.provider_by_id[provider_id].name
        change = a_change(ChangeKind.OTHER_PROVIDER, f"with {name}", provider_id=provider_id)
        yield Try(change, question.snapshot, replace(request, provider_ids=frozenset({provider_id})))


def _slots_by_provider(question: Question, provider_ids: frozenset[str]) -> Counter[str]:
    request = replace(question.request, provider_ids=provider_ids)
    counts: Counter[str] = Counter()
    for site in candidates(SearchProblem(snapshot=question.snapshot, request=request)):
        for row in site.rows.tolist():
            counts[site.providers[row].id] += 1
    return counts


def _most_first(counts: Counter[str]) -> list[str]:
    return [name for name, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]


def _other_locations(question: Question) -> Iterator[Try]:
    asked = question.request.location
    if asked is None:
        return
    others = [location for location in question.setup.locations if location.id != asked.id]
    for location in others[:MOST_TRIES_OF_A_KIND]:
        request = question.at(location)
        if request is not None:
            change = a_change(ChangeKind.OTHER_LOCATION, f"at {location.name}", location_id=location.id)
            yield Try(change, question.snapshot, request)


# -- another number in the clinic --------------------------------------------------------------------


def _shorter_notice(question: Question, hidden: Hidden | None) -> Iterator[Try]:
    """As much notice as the last of the hidden starts would have; a start in the past has none."""
    if hidden is None or hidden.last_start < question.snapshot.first_minute_from_now:
        return
    notice = hidden.last_start - question.snapshot.first_minute_from_now
    service = replace(question.request.service, min_notice_minutes=notice)
    yield _of_service(
        question.with_service(service),
        ChangeKind.SHORTER_NOTICE,
        f"with {notice} minutes of notice",
        min_notice_minutes=notice,
    )


def _longer_horizon(question: Question, hidden: Hidden | None) -> Iterator[Try]:
    if hidden is None:
        return
    ahead = hidden.first_start - question.snapshot.last_minute_until_now
    days = -(-ahead // MINUTES_PER_DAY)
    if days > MAX_FUTURE_DAYS:
        return
    service = replace(question.request.service, max_future_days=days)
    yield _of_service(
        question.with_service(service),
        ChangeKind.LONGER_HORIZON,
        f"if {service.name} could be booked {days} days ahead",
        max_future_days=days,
    )


def _other_room_types(question: Question, hidden: Iterable[Hidden]) -> Iterator[Try]:
    """The types of rooms that lack nothing but the right type."""
    service, counts = question.request.service, Counter[str]()
    for one in hidden:
        room = one.example.room
        if one.closing.rule != "room_suits_the_service" or room is None or room.type in service.room_types:
            continue
        if suits(room, replace(service, room_types=frozenset({room.type}))):
            counts[room.type] += one.count
    for room_type in _most_first(counts)[:MOST_TRIES_OF_A_KIND]:
        wider = replace(service, room_types=service.room_types | {room_type})
        yield _of_service(
            question.with_service(wider),
            ChangeKind.OTHER_ROOM_TYPE,
            f"in a room of type {room_type}",
            room_type=room_type,
        )


def _of_service(changed: Question, kind: ChangeKind, message: str, **details: str | int) -> Try:
    change = a_change(kind, message, service_id=changed.request.service.id, **details)
    return Try(change, changed.snapshot, changed.request)


def _one_more(question: Question, hidden: Iterable[Hidden]) -> Iterator[Iterable[Try]]:
    """One unit, place, visit a day, seat or provider more, of whatever alone hides most."""
    units, places, visits, seats = (
        [one for one in hidden if one.closing.rule in rules][:MOST_TRIES_OF_A_KIND]
        for rules in (
            {"equipment_is_never_overbooked"},
            {"room_is_never_double_booked"},
            {"provider_has_visits_left_that_day", "service_has_visits_left_that_day"},
            {"group_visit_has_a_seat_left"},
        )
    )
    yield (one for found in units for one in _one_unit_more(question, found.closing.resource))
    yield (one for found in places for one in _one_place_more(question, found.closing.resource))
    yield (one for found in visits for one in _one_visit_more(question, found.closing.resource))
    yield _one_seat_more(question) if seats else ()
    unpractised = [one for one in hidden if one.closing.rule == "provider_offers_the_service"]
    yield (one for found in unpractised for one in _other_provider_offers(question, found.closing.resource))


def _one_unit_more(question: Question, ref: str) -> Iterator[Try]:
    setup = question.setup
    for pool in setup.equipment:
        if equipment_ref(pool.id) == ref and pool.quantity < MAX_UNITS:
            wider = replace(pool, quantity=pool.quantity + 1)
            pools = tuple(wider if one is pool else one for one in setup.equipment)
            change = a_change(
                ChangeKind.ONE_UNIT_MORE,
                f"with one more of {pool.name}",
                equipment_id=pool.id,
                quantity=wider.quantity,
            )
            yield _in(question.with_setup(setup.but(equipment=pools)), change)


def _one_place_more(question: Question, ref: str) -> Iterator[Try]:
    setup = question.setup
    for room in setup.rooms:
        if room_ref(room.id) == ref and room.capacity < MAX_UNITS:
            wider = replace(room, capacity=room.capacity + 1)
            rooms = tuple(wider if one is room else one for one in setup.rooms)
            change = a_change(
                ChangeKind.ONE_PLACE_MORE,
                f"with one more place in {room.name}",
                room_id=room.id,
                capacity=wider.capacity,
            )
            yield _in(question.with_setup(setup.but(rooms=rooms)), change)


def _one_visit_more(question: Question, ref: str) -> Iterator[Try]:
    setup, service = question.setup, question.request.service
    if ref == service_ref(service.id) and service.max_per_day is not None and service.max_per_day < MAX_UNITS:
        most = service.max_per_day + 1
        message = f"if {service.name} were given {most} times a day"
        changed = question.with_service(replace(service, max_per_day=most))
        yield _of_service(changed, ChangeKind.ONE_VISIT_MORE, message, max_per_day=most)
    for provider in setup.providers:
        seen = provider.max_visits_per_day
        if provider_ref(provider.id) == ref and seen is not None and seen < MAX_UNITS:
            wider = replace(provider, max_visits_per_day=seen + 1)
            providers = tuple(wider if one is provider else one for one in setup.providers)
            change = a_change(
                ChangeKind.ONE_VISIT_MORE,
                f"if {provider.name} saw {seen + 1} patients a day",
                provider_id=provider.id,
                max_visits_per_day=seen + 1,
            )
            yield _in(question.with_setup(setup.but(providers=providers)), change)


def _one_seat_more(question: Question) -> Iterator[Try]:
    service = question.request.service
    if service.seats < MAX_UNITS:
        seats = service.seats + 1
        changed = question.with_service(replace(service, seats=seats))
        yield _of_service(
            changed, ChangeKind.ONE_SEAT_MORE, f"if {service.name} had {seats} seats", seats=seats
        )


def _other_provider_offers(question: Question, ref: str) -> Iterator[Try]:
    setup, service = question.setup, question.request.service
    for provider in setup.providers:
        if provider_ref(provider.id) == ref:
            wider = replace(provider, service_ids=(*provider.service_ids, service.id))
            providers = tuple(wider if one is provider else one for one in setup.providers)
            changed = setup.but(providers=providers)
            if list(changed.counters) == list(setup.counters):  # else nobody has counted so far
                change = a_change(
                    ChangeKind.OTHER_PROVIDER_OFFERS,
                    f"if {provider.name} offered {service.name}",
                    provider_id=provider.id,
                    service_id=service.id,
                )
                yield _in(question.with_setup(changed), change)


def _in(changed: Question, change: Change) -> Try:
    return Try(change, changed.snapshot, changed.request)

"""What a placement costs the provider's day, against counting the day's idle minutes one by one."""

from collections.abc import Callable, Iterable
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from models.calendar import BusyTimes
from models.gaps import RestPrices, cost_of_hold, longest_stay, rest_prices
from models.hours import OpenWindows, Window, merged
from models.score import gap_points
from tests.builders import a_clinic, a_provider, a_service

DAY = range(1000)
STAYS = st.lists(st.integers(1, 90), min_size=1, max_size=4)
WINDOWS = st.lists(st.tuples(st.integers(100, 900), st.integers(1, 200)), max_size=5).map(
    lambda pairs: [(start, start + length) for start, length in pairs]
)


def rests_of(is_idle: Callable[[int], bool]) -> list[int]:
    """The lengths of the idle stretches, minute by minute."""
    lengths, length = [], 0
    for minute in DAY:
        if is_idle(minute):
            length += 1
        elif length:
            lengths.append(length)
            length = 0
    return lengths


def price_of_day(lengths: Iterable[int], stays: list[int]) -> Fraction:
    """Each rest: its minutes times the share of services that do not fit, and the shortest stay."""
    return sum(
        (
            Fraction(length * sum(stay > length for stay in stays), len(stays)) + min(stays)
            for length in lengths
        ),
        Fraction(),
    )


class TestCostOfHold:
    @given(STAYS, WINDOWS, WINDOWS, st.integers(150, 850), st.integers(1, 150))
    def test_it_is_what_the_days_rests_cost_more_afterwards(
        self, stays: list[int], working: list[Window], busy: list[Window], start: int, length: int
    ) -> None:
        """Wherever the hold lies: between others, on them, across breaks, or outside working hours."""
        hold, prices = (start, start + length), RestPrices.of(stays)

        def before(minute: int) -> bool:
            is_held = any(first <= minute < last for first, last in busy)
            return any(first <= minute < last for first, last in working) and not is_held

        after = rests_of(lambda minute: before(minute) and not hold[0] <= minute < hold[1])
        more = price_of_day(after, stays) - price_of_day(rests_of(before), stays)
        opened = OpenWindows(0, 1000, tuple(merged(working)))
        cost = cost_of_hold(hold, prices, opened, BusyTimes.of(busy))
        assert cost == max(prices.best, more * len(stays))
        assert prices.best <= cost <= prices.worst

    def test_a_hold_that_fills_a_rest_to_the_minute_earns(self) -> None:
        """Stays of 20 and 40: a rest of 20 has 20 minutes that 40 do not fit into, and is gone."""
        opened = OpenWindows(0, 1000, ((100, 500),))
        busy = BusyTimes.of([(100, 200), (220, 300)])
        assert cost_of_hold((200, 220), RestPrices.of([20, 40]), opened, busy) == -(20 + 2 * 20)

    def test_a_fragment_that_is_too_short_costs(self) -> None:
        opened = OpenWindows(0, 1000, ((100, 500),))
        busy = BusyTimes.of([(100, 200)])
        prices = RestPrices.of([20, 40])
        assert cost_of_hold((210, 230), prices, opened, busy) == 2 * 10 + 2 * 20
        assert cost_of_hold((219, 239), prices, opened, busy) == 2 * 19 + 2 * 20
        assert cost_of_hold((220, 240), prices, opened, busy) == 20 + 2 * 20, "one of both fits again"
        assert cost_of_hold((240, 260), prices, opened, busy) == 2 * 20, "only the additional rest"

    def test_at_the_edge_of_a_long_rest_it_costs_nothing(self) -> None:
        opened = OpenWindows(0, 1000, ((100, 500),))
        assert cost_of_hold((100, 120), RestPrices.of([20, 40]), opened, BusyTimes.of([])) == 0
        assert cost_of_hold((480, 500), RestPrices.of([20, 40]), opened, BusyTimes.of([])) == 0

    def test_on_top_of_another_hold_it_costs_nothing(self) -> None:
        opened = OpenWindows(0, 1000, ((100, 500),))
        assert cost_of_hold((200, 230), RestPrices.of([20]), opened, BusyTimes.of([(200, 230)])) == 0


class TestRestPrices:
    def test_the_example_of_the_docstring(self) -> None:
        prices = RestPrices.of([20, 40])
        assert [prices.of_rest(minutes) for minutes in (0, 10, 30, 40, 50, 5000)] == [0, 60, 70, 40, 40, 40]

    def test_services_that_the_provider_may_not_give_do_not_count(self) -> None:
        services = (
            a_service(buffer_after_minutes=10),
            a_service("quick", duration_minutes=15),
            a_service("hers", duration_minutes=5, allowed_provider_ids=frozenset({"lind"})),
            a_service("rare", duration_minutes=90),
        )
        provider = a_provider(service_ids=("checkup", "quick", "hers"))
        clinic = a_clinic(services=services, providers=(provider, a_provider("lind", service_ids=())))
        assert rest_prices(clinic, "okoro") == RestPrices.of([40, 15])
        assert longest_stay(clinic) == 90

    def test_a_provider_of_nothing_has_prices_too(self) -> None:
        clinic = a_clinic(providers=(a_provider(service_ids=()),))
        assert rest_prices(clinic, "okoro") == RestPrices(of_length=(0, 1), best=-1, worst=1)


class TestGapPoints:
    @given(STAYS)
    def test_the_best_earns_all_and_the_worst_nothing(self, stays: list[int]) -> None:
        prices = RestPrices.of(stays)
        assert gap_points(35, prices.best, prices) == 3500
        assert gap_points(35, prices.worst, prices) == 0

    @given(STAYS, st.integers(1, 89), st.integers(1, 89))
    def test_no_two_fragments_are_worse_than_the_worst(self, stays: list[int], one: int, other: int) -> None:
        prices = RestPrices.of(stays)
        rest = min(stays) + one + other
        cost = prices.of_rest(one) + prices.of_rest(other) - prices.of_rest(rest)
        assert prices.best <= cost <= prices.worst

    def test_points_round_down_to_hundredths(self) -> None:
        assert gap_points(35, 120, RestPrices.of([30, 60])) == 3500 * 58 // 297 == 683

"""What a placement costs the provider's day: the idle rests that it leaves, against those that it uses up.

A rest is an idle stretch of a provider's working time: between two holds, or between a hold and the end
of a working window. Its price is its length times the share of the provider's services whose stay
(buffers included) does not fit into it, plus a fixed price for being one rest more, as long as the
provider's shortest stay. A placement costs the price of the rests after it minus that of the rests before
it: a fragment too short for common visits costs, a visit that fills a rest to the minute earns.

Filling the fullest place that still has room is best fit, and keeps places whole for what is long (Johnson,
Demers, Ullman, Garey, Graham, Worst-case performance bounds for simple one-dimensional packing algorithms,
SIAM J. Comput. 3(4), 1974).
"""

from dataclasses import dataclass

from models.calendar import BusyTimes
from models.clinic import Service
from models.hours import OpenWindows, Window, merged, without
from models.setup import ClinicSetup


@dataclass(frozen=True, slots=True, kw_only=True)
class RestPrices:
    """What rests cost a provider, in minutes times the number of their services, so that all is whole.

    `of_length[r]` is the price of a rest of r minutes; longer ones cost as much as the last. A placement
    costs from `best` (below 0) to `worst`.
    """

    of_length: tuple[int, ...]
    best: int
    worst: int

    @staticmethod
    def of(stays: list[int]) -> "RestPrices":
        """From how long each of the provider's services takes.

        Stays of 20 and 40 minutes: 10 minutes fit neither and cost 2 x 10 + 2 x 20 = 60, 30 minutes do
        not fit one of the two and cost 30 + 40 = 70, 50 minutes fit both and cost 40.
        """
        services, shortest, longest = max(1, len(stays)), min(stays, default=1), max(stays, default=1)
        wasted = [length * sum(length < stay for stay in stays) for length in range(longest + 1)]
        being_there = services * shortest
        return RestPrices(
            of_length=(0, *(waste + being_there for waste in wasted[1:])),
            best=-(max(wasted) + being_there),
            worst=2 * max(wasted) + being_there,
        )

    def of_rest(self, minutes: int) -> int:
        """The price of a rest; 0 where there is none."""
        prices = self.of_length
        return prices[minutes] if minutes < len(prices) else prices[-1]

    @property
    def longest(self) -> int:
        """From this length on, every rest costs the same."""
        return len(self.of_length) - 1


def stay_of(service: Service) -> int:
    """How long a visit of the usual length keeps its provider, buffers included."""
    return service.buffer_before_minutes + service.duration_minutes + service.buffer_after_minutes


def longest_stay(setup: ClinicSetup) -> int:
    """How far beyond a hold the prices of rests look."""
    return setup.derived(("longest stay",), lambda: max(map(stay_of, setup.services), default=0))


def rest_prices(setup: ClinicSetup, provider_id: str) -> RestPrices:
    """The prices of a provider's rests."""

    def made() -> RestPrices:
        given = (setup.service_by_id.get(one) for one in setup.provider_by_id[provider_id].service_ids)
        return RestPrices.of(
            [
                stay_of(service)
                for service in given
                if service is not None
                and (service.allowed_provider_ids is None or provider_id in service.allowed_provider_ids)
            ]
        )

    return setup.derived(("rest prices", provider_id), made)


def cost_of_hold(hold: Window, prices: RestPrices, working: OpenWindows, busy: BusyTimes) -> int:
    """What the rests cost more once the hold is there; negative where it uses one up.

    A hold that reaches outside working hours takes from every rest that it meets; one that lies on others
    takes what they leave.
    """
    rests = _rests_meeting(hold, working, busy)
    if not rests:
        return 0
    held_from, held_until = hold
    cost = prices.of_rest(max(0, held_from - rests[0][0])) + prices.of_rest(max(0, rests[-1][1] - held_until))
    for start, end in rests:
        cost -= prices.of_rest(end - start)
    return max(prices.best, cost)


def _rests_meeting(hold: Window, working: OpenWindows, busy: BusyTimes) -> list[Window]:
    """The rests that share a minute with a hold."""
    held_from, held_until = hold
    windows = working.meeting(held_from, held_until)
    if not windows:
        return []
    last_end, next_start = busy.last_end_before(held_from), busy.first_start_after(held_until)
    closed = merged(busy.overlapping(held_from, held_until))
    if last_end is not None:
        closed.insert(0, (min(last_end, windows[0][0]), last_end))
    if next_start is not None:
        closed.append((next_start, max(next_start, windows[-1][1])))
    return [rest for rest in without(windows, closed) if rest[0] < held_until and held_from < rest[1]]

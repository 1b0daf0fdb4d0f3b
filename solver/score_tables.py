"""What the bounds look up, as arrays: derived once per setup, so that a search only gathers.

Rows are the calendar's rows of the providers, which come first in it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.clinic import PreferredWindow
from models.gaps import rest_prices
from models.liking import preferred_windows
from models.setup import ClinicSetup

Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class RestTable:
    """`models.gaps.RestPrices` of all providers: `of_length[row, minutes]`, `best[row]` and `worst[row]`."""

    of_length: Numbers
    best: Numbers
    worst: Numbers

    def of_rests(self, rows: Numbers, minutes: Numbers) -> Numbers:
        """The price of each rest."""
        prices: Numbers = self.of_length[rows, np.minimum(minutes, self.of_length.shape[1] - 1)]
        return prices


@dataclass(frozen=True, slots=True, kw_only=True)
class LikingTable:
    """What each provider prefers: windows side by side, the empty ones with a weight of 0.

    `weights` says how much their preferences count, `dearest` is the weight of the dearest window.
    """

    opens: Numbers
    closes: Numbers
    window_weights: Numbers
    dearest: Numbers
    weights: Numbers
    likes_rooms: NDArray[np.bool_]


def rest_table(setup: ClinicSetup) -> RestTable:
    """The prices of the rests of all providers."""
    return setup.derived(("rest table",), lambda: _rest_table(setup))


def _rest_table(setup: ClinicSetup) -> RestTable:
    prices = [rest_prices(setup, provider.id) for provider in setup.providers]
    longest = max((one.longest for one in prices), default=0)
    padded = [(*one.of_length, *one.of_length[-1:] * (longest - one.longest)) for one in prices]
    return RestTable(
        of_length=np.array(padded, dtype=np.int64).reshape(len(prices), longest + 1),
        best=np.array([one.best for one in prices], dtype=np.int64),
        worst=np.array([one.worst for one in prices], dtype=np.int64),
    )


def liking_table(setup: ClinicSetup) -> LikingTable:
    """The preferences of all providers."""
    return setup.derived(("liking table",), lambda: _liking_table(setup))


def _liking_table(setup: ClinicSetup) -> LikingTable:
    preferences = [provider.preferences for provider in setup.providers]
    windows = [preferred_windows(one) if one else () for one in preferences]
    most = max(map(len, windows), default=0)
    padded = np.array([_padded(some, most) for some in windows], dtype=np.int64).reshape(
        len(windows), most, 3
    )
    return LikingTable(
        opens=padded[:, :, 0],
        closes=padded[:, :, 1],
        window_weights=padded[:, :, 2],
        dearest=padded[:, :, 2].max(axis=1, initial=0),
        weights=np.array([one.weight if one else 0 for one in preferences], dtype=np.int64),
        likes_rooms=np.array([bool(one and one.room_ids) for one in preferences], dtype=np.bool_),
    )


def _padded(windows: tuple[PreferredWindow, ...], most: int) -> list[tuple[int, int, int]]:
    known = [(window.start, window.end, window.weight) for window in windows]
    return known + [(0, 0, 0)] * (most - len(known))

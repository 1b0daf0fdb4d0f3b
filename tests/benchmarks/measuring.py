"""How things are timed here: alternating, in one run, and summed up by their median."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter


@dataclass(frozen=True, slots=True)
class Sample:
    """Measurements of one thing, all in one unit."""

    values: tuple[float, ...]
    unit: str = "ms"

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    def quantile(self, share: float) -> float:
        """The smallest measurement that so large a share of all of them does not exceed.

        >>> Sample((1.0, 2.0, 3.0, 4.0)).quantile(0.5)
        2.0
        """
        ordered = sorted(self.values)
        return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]

    def summary(self) -> dict[str, object]:
        """For `bench.json`."""
        return {
            "unit": self.unit,
            "median": self.median,
            "min": min(self.values),
            "max": max(self.values),
            "p95": self.quantile(0.95),
            "p99": self.quantile(0.99),
            "count": len(self.values),
        }


def sample(values: Sequence[float], unit: str = "ms") -> Sample:
    """The measurements, which must not be none."""
    if not values:
        raise ValueError("nothing was measured")
    return Sample(tuple(values), unit)


def alternated(
    contenders: Mapping[str, Callable[[], object]], rounds: int, tick: Callable[[], None] = lambda: None
) -> dict[str, Sample]:
    """Milliseconds of each call: A, B, A, B, ... so that a noisy moment hits all of them alike."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, call in contenders.items():
            started = perf_counter()
            call()
            times[name].append((perf_counter() - started) * 1000)
            tick()
    return {name: sample(values) for name, values in times.items()}

"""How things are timed here: alternating, in one run, and summed up by their median."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter


@dataclass(frozen=True, slots=True)
class Sample:
    """Measurements of one thing, in `unit`."""

    values: tuple[float, ...]
    unit: str = "ms"

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    def quantile(self, share: float) -> float:
        """The smallest measurement that is at least as large as this share of all of them."""
        ordered = sorted(self.values)
        return ordered[min(len(ordered) - 1, max(0, -int(-share * len(ordered) // 1) - 1))]

    def summary(self) -> dict[str, object]:
        """For `bench.json`."""
        return {
            "unit": self.unit,
            "median": self.median,
            "min": min(self.values),
            "max": max(self.values),
            "p95": self.quantile(0.95),
            "count": len(self.values),
        }


def alternated(
    contenders: Mapping[str, Callable[[], object]], rounds: Mapping[str, int], tick: Callable[[], None]
) -> dict[str, list[float]]:
    """Milliseconds of every call: A, B, A, B, ... so that a noisy moment hits all of them alike.

    A contender with fewer `rounds` is left out of the rounds beyond its number, spread evenly.
    """
    most = max(rounds.values())
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(most):
        for name, call in contenders.items():
            if (number * rounds[name]) // most == ((number + 1) * rounds[name]) // most:
                continue
            started = perf_counter()
            call()
            times[name].append((perf_counter() - started) * 1000)
        tick()
    return times


def merged(samples: Sequence[Sample]) -> Sample:
    """All measurements of several samples as one."""
    return Sample(tuple(value for sample in samples for value in sample.values), samples[0].unit)

"""A row of the table: what was measured, against whom, what was aimed at, and whether it was met."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from tests.benchmarks.measuring import Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A bound on a number; only bounds on ratios `decide` whether the benchmark passes.

    Absolute times depend on the machine, so they are told and never fail.
    """

    at_least: float | None = None
    at_most: float | None = None
    unit: str = "x"
    decides: bool = True

    def is_met_by(self, value: float) -> bool:
        return (self.at_least is None or value >= self.at_least) and (
            self.at_most is None or value <= self.at_most
        )

    def __str__(self) -> str:
        bounds = ((">=", self.at_least), ("<=", self.at_most))
        return " and ".join(f"{sign} {bound:g} {self.unit}" for sign, bound in bounds if bound is not None)


def times_at_least(bound: float, *, decides: bool = True) -> Target:
    """A ratio of at least `bound`."""
    return Target(at_least=bound, decides=decides)


def times_at_most(bound: float, *, decides: bool = True) -> Target:
    """A ratio of at most `bound`."""
    return Target(at_most=bound, decides=decides)


def milliseconds_below(bound: float) -> Target:
    """An absolute time: told, never decisive."""
    return Target(at_most=bound, unit="ms", decides=False)


def seconds_below(bound: float) -> Target:
    """An absolute time: told, never decisive."""
    return Target(at_most=bound, unit="s", decides=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`value` is what the target bounds: a ratio of medians, or a quantile of `ours`."""

    subject: str
    ours: Sample
    value: float
    target: Target
    against: str | None = None
    other: Sample | None = None
    facts: Mapping[str, object]
    """What else a reader of the file wants to know: sizes, seeds, counts."""

    @property
    def is_met(self) -> bool:
        return self.target.is_met_by(self.value)

    @property
    def fails(self) -> bool:
        """Whether the whole benchmark fails by it."""
        return self.target.decides and not self.is_met

    def document(self) -> dict[str, object]:
        """For `bench.json`."""
        return {
            "subject": self.subject,
            "ours": self.ours.summary(),
            "against": self.against,
            "other": self.other.summary() if self.other else None,
            "value": self.value,
            "target": str(self.target),
            "decides": self.target.decides,
            "met": self.is_met,
            "facts": dict(self.facts),
        }


Facts: TypeAlias = Mapping[str, object]


def absolute(subject: str, ours: Sample, target: Target, facts: Facts) -> Row:
    """A row about the median of one measurement."""
    return Row(subject=subject, ours=ours, value=ours.median, target=target, facts=facts)


def at_quantile(subject: str, ours: Sample, share: float, target: Target, facts: Facts) -> Row:
    """A row about what so large a share of one thing's measurements stay within."""
    return Row(subject=subject, ours=ours, value=ours.quantile(share), target=target, facts=facts)


def compared(subject: str, ours: Sample, against: str, other: Sample, target: Target, facts: Facts) -> Row:
    """Our median over the other's."""
    value = ours.median / other.median
    return Row(
        subject=subject, ours=ours, against=against, other=other, value=value, target=target, facts=facts
    )


def faster(subject: str, ours: Sample, against: str, other: Sample, target: Target, facts: Facts) -> Row:
    """How many times faster than the other we are: its median over ours."""
    value = other.median / ours.median
    return Row(
        subject=subject, ours=ours, against=against, other=other, value=value, target=target, facts=facts
    )

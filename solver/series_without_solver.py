"""The same as `solver.series_menu` without the solver: the judge of its claim that nothing exists."""

from collections.abc import Mapping, Sequence

from solver.series_menu import ChosenSeries, Meeting, PatternOption


def best_by_weeks(
    options: Sequence[PatternOption], meetings: Mapping[Meeting, int | None]
) -> ChosenSeries | None:
    """The series that loses least, week by week, since only neighbours meet; None if there is none."""
    found = (_best_of(number, option, meetings) for number, option in enumerate(options))
    return min((one for one in found if one is not None), key=lambda one: one.loss, default=None)


def _best_of(
    number: int, option: PatternOption, meetings: Mapping[Meeting, int | None]
) -> ChosenSeries | None:
    ways: dict[int, tuple[int, tuple[int, ...]]] = {
        one: (option.loss + loss, (one,)) for one, loss in option.losses[0].items()
    }
    for visit, losses in enumerate(option.losses[1:]):
        further: dict[int, tuple[int, tuple[int, ...]]] = {}
        for other, loss in losses.items():
            for one, (lost, before) in ways.items():
                together = meetings.get((visit, one, other), 0)
                if together is not None:
                    way = (lost + loss + together, (*before, other))
                    further[other] = min(further.get(other, way), way)
        ways = further
    if not ways:
        return None
    loss, candidates = min(ways.values())
    return ChosenSeries(number, candidates, loss, loss)

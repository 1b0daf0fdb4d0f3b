"""Chains and series as the JSON that clients get."""

from datetime import datetime
from typing import Any

from api.slot_answer import HUNDREDTHS, local_text, slot_bodies, utc_text
from models.chain import ChainAnswer, ChainRequest
from models.series import ClosedWeek, Series, SeriesAnswer, SeriesRequest
from models.setup import ClinicSetup
from models.slot import Slot, SlotRequest
from models.wall_clock import format_time_of_day, instant_of

DIGITS = 4
"""Of means, which need not be whole hundredths."""


def chains_body(
    answer: ChainAnswer, request: ChainRequest, setup: ClinicSetup, *, now: datetime, duration_ms: float
) -> dict[str, Any]:
    """Ranked chains with the proof."""
    count = len(request.steps)
    return {
        "chains": [
            {
                "start": _local(chain.slots[0], chain.slots[0].start, setup),
                "end": _local(chain.slots[-1], chain.slots[-1].end, setup),
                "score": _mean(chain.total, count),
                "slots": slot_bodies(chain.slots, setup),
            }
            for chain in answer.chains
        ],
        "metadata": _metadata(
            request.steps[0].request, setup, now, duration_ms, answer.proven, _mean(answer.bound, count)
        ),
        "explanation": None if answer.chains or not answer.proven else _why_no_chain(answer, request),
    }


def _why_no_chain(answer: ChainAnswer, request: ChainRequest) -> dict[str, Any]:
    steps = list(answer.closed_steps)
    if not steps:
        return {"message": "each step has slots, but none that follow one another as asked", "steps": []}
    named = [f"step {number + 1} ({request.steps[number].request.service.name})" for number in steps]
    verb = "has" if len(steps) == 1 else "have"
    return {"message": f"{', '.join(named)} {verb} no slot in this range", "steps": steps}


def series_body(
    answer: SeriesAnswer, request: SeriesRequest, setup: ClinicSetup, *, now: datetime, duration_ms: float
) -> dict[str, Any]:
    """The best series with the proof, or which weeks are in its way."""
    series = answer.series
    bound = _mean(answer.bound, request.count)
    return {
        "series": None if series is None else _series(series, setup),
        "metadata": _metadata(request.request, setup, now, duration_ms, answer.proven, bound),
        "explanation": None if series is not None or not answer.proven else _why_no_series(answer),
    }


def _series(series: Series, setup: ClinicSetup) -> dict[str, Any]:
    return {
        "score": _mean(series.total, len(series.slots)),
        "slots": slot_bodies(series.slots, setup),
        "weekday": series.pattern.weekday_code.value,
        "providerId": series.pattern.provider.id,
        "time": format_time_of_day(series.pattern.time),
        "deviations": [
            {
                "index": one.index,
                "what": one.what,
                "from": one.usual,
                "to": one.instead,
                "cost": one.cost / HUNDREDTHS,
                "message": one.message,
            }
            for one in series.deviations
        ],
    }


def _why_no_series(answer: SeriesAnswer) -> dict[str, Any]:
    weeks = [_closed_week(week) for week in answer.closed]
    together = "each week has slots, but none that leave room for the visits of the weeks beside it"
    return {"message": "; ".join(week["message"] for week in weeks) or together, "closedWeeks": weeks}


def _closed_week(week: ClosedWeek) -> dict[str, Any]:
    monday = week.monday.isoformat()
    message = f"visit {week.index + 1} has no slot in the week of {monday}"
    return {"index": week.index, "week": monday, "message": message}


def _metadata(
    asked: SlotRequest, setup: ClinicSetup, now: datetime, duration_ms: float, proven: bool, bound: float
) -> dict[str, Any]:
    return {
        "timezone": setup.zone_of(asked.location).key,
        "fetchedAt": utc_text(now),
        "queryDurationMs": round(duration_ms, 3),
        "proven": proven,
        "bound": bound,
        "nextAvailableDate": None,
    }


def _mean(points: int, count: int) -> float:
    return round(points / (HUNDREDTHS * count), DIGITS)


def _local(slot: Slot, minute: int, setup: ClinicSetup) -> str:
    return local_text(instant_of(minute), setup.zone_of(slot.location))

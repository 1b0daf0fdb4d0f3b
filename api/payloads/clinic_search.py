"""Slots of any clinic: the question's parameters and the answer's form."""

from typing import Annotated

from pydantic import Field

from api.clinic_search import MAX_DAYS, MAX_SLOTS_OF_CLINICS, ClinicSearch
from api.payloads.basics import POINT_FORM, Id, Moment, Payload, Text
from api.payloads.slots import SlotOut
from models.between_clinics import Point
from models.errors import InvalidRequest
from models.slot import TimeOfDay

MAX_NAME = 200


class SlotSearchQuery(Payload):
    """Where and when could it be? Dates and times without offset are read on the clock of each clinic."""

    service: Annotated[
        Text | None,
        Field(
            max_length=MAX_NAME,
            description="The service wanted, by name or id; this, `specialty`, or both.",
            examples=["Check-up"],
        ),
    ] = None
    specialty: Annotated[
        Text | None,
        Field(
            max_length=MAX_NAME,
            description="Only providers of this specialty.",
            examples=["cardiology"],
        ),
    ] = None
    start: Annotated[
        Text,
        Field(
            alias="from",
            max_length=40,
            description="First day, or first moment, of the visit's start.",
            examples=["2026-11-23"],
        ),
    ]
    end: Annotated[
        Text,
        Field(
            alias="to",
            max_length=40,
            description=f"Last day (included), or the moment before which to start; at most {MAX_DAYS} days.",
            examples=["2026-11-27"],
        ),
    ]
    near: Annotated[
        str | None,
        Field(
            pattern=POINT_FORM,
            description="Latitude and longitude in degrees: nearer places rank higher.",
            examples=["52.52,13.405"],
        ),
    ] = None
    lat: Annotated[float | None, Field(ge=-90, le=90, description="With `lon`, another way to say near.")] = (
        None
    )
    lon: Annotated[float | None, Field(ge=-180, le=180)] = None
    preferred_time_of_day: TimeOfDay | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_SLOTS_OF_CLINICS, description="At most so many slots.")] = 20

    def question(self) -> ClinicSearch:
        """What is asked, in the words of the search."""
        return ClinicSearch(
            start=self.start,
            end=self.end,
            service=self.service,
            specialty=self.specialty,
            near=self._near(),
            preferred=self.preferred_time_of_day,
            limit=self.limit,
        )

    def _near(self) -> Point | None:
        if self.near is None:
            return self._lat_and_lon()
        if self.lat is not None or self.lon is not None:
            raise InvalidRequest("say where by near, or by lat and lon, not by both", field="near")
        latitude, longitude = (float(part) for part in self.near.split(","))
        if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
            raise InvalidRequest(f"{self.near} is no latitude and longitude in degrees", field="near")
        return Point(latitude, longitude)

    def _lat_and_lon(self) -> Point | None:
        if self.lat is None and self.lon is None:
            return None
        if self.lat is None or self.lon is None:
            raise InvalidRequest("lat and lon go together", field="lon" if self.lon is None else "lat")
        return Point(self.lat, self.lon)


class SlotClinic(Payload):
    """The clinic that has the slot; it is booked there."""

    id: Id
    name: Annotated[str, Field(examples=["Riverside Clinic"])]


class SlotService(Payload):
    """What the visit is for."""

    id: Id
    name: Annotated[str, Field(examples=["Check-up"])]
    duration_minutes: Annotated[int, Field(examples=[30])]


class PatientScoreOut(Payload):
    """The points by what earned them; they add up to the score."""

    soonness: Annotated[float, Field(examples=[50.0])]
    nearness: Annotated[float, Field(examples=[27.3])]
    part_of_day: Annotated[float, Field(examples=[20.0])]


class ClinicSlotOut(SlotOut):
    """A slot of one of the clinics; its score says how it suits the patient, compared with all others."""

    clinic: SlotClinic
    service: SlotService
    distance_km: Annotated[float | None, Field(ge=0, examples=[4.5])]
    score: Annotated[float, Field(ge=0, le=100, examples=[97.3])]
    score_breakdown: PatientScoreOut  # type: ignore[assignment]


class ClinicSearchMetadata(Payload):
    """What the answer rests on: no clinic that stayed closed could have more points than `bestUnopened`."""

    fetched_at: Annotated[Moment, Field(examples=["2026-11-21T10:00:00Z"])]
    query_duration_ms: Annotated[float, Field(examples=[31.4])]
    proven: Annotated[bool, Field(examples=[True])]
    bound: Annotated[float, Field(examples=[97.3])]
    best_unopened: Annotated[float | None, Field(examples=[96.1])]
    clinics_considered: Annotated[int, Field(examples=[500])]
    clinics_opened: Annotated[int, Field(examples=[7])]


class ClinicSlotsOut(Payload):
    """Ranked slots of many clinics, best first."""

    slots: list[ClinicSlotOut]
    metadata: ClinicSearchMetadata

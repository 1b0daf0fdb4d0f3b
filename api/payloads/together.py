"""Several orders for appointments at once."""

from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from api.payloads.appointments import A_BOOKING, AppointmentOut, BookingIn, Key
from api.payloads.basics import Body, Payload
from api.payloads.slots import LATER

FEWEST_ORDERS, MOST_ORDERS = 2, 26

SEVERAL: JsonDict = {"appointments": [A_BOOKING, {**A_BOOKING, "start": LATER}]}


class BookingsIn(Body):
    """Visits to book or to hold, all or none, in the order in which they are judged."""

    model_config = ConfigDict(json_schema_extra={"examples": [SEVERAL]})

    appointments: Annotated[list[BookingIn], Field(min_length=FEWEST_ORDERS, max_length=MOST_ORDERS)]
    idempotency_key: Annotated[Key | None, Field(description="Instead of the Idempotency-Key header.")] = None

    @model_validator(mode="after")
    def _are_booked_together(self) -> Self:
        if any(one.idempotency_key is not None for one in self.appointments):
            raise ValueError("send one idempotency key for all appointments together")
        if any(one.rearranges for one in self.appointments):
            raise ValueError("only an appointment on its own can rearrange others")
        return self


class BookedOut(Payload):
    """The appointments, in the order of the orders."""

    items: list[AppointmentOut]

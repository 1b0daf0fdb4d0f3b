"""What routes ask for: the runtime, the caller, and the right to act in the clinic of the path."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, TypeVar

from fastapi import Depends, Header, Path, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.exceptions import HTTPException

from api.documents import is_json, parsed
from api.errors import Forbidden
from api.identifiers import canonical_id
from api.roles import RIGHTS, Right, Role
from api.tokens import Principal, TokenIssuer, Unauthenticated
from api.workflows.runtime import Runtime
from models.errors import NotFound
from models.records import Actor, Reply
from models.setup import ClinicSetup

Stored = TypeVar("Stored")

_bearer = HTTPBearer(
    auto_error=False,
    bearerFormat="JWT",
    scheme_name="bearer",
    description="A signed token with `clinic_id`, `role` and `sub`.",
)


async def runtime_of(request: Request) -> Runtime:
    """The runtime that the application was started with."""
    runtime = request.app.state.runtime
    if not isinstance(runtime, Runtime):
        raise TypeError("the application has not been started")
    return runtime


async def caller_of(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]
) -> Principal:
    """Who calls, by their bearer token; Unauthenticated without a valid one."""
    issuer: TokenIssuer = request.app.state.issuer
    if credentials is None:
        raise Unauthenticated("send a token as Authorization: Bearer")
    return issuer.read(credentials.credentials)


async def json_document(request: Request) -> object:
    """The body of a request, parsed beside the event loop since it may be large."""
    if not is_json(request.headers.get("content-type", "")):
        raise HTTPException(415, "send the body as application/json")
    return await asyncio.to_thread(parsed, await request.body(), "the body")


Running = Annotated[Runtime, Depends(runtime_of)]
Caller = Annotated[Principal, Depends(caller_of)]
Seen = Annotated[
    str | None, Header(alias="If-None-Match", description="The `ETag` of an answer that is at hand.")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClinicCall:
    """A call by somebody who may act in the clinic of its path."""

    runtime: Runtime
    clinic_id: str
    caller: Principal

    @property
    def actor(self) -> Actor:
        """How the caller is written down."""
        return actor_of(self.caller)

    @property
    def own_patient_id(self) -> str | None:
        """The patient whom the caller is, and to whom everything they see is limited; None for staff."""
        return self.caller.subject.lower() if self.caller.role is Role.PATIENT else None

    def rendering(
        self, form: Callable[[Stored, ClinicSetup], Reply], setup: ClinicSetup
    ) -> Callable[[Stored], Reply]:
        """Makes replies in that form, by the setup that the workflow has come to know meanwhile."""

        def render(stored: Stored) -> Reply:
            current = self.runtime.setups.known(self.clinic_id)
            return form(stored, current.setup if current else setup)

        return render

    def admit(self, patient_id: str | None) -> None:
        """Forbidden where a patient acts for anybody but themselves, or nobody in particular."""
        if patient_id is not None and self.own_patient_id not in (None, patient_id):
            raise Forbidden("a patient may only act for themselves")

    def see(self, kind: str, identifier: str, patient_id: str) -> None:
        """NotFound where a patient looks at what belongs to somebody else."""
        if self.own_patient_id not in (None, patient_id):
            raise NotFound(kind, identifier)


def actor_of(caller: Principal) -> Actor:
    """How a caller is written down."""
    return Actor(subject=caller.subject, role=caller.role.value)


def in_clinic(right: Right) -> Callable[..., Awaitable[ClinicCall]]:
    """A dependency that admits callers of the path's clinic with a right; another clinic does not exist."""

    async def admitted(
        runtime: Running,
        caller: Caller,
        clinic_id: Annotated[str, Path(alias="clinicId", json_schema_extra={"format": "uuid"})],
    ) -> ClinicCall:
        known = canonical_id("clinic", clinic_id)
        if caller.only_clinic_id not in (None, known):
            raise NotFound("clinic", clinic_id)
        require(caller, right)
        return ClinicCall(runtime=runtime, clinic_id=known, caller=caller)

    return admitted


def require(caller: Principal, right: Right) -> None:
    """Forbidden unless the caller's role has the right."""
    if right not in RIGHTS[caller.role]:
        raise Forbidden(f"the role {caller.role} may not do this")


ReadingClinic = Annotated[ClinicCall, Depends(in_clinic(Right.READ_CLINIC))]
Searching = Annotated[ClinicCall, Depends(in_clinic(Right.SEARCH))]
Booking = Annotated[ClinicCall, Depends(in_clinic(Right.BOOK))]
Exporting = Annotated[ClinicCall, Depends(in_clinic(Right.EXPORT))]
ReadingOneRecord = Annotated[ClinicCall, Depends(in_clinic(Right.READ_OWN_RECORD))]

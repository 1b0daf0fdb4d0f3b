"""The fresh rows on which a booking or a change is decided, and the locks that keep them fresh."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from struct import iter_unpack
from typing import Any
from uuid import UUID

from psycopg import AsyncCursor

from models.appointment import EquipmentUse
from models.clinic import Patient
from models.group_visit import GroupKey, GroupVisit
from models.hours import Window
from models.postgres.connection import Connection
from models.postgres.ids import clinic_lock, key_lock, text_of
from models.postgres.kinds import UNIT_BITS, UNITS_PER_RESOURCE
from models.postgres.named_queries import named_queries
from models.postgres.packed import minute_of
from models.records import IdempotencyKey, KeptReply, Reply
from models.refs import patient_ref
from models.unit_claims import Claim
from models.wall_clock import instant_of

queries = named_queries(__file__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is known of the clinic near a visit, as of now.

    `held` has every claim there, also those of holds that have run out (`run_out`, ids of appointments
    and group visits) and have not been swept. `groups` are the group visits that the visit could join.
    """

    config_version: int
    patient: Patient | None
    patient_no: int | None
    held: tuple[Claim, ...]
    run_out: frozenset[str]
    groups: tuple[GroupVisit, ...]
    kept: KeptReply | None

    @property
    def alive(self) -> tuple[Claim, ...]:
        """The claims that count."""
        if not self.run_out:
            return self.held
        return tuple(claim for claim in self.held if claim.holder_id not in self.run_out)


def _key_values(key: IdempotencyKey | None) -> dict[str, Any]:
    if key is None:
        return {"subject": None, "operation": None, "key": None}
    return {"subject": key.subject, "operation": key.operation, "key": key.key}


async def take_turn(
    conn: Connection,
    clinic_id: UUID,
    key: IdempotencyKey | None,
    now: datetime,
    *,
    patient_id: UUID | None = None,
    provider_id: UUID | None = None,
) -> AsyncCursor[Any]:
    """Share the clinic's lock, take the key's, lock the two people and give them a new version.

    One row on its way: whether the key was to be had. Where it was not, or has its answer already,
    nothing is locked or changed.
    """
    values = {
        "clinic_id": clinic_id,
        "clinic_lock": clinic_lock(clinic_id),
        "key_lock": None if key is None else key_lock(key),
        "patient_id": patient_id,
        "provider_id": provider_id,
        "now": now,
        **_key_values(key),
    }
    return await conn.execute(queries["take_turn"], values)


async def lock_resources(conn: Connection, clinic_id: UUID, resource_ids: Sequence[UUID]) -> None:
    """Keep others from claiming any of these until the end of the transaction."""
    await conn.execute(queries["lock_resources"], {"clinic_id": clinic_id, "resource_ids": resource_ids})


async def lock_groups(conn: Connection, clinic_id: UUID, joining: GroupKey) -> None:
    """Keep the group visits of one time, in whatever room, until the end of the transaction."""
    values = {
        "clinic_id": clinic_id,
        "service_id": joining.service_id,
        "provider_id": joining.provider_id,
        "starts_at": instant_of(joining.start),
        "ends_at": instant_of(joining.end),
    }
    await conn.execute(queries["lock_groups"], values)


@dataclass(frozen=True, slots=True)
class ComingEvidence:
    """Evidence on its way."""

    cursor: AsyncCursor[Any]
    patient_id: str
    joining: GroupKey | None

    async def arrived(self, ref_by_no: Mapping[int, str]) -> Evidence | None:
        """The evidence, its resources named by `ref_by_no`; None where there is no such clinic."""
        row = await self.cursor.fetchone()
        if row is None:
            return None
        version, name, blocked, patient_no, packed, run_out, groups, *kept = row
        known_as = {**ref_by_no, patient_no: patient_ref(self.patient_id)}
        patient = None
        if name is not None:
            patient = Patient(id=self.patient_id, name=name, blocked_provider_ids=frozenset(blocked))
        return Evidence(
            config_version=version,
            patient=patient,
            patient_no=patient_no,
            held=tuple(unpacked_claims(packed, known_as)),
            run_out=frozenset(run_out),
            groups=tuple(_group(self.joining, *one) for one in groups or ()) if self.joining else (),
            kept=_kept(*kept),
        )


async def read_evidence(
    conn: Connection,
    clinic_id: UUID,
    key: IdempotencyKey | None,
    patient_id: str,
    resource_nos: Sequence[int],
    near: Window,
    now: datetime,
    joining: GroupKey | None = None,
    without: str | None = None,
) -> ComingEvidence:
    """What those resources and the patient are held for at any minute near a visit, and the kept reply.

    `joining` tells, but for the room, which group visits could be joined; one to which only the
    appointment `without` comes is none.
    """
    values = {
        "clinic_id": clinic_id,
        "patient_id": patient_id,
        "resource_nos": resource_nos,
        "low": instant_of(near[0]),
        "high": instant_of(near[1]),
        "now": now,
        "group_service_id": None if joining is None else joining.service_id,
        "group_provider_id": None if joining is None else joining.provider_id,
        "starts_at": None if joining is None else instant_of(joining.start),
        "ends_at": None if joining is None else instant_of(joining.end),
        "without": None if without is None else UUID(without),
        **_key_values(key),
    }
    return ComingEvidence(await conn.execute(queries["read_evidence"], values), patient_id, joining)


async def others_take_part(
    conn: Connection, clinic_id: UUID, group_visit_id: UUID, appointment_id: UUID, now: datetime
) -> bool:
    """Whether anybody else comes to a group visit."""
    values = {
        "clinic_id": clinic_id,
        "group_visit_id": group_visit_id,
        "appointment_id": appointment_id,
        "now": now,
    }
    row = await (await conn.execute(queries["others_take_part"], values)).fetchone()
    return row == (True,)


async def kept_reply(conn: Connection, key: IdempotencyKey | None, now: datetime) -> KeptReply | None:
    """The answer that a key was given earlier, if it was."""
    if key is None:
        return None
    values = {"clinic_id": UUID(key.clinic_id), "now": now, **_key_values(key)}
    row = await (await conn.execute(queries["kept_reply"], values)).fetchone()
    return None if row is None else _kept(*row)


async def claims_of_resource(
    conn: Connection, clinic_id: UUID, resource_no: int, ref: str, near: Window
) -> list[Claim]:
    """Every claim of one resource that shares a minute with a window, whoever's it is."""
    values = {
        "clinic_id": clinic_id,
        "resource_no": resource_no,
        "low": instant_of(near[0]),
        "high": instant_of(near[1]),
    }
    row = await (await conn.execute(queries["claims_of_resource"], values)).fetchone()
    return list(unpacked_claims(row[0] if row else None, {resource_no: ref}))


def unpacked_claims(packed: bytes | None, ref_by_no: Mapping[int, str]) -> Iterator[Claim]:
    """Claims as the database packs them: unit, start, end and holder, 40 bytes each."""
    for unit_id, start, end, holder in iter_unpack(">qqq16s", packed or b""):
        yield Claim(
            ref_by_no[unit_id >> UNIT_BITS],
            unit_id % UNITS_PER_RESOURCE,
            minute_of(start),
            minute_of(end),
            text_of(holder),
        )


def _group(
    key: GroupKey,
    identifier: str,
    room_id: str | None,
    location_id: str | None,
    overbook: bool,
    equipment: list[dict[str, Any]],
    patients: int,
) -> GroupVisit:
    return GroupVisit(
        id=identifier,
        key=key._replace(room_id=room_id),
        location_id=location_id,
        equipment=tuple(EquipmentUse(**use) for use in equipment),
        overbook=overbook,
        patients=patients,
    )


def _kept(
    fingerprint: bytes | None, status: int, headers: Mapping[str, str], body: bytes
) -> KeptReply | None:
    if fingerprint is None:
        return None
    return KeptReply(
        fingerprint=bytes(fingerprint), reply=Reply(status=status, headers=headers, body=bytes(body))
    )

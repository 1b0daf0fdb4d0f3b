"""The statements of one booking as a script for pgbench: the product's own SQL with its values filled in.

It is made from the product's SQL files, so that the two cannot drift apart: a parameter that is not
named here is refused.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

from models.postgres import read_evidence, write_appointments
from models.postgres.connection import READ_WRITE

SLOT_MINUTES = 15
SLOT_SECONDS = SLOT_MINUTES * 60

_PARAMETER = re.compile(r"%\((\w+)\)s")
_START, _END = "to_timestamp(:starts_at)", "to_timestamp(:ends_at)"
_NAME = "(:run::text || '-' || :client_id::text || '-' || :number::text)"

VALUES: Mapping[str, str] = MappingProxyType(
    {
        # Given on pgbench's command line.
        "clinic_id": ":clinic_id::uuid",
        "clinic_lock": ":clinic_lock",
        "service_id": ":service_id::uuid",
        "location_id": ":location_id::uuid",
        "after": ":after",
        "payload": ":payload",
        "headers": ":headers",
        "body": "convert_to(:body::text, 'UTF8')",
        # Looked up once by each client.
        "provider_id": ":provider_id::uuid",
        "room_id": ":room_id::uuid",
        "patient_id": ":patient_id::uuid",
        "resource_ids": "ARRAY[:patient_id::uuid, :provider_id::uuid]",
        "unit_ids": "ARRAY[:patient_no::bigint << 10, :provider_no::bigint << 10, :room_no::bigint << 10]",
        # Different each time.
        "id": f"md5({_NAME})::uuid",
        "key": _NAME,
        "key_lock": ":key_lock",
        "starts_at": _START,
        "ends_at": _END,
        "low": _START,
        "high": _END,
        "held_from": f"ARRAY[{_START}, {_START}, {_START}]",
        "held_until": f"ARRAY[{_END}, {_END}, {_END}]",
        "now": "now()",
        "key_expires_at": "now() + interval '1 day'",
        # Always the same.
        "subject": "'pgbench'",
        "role": "'platform'",
        "operation": "'book'",
        "action": "'created'",
        "event": "'appointment.created'",
        "status": "'scheduled'",
        "expires_at": "NULL::timestamptz",
        "notes": "NULL::text",
        "before": "NULL",
        "overbook": "false",
        "equipment": "'[]'",
        "group_service_id": "NULL",
        "group_provider_id": "NULL",
        "group_visit_id": "NULL::uuid",
        "opens_group": "false",
        "shared": "ARRAY[false, false, false]",
        "without": "NULL",
        "pool_ids": "'{}'",
        "pool_units": "'{}'",
        "request_hash": "sha256('order')",
        "reply_status": "201",
    }
)

LOOK_UP = """\
\\if :number = 0
SELECT
    provider.id AS provider_id, (SELECT resource_no FROM resource WHERE id = provider.id) AS provider_no,
    room.id AS room_id, (SELECT resource_no FROM resource WHERE id = room.id) AS room_no,
    patient.id AS patient_id, (SELECT resource_no FROM resource WHERE id = patient.id) AS patient_no
FROM provider
JOIN room ON room.clinic_id = provider.clinic_id AND room.external_id = 'room-' || :client_id::text
JOIN patient
    ON patient.clinic_id = provider.clinic_id AND patient.external_id = 'patient-' || :client_id::text
WHERE provider.clinic_id = :clinic_id::uuid AND provider.external_id = 'provider-' || :client_id::text
\\gset
\\endif
"""


def booking_script(*, pipelined: bool = False) -> str:
    """One booking per transaction: client n books its own provider, room and patient, slot after slot.

    Wants `-D number=0`, `first` (seconds since 1970 of the first slot), `run` (a name for the run), and
    the values that are marked so above.
    """
    turn = _filled(read_evidence.queries["take_turn"])
    look = _filled(
        read_evidence.queries["read_evidence"], resource_nos="ARRAY[:provider_no::bigint, :room_no::bigint]"
    )
    write = _filled(write_appointments.queries["write_booking"], resource_nos="ARRAY[:room_no::bigint]")
    statements = f"{READ_WRITE};\n{turn};\n{look};\n{write};\nCOMMIT;\n"
    if pipelined:
        statements = f"\\startpipeline\n{statements}\\endpipeline\n"
    return (
        f"{LOOK_UP}"
        f"\\set starts_at :first + :number * {SLOT_SECONDS}\n"
        f"\\set ends_at :starts_at + {SLOT_SECONDS}\n"
        "\\set key_lock :client_id * 1000000000 + :starts_at\n"
        "\\set number :number + 1\n"
        f"{statements}"
    )


def _filled(query: str, **only_here: str) -> str:
    """The query with the value of each parameter in its place; comments would hide what follows them."""
    values = {**VALUES, **only_here}
    lines = (line for line in query.splitlines() if not line.lstrip().startswith("--"))
    return _PARAMETER.sub(lambda found: values[found[1]], "\n".join(lines))

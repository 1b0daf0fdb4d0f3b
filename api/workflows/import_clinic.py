"""A clinic file becomes a clinic, whole or not at all."""

from collections.abc import Callable

from api.workflows.runtime import Runtime
from models.clinic_file import ClinicFile
from models.postgres.connection import writing
from models.postgres.write_clinic import NewClinic, new_id, write_clinic
from models.postgres.write_records import write_audit
from models.records import Actor
from models.renaming import Renaming


async def import_clinic(
    runtime: Runtime, file: ClinicFile, actor: Actor, *, progress: Callable[[str], None] | None = None
) -> str:
    """Store a new clinic and return its id; the file's own ids are kept as external ones.

    Holds that have run out by now come in as expired. Importing a file twice makes two clinics.
    """
    now = runtime.clock()
    names = Renaming.of(file, new_id)
    clinic = NewClinic(
        file=names.apply(file.as_of(now)), external=names.reversed(file.setup.clinic.id), now=now
    )
    async with writing(runtime.pool, pipelined=False) as conn:
        await conn.execute("SET LOCAL statement_timeout = 0")  # a big clinic takes its time
        await write_clinic(conn, clinic, progress)
        await write_audit(
            conn, clinic.id, actor, now, action="imported", entity="clinic", entity_id=clinic.id
        )
    return clinic.id

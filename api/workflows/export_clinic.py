"""A clinic becomes a clinic file again."""

from api.workflows.runtime import Runtime
from models.clinic_file import ClinicFile
from models.postgres.connection import reading
from models.postgres.read_clinic import read_clinic


async def export_clinic(runtime: Runtime, clinic_id: str) -> ClinicFile:
    """The clinic under the ids that it was imported with; NotFound where there is none.

    Holds that have run out by now are exported as expired.
    """
    async with reading(runtime.pool) as conn:
        file = await read_clinic(conn, clinic_id)
    return file.as_of(runtime.clock())

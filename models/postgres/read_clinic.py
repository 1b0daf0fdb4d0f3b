"""A whole clinic read back, under the ids that it came with."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from psycopg import AsyncCursor

from models.appointment import Appointment, AppointmentStatus, EquipmentUse
from models.clinic_file import ClinicFile
from models.postgres import read_entities
from models.postgres.connection import Connection
from models.postgres.ids import uuid_of
from models.postgres.named_queries import named_queries
from models.postgres.setup_cache import SetupCache
from models.renaming import Names, Renaming
from models.stored_entity import StoredEntity

queries = named_queries(__file__)


async def read_clinic(conn: Connection, setups: SetupCache, clinic_id: str) -> ClinicFile:
    """The clinic as a file describes it; what was made here and never had another id keeps its UUID.

    NotFound where there is no such clinic. Consistent in a `reading` transaction.
    """
    identifier = uuid_of("clinic", clinic_id)

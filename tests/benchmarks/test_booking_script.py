"""pgbench is compared with the product, so it has to book as the product does."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from models.postgres.connection import Database, Pool
from models.postgres.ids import clinic_lock
from tests.benchmarks.booking import always_open_clinic
from tests.benchmarks.booking_script import booking_script
from tests.benchmarks.pgbench import transactions_per_second
from tests.workflows.desk import open_desk

pytestmark = pytest.mark.anyio

WRITTEN = "SELECT count(*) FROM {table} WHERE {{here}}"


@pytest.mark.parametrize("pipelined", [False, True])
async def test_pgbench_books_as_the_product_does(
    database: Database, pool: Pool, tmp_path: Path, *, pipelined: bool
) -> None:
    file = always_open_clinic()
    desk = await open_desk(pool, file.setup, patients=file.patients)
    script = tmp_path / "booking.sql"
    script.write_text(booking_script(pipelined=pipelined), encoding="utf-8")
    values = {
        "clinic_id": desk.clinic_id,
        "clinic_lock": clinic_lock(UUID(desk.clinic_id)),
        "service_id": desk.id_of("service", "visit"),
        "location_id": desk.id_of("location", "here"),
        "after": "{}",
        "payload": "{}",
        "headers": "{}",
        "body": "{}",
        "number": 0,
        "run": 1,
        "first": int(datetime(2027, 3, 1, tzinfo=UTC).timestamp()),
    }
    transactions_per_second(database.service_conninfo, script, clients=2, seconds=1, values=values)
    counts = {}
    for table in ("appointment", "claim", "outbox", "idempotency_key"):
        [(counts[table],)] = await desk.rows(WRITTEN.format(table=table))
    booked = counts.pop("appointment")
    assert booked > 0
    assert counts == {"claim": 3 * booked, "outbox": booked, "idempotency_key": booked}

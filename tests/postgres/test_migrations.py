"""Migrations: applied once, in order, whole; and the same shape whichever way a database came to it."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from models.errors import DatabaseUnusable
from models.postgres.connection import Database
from models.postgres.migrate import MIGRATIONS, known_migrations, migrate
from tests.postgres.catalog import catalog
from tests.postgres.databases import DatabaseServer
from tests.postgres.processes import OtherProcess

pytestmark = pytest.mark.anyio


@pytest.fixture
def empty_database(database_server: DatabaseServer) -> Iterator[Database]:
    with database_server.temporary() as database:
        yield database


@pytest.fixture
def steps(tmp_path: Path) -> Path:
    """Two small migrations of the test's own."""
    (tmp_path / "0001_things.sql").write_text("CREATE TABLE thing (id int PRIMARY KEY);")
    (tmp_path / "0002_more.sql").write_text(
        "ALTER TABLE thing ADD name text; CREATE TABLE other (id int);\nINSERT INTO other VALUES (1);"
    )
    return tmp_path


def rows(database: Database, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(database.owner_conninfo) as conn:
        return conn.execute(query).fetchall()


class TestTheRunner:
    async def test_applies_each_step_once_and_in_order(self, empty_database: Database, steps: Path) -> None:
        assert [step.number for step in await migrate(empty_database, steps)] == [1, 2]
        assert await migrate(empty_database, steps) == []
        assert rows(empty_database, "SELECT number, name FROM schema_migration ORDER BY number") == [
            (1, "things"),
            (2, "more"),
        ]

    async def test_four_processes_at_once_apply_each_step_once(
        self, empty_database: Database, steps: Path
    ) -> None:
        database = empty_database
        arguments = (database.owner_conninfo, database.service_conninfo, str(steps))
        with ExitStack() as stack:
            others = [
                stack.enter_context(OtherProcess("tests.postgres.migrating_process", *arguments))
                for _ in range(4)
            ]
            for other in others:
                other.line("ready")
            for other in others:
                other.tell()
            applied = [other.line("applied").split() for other in others]
        assert sorted(number for numbers in applied for number in numbers) == ["1", "2"]
        assert rows(database, "SELECT * FROM other") == [(1,)]

    async def test_a_step_that_fails_leaves_nothing_of_itself_and_all_before_it(
        self, empty_database: Database, steps: Path
    ) -> None:
        (steps / "0003_broken.sql").write_text("CREATE TABLE half (id int); SELECT 1 / 0;")
        with pytest.raises(psycopg.errors.DivisionByZero):
            await migrate(empty_database, steps)
        assert rows(empty_database, "SELECT max(number), to_regclass('half') FROM schema_migration") == [
            (2, None)
        ]
        (steps / "0003_broken.sql").write_text("CREATE TABLE half (id int);")
        assert [step.number for step in await migrate(empty_database, steps)] == [3]

    async def test_a_step_changed_after_it_was_applied_is_refused(
        self, empty_database: Database, steps: Path
    ) -> None:
        await migrate(empty_database, steps)
        (steps / "0001_things.sql").write_text("CREATE TABLE thing (id bigint PRIMARY KEY);")
        with pytest.raises(DatabaseUnusable, match="0001_things was applied with another text"):
            await migrate(empty_database, steps)

    async def test_other_line_ends_are_no_change(self, empty_database: Database, steps: Path) -> None:
        await migrate(empty_database, steps)
        second = steps / "0002_more.sql"
        second.write_bytes(second.read_bytes().replace(b"\n", b"\r\n"))
        assert await migrate(empty_database, steps) == []

    async def test_a_database_newer_than_the_program_is_refused(
        self, empty_database: Database, steps: Path
    ) -> None:
        await migrate(empty_database, steps)
        (steps / "0002_more.sql").unlink()
        with pytest.raises(DatabaseUnusable, match="0002_more, which this program does not know"):
            await migrate(empty_database, steps)

    async def test_a_step_slipped_in_between_is_refused(self, empty_database: Database, steps: Path) -> None:
        (steps / "0002_more.sql").rename(steps / "0003_more.sql")
        await migrate(empty_database, steps)
        (steps / "0002_late.sql").write_text("CREATE TABLE late (id int);")
        with pytest.raises(DatabaseUnusable, match="0002_late is missing"):
            await migrate(empty_database, steps)

    def test_two_steps_of_one_number_are_refused(self, steps: Path) -> None:
        (steps / "0002_again.sql").write_text("SELECT 1;")
        with pytest.raises(ValueError, match="its number is taken"):
            known_migrations(steps)

    async def test_the_service_may_not_change_the_schema(self, database: Database) -> None:
        with psycopg.connect(database.service_conninfo) as conn:
            for statement in ("CREATE TABLE mine (id int)", "DELETE FROM schema_migration"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege), conn.transaction():
                    conn.execute(statement)


class TestTheShape:
    async def test_schema_sql_equals_the_sum_of_the_migrations(
        self, empty_database: Database, database: Database, tmp_path: Path
    ) -> None:
        await migrate(empty_database, tmp_path)  # no steps: the schema itself is made by the first one
        shutil.copy(MIGRATIONS.with_name("schema.sql"), tmp_path / "0001_schema.sql")
        await migrate(empty_database, tmp_path)
        assert catalog(empty_database) ^ catalog(database) == set()

    @pytest.mark.parametrize("taken", range(1, len(known_migrations())))
    async def test_an_upgraded_database_equals_a_fresh_one_and_keeps_its_rows(
        self, empty_database: Database, database: Database, tmp_path: Path, taken: int
    ) -> None:
        for path in sorted(MIGRATIONS.glob("*.sql"))[:taken]:
            shutil.copy(path, tmp_path)
        await migrate(empty_database, tmp_path)
        with psycopg.connect(empty_database.owner_conninfo) as conn:
            conn.execute(
                "INSERT INTO clinic (id, name, timezone, grid_minutes, weight_preference, weight_gap,"
                " weight_room, weight_overbook) VALUES (gen_random_uuid(), 'Old', 'UTC', 5, 40, 35, 15, 10)"
            )
        await migrate(empty_database)
        assert catalog(empty_database) ^ catalog(database) == set()
        assert rows(empty_database, "SELECT name FROM clinic") == [("Old",)]

    def test_the_comparison_sees_a_difference(self, database: Database) -> None:
        before = catalog(database)
        with psycopg.connect(database.owner_conninfo) as conn:
            conn.execute("ALTER TABLE schema_migration ALTER name DROP NOT NULL")
            conn.execute("REVOKE SELECT ON schema_migration FROM slotwright_app")
        changed = {(kind, name) for kind, name, _ in before ^ catalog(database)}
        assert {("column", "schema_migration.name"), ("grant", "schema_migration slotwright_app")} <= changed

"""The application, once for all tests of a file, or anew where the database must be empty."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from models.postgres.connection import Database
from tests.api.clinic_documents import NOW, a_clinic_file
from tests.api.service_under_test import ClinicUnderTest, ServiceUnderTest, service_on
from tests.postgres.databases import DatabaseServer


@pytest.fixture
async def service(database: Database, tmp_path: Path) -> AsyncIterator[ServiceUnderTest]:
    """An application with an empty database of its own."""
    async with service_on(database, tmp_path) as running:
        yield running


@pytest.fixture(scope="module")
async def shared_service(
    database_server: DatabaseServer, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[ServiceUnderTest]:
    """An application for all tests of a file; whoever uses it leaves nothing behind."""
    with database_server.temporary(template=migrated_template) as database:
        async with service_on(database, tmp_path_factory.mktemp("data")) as running:
            yield running


@pytest.fixture
async def clinic(shared_service: ServiceUnderTest) -> AsyncIterator[ClinicUnderTest]:
    """The small clinic, new for each test, at the beginning of its time."""
    shared_service.clock.now = NOW
    yield await shared_service.store(a_clinic_file())
    shared_service.clock.now = NOW


@pytest.fixture(scope="module")
async def shared_clinic(shared_service: ServiceUnderTest) -> ClinicUnderTest:
    """The small clinic, to look at."""
    return await shared_service.store(a_clinic_file())


@pytest.fixture(scope="module")
async def foreign_clinic(shared_service: ServiceUnderTest, shared_clinic: ClinicUnderTest) -> ClinicUnderTest:
    """Another clinic beside it."""
    return await shared_service.store(a_clinic_file("Oak Street Clinic"))

"""Calls generated from the published description, good and bad ones, against a real server."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis import Case, CheckFunction
from schemathesis.specs.openapi.checks import positive_data_acceptance, unsupported_method

from api.app import create_app
from api.roles import Role
from api.routes.bookings import BATCH_PATH
from api.routes.clinics import IMPORT_PATH
from api.routes.scenarios import COMPARE_PATH
from api.running import open_runtime_on
from api.settings import read_settings
from api.tokens import TokenIssuer
from api.workflows.runtime import utc_now
from tests.api.clinic_documents import a_clinic_file
from tests.api.real_server import answering
from tests.api.service_under_test import SECRET, settings_for
from tests.postgres.databases import DatabaseServer

EXAMPLES = 10


A_CLINIC = "the-clinic"


def published() -> dict[str, Any]:
    """The description, with one clinic, and without the token that every call gets."""
    document = create_app(read_settings(token_secret=SECRET)).openapi()
    for methods in document["paths"].values():
        for operation in methods.values():
            operation.pop("security", None)
            for parameter in operation.get("parameters", ()):
                if parameter["name"] == "clinicId":
                    parameter["schema"] = {"type": "string", "enum": [A_CLINIC]}
    return document


schema = schemathesis.openapi.from_dict(published())


@dataclass(frozen=True)
class Server:
    """Where it is, and a clinic to call it about."""

    url: str
    clinic_id: str
    headers: dict[str, str]


@pytest.fixture(scope="module")
def server(
    database_server: DatabaseServer, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    own = settings_for(tmp_path_factory.mktemp("data"))
    token = TokenIssuer(SECRET, utc_now).issue(role=Role.PLATFORM, subject="somebody")
    headers = {"Authorization": f"Bearer {token}"}
    with (
        database_server.temporary(template=migrated_template) as database,
        answering(create_app(own, runtime=lambda: open_runtime_on(database, own))) as url,
    ):
        stored = httpx.post(f"{url}/v1/clinics/import", json=a_clinic_file(), headers=headers)
        yield Server(url, stored.json()["id"], headers)


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_as_described(case: Case[Any], server: Server) -> None:
    """No 5xx, no undescribed status, body or header, and what breaks the description is refused.

    That what fits is accepted cannot be asked: no schema tells which ids, cursors and zones exist.
    """
    if case.path_parameters.get("clinicId") == A_CLINIC:
        case.path_parameters["clinicId"] = server.clinic_id
    excluded: list[CheckFunction] = [positive_data_acceptance]
    if case.path in (IMPORT_PATH, BATCH_PATH, COMPARE_PATH):  # to GET it is to ask for what has that name
        excluded.append(unsupported_method)
    case.call_and_validate(base_url=server.url, headers=server.headers, excluded_checks=excluded)

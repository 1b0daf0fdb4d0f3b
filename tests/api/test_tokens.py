"""Only a token that this service signed, that is meant for it and that is good now, opens anything."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import jwt
import pytest

from api.roles import Role
from api.tokens import AUDIENCE, ISSUER, LEEWAY
from tests.api.clinic_documents import NOW, a_clinic_file
from tests.api.problems import assert_problem
from tests.api.service_under_test import SECRET, ClinicUnderTest, ServiceUnderTest

pytestmark = pytest.mark.anyio

MOMENT = int(NOW.timestamp())
HOUR = 3600


def claims_for(clinic_id: str, /, **changes: Any) -> dict[str, Any]:
    """Claims that are accepted, unless `changes` spoil them; a change to None leaves the claim out."""
    usual: dict[str, Any] = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "somebody",
        "role": "admin",
        "clinic_id": clinic_id,
        "iat": MOMENT,
        "exp": MOMENT + HOUR,
    }
    return {name: value for name, value in (usual | changes).items() if value is not None}


def signed(claims: dict[str, Any], secret: str = SECRET, **header: Any) -> str:
    """HS256 by hand, so that claims can be spoiled in ways that no library would sign."""
    return sealed(json.dumps(claims).encode(), secret, **header)


def sealed(content: bytes, secret: str = SECRET, **header: Any) -> str:
    head = json.dumps({"alg": "HS256", "typ": "JWT", **header}).encode()
    message = f"{_encoded(head)}.{_encoded(content)}"
    return f"{message}.{_encoded(hmac.digest(secret.encode(), message.encode(), hashlib.sha256))}"


def unsigned(claims: dict[str, Any], signature: str = "", **header: Any) -> str:
    """A token as a forger writes it: any header, any signature."""
    parts = [_encoded(json.dumps(part).encode()) for part in ({"typ": "JWT", **header}, claims)]
    return ".".join([*parts, signature])


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


async def status_of(clinic: ClinicUnderTest, authorization: str) -> int:
    """What a read answers; a refusal is a problem document that says how to do better."""
    answer = await clinic.client.get("/providers", headers={"Authorization": authorization})
    if answer.status_code == 401:
        assert_problem(answer, 401, "UNAUTHENTICATED")
        assert answer.headers["www-authenticate"].startswith("Bearer")
    return answer.status_code


async def test_a_good_token_is_accepted(shared_clinic: ClinicUnderTest) -> None:
    assert await status_of(shared_clinic, f"Bearer {signed(claims_for(shared_clinic.id))}") == 200


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer ", "Basic YTpi", "bearer", "Token x", "Bearer a b", "Bearer ...."]
)
async def test_no_token_at_all(shared_clinic: ClinicUnderTest, authorization: str) -> None:
    assert await status_of(shared_clinic, authorization) == 401


@pytest.mark.parametrize("missing", ["iss", "aud", "sub", "role", "iat", "exp", "clinic_id"])
async def test_every_claim_is_needed(shared_clinic: ClinicUnderTest, missing: str) -> None:
    token = signed(claims_for(shared_clinic.id, **{missing: None}))
    assert await status_of(shared_clinic, f"Bearer {token}") == 401


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "somebody-else"},
        {"iss": ["slotwright-development"]},
        {"aud": "another-service"},
        {"aud": []},
        {"sub": ""},
        {"sub": 7},
        {"role": "root"},
        {"role": "ADMIN"},
        {"role": ["admin"]},
        {"role": {"admin": True}},
        {"clinic_id": "elm"},
        {"clinic_id": 7},
        {"clinic_id": ["x"]},
        {"exp": MOMENT - 1 - LEEWAY.seconds},
        {"exp": MOMENT - LEEWAY.seconds},
        {"exp": "tomorrow"},
        {"exp": True},
        {"exp": [MOMENT + HOUR]},
        {"exp": float("nan")},
        {"exp": float("inf")},
        {"iat": MOMENT + 1 + LEEWAY.seconds},
        {"iat": "now"},
        {"iat": float("-inf")},
        {"nbf": MOMENT + 1 + LEEWAY.seconds},
        {"nbf": {}},
    ],
    ids=str,
)
async def test_a_claim_that_does_not_hold(shared_clinic: ClinicUnderTest, changes: dict[str, Any]) -> None:
    assert await status_of(shared_clinic, f"Bearer {signed(claims_for(shared_clinic.id, **changes))}") == 401


@pytest.mark.parametrize("changes", [{"exp": MOMENT + 1}, {"exp": MOMENT - 9}, {"iat": MOMENT + 10}], ids=str)
async def test_clocks_may_differ_a_little(shared_clinic: ClinicUnderTest, changes: dict[str, Any]) -> None:
    assert await status_of(shared_clinic, f"Bearer {signed(claims_for(shared_clinic.id, **changes))}") == 200


class TestForgeries:
    async def test_another_secret(self, shared_clinic: ClinicUnderTest) -> None:
        token = signed(claims_for(shared_clinic.id), "another secret of 32 characters.")
        assert await status_of(shared_clinic, f"Bearer {token}") == 401

    @pytest.mark.parametrize("name", ["none", "None", "NONE", "nOnE", "", "HS512", "RS256", "ES256", "EdDSA"])
    async def test_another_algorithm(self, shared_clinic: ClinicUnderTest, name: str) -> None:
        token = unsigned(claims_for(shared_clinic.id), alg=name)
        assert await status_of(shared_clinic, f"Bearer {token}") == 401

    async def test_a_longer_hash_of_the_same_secret(self, shared_clinic: ClinicUnderTest) -> None:
        token = jwt.encode(claims_for(shared_clinic.id), SECRET * 2, algorithm="HS512")
        assert await status_of(shared_clinic, f"Bearer {token}") == 401

    @pytest.mark.parametrize("header", [{}, {"alg": None}, {"alg": ["HS256"]}, {"alg": 256}], ids=str)
    async def test_no_algorithm(self, shared_clinic: ClinicUnderTest, header: dict[str, Any]) -> None:
        token = unsigned(claims_for(shared_clinic.id), **header)
        assert await status_of(shared_clinic, f"Bearer {token}") == 401

    @pytest.mark.parametrize("name", ["jwk", "jku", "x5u", "x5c", "kid"])
    async def test_a_key_in_the_header_is_not_used(self, shared_clinic: ClinicUnderTest, name: str) -> None:
        key = {"kty": "oct", "k": _encoded(b"f" * 32)}
        value = key if name == "jwk" else [json.dumps(key)] if name == "x5c" else "https://forger.example/key"
        token = signed(claims_for(shared_clinic.id), "f" * 32, **{name: value})
        assert await status_of(shared_clinic, f"Bearer {token}") == 401

    async def test_an_extension_that_must_be_understood(self, shared_clinic: ClinicUnderTest) -> None:
        token = signed(claims_for(shared_clinic.id), crit=["bork"], bork=True)
        assert await status_of(shared_clinic, f"Bearer {token}") == 401

    async def test_claims_swapped_under_a_signature(self, shared_clinic: ClinicUnderTest) -> None:
        head, _, signature = signed(claims_for(shared_clinic.id, role="patient")).split(".")
        body = _encoded(json.dumps(claims_for(shared_clinic.id)).encode())
        assert await status_of(shared_clinic, f"Bearer {head}.{body}.{signature}") == 401

    @pytest.mark.parametrize("length", [0, 1, 20, 42])
    async def test_a_shortened_signature(self, shared_clinic: ClinicUnderTest, length: int) -> None:
        head, body, signature = signed(claims_for(shared_clinic.id)).split(".")
        assert await status_of(shared_clinic, f"Bearer {head}.{body}.{signature[:length]}") == 401

    @pytest.mark.parametrize("claims", [b"[]", b'"x"', b"null", b"7", b"{", b"\xff", b"", b'{"exp":1e999}'])
    async def test_claims_that_are_no_object(self, shared_clinic: ClinicUnderTest, claims: bytes) -> None:
        assert await status_of(shared_clinic, f"Bearer {sealed(claims)}") == 401

    async def test_a_token_of_absurd_length(self, shared_clinic: ClinicUnderTest) -> None:
        token = signed(claims_for(shared_clinic.id, padding="x" * 5000))
        assert await status_of(shared_clinic, f"Bearer {token}") == 401


async def test_a_token_ends_when_its_time_is_over(service: ServiceUnderTest) -> None:
    clinic = await service.store(a_clinic_file())
    headers = clinic.headers()
    assert (await clinic.client.get("/providers", headers=headers)).status_code == 200
    service.clock.advance(hours=12, seconds=LEEWAY.seconds)
    assert (await clinic.client.get("/providers", headers=headers)).status_code == 401


async def test_only_the_platform_may_name_no_clinic(shared_service: ServiceUnderTest) -> None:
    for role, status in (("platform", 200), ("admin", 401)):
        token = signed(claims_for("unused", role=role, clinic_id=None))
        answer = await shared_service.client.get("/v1/clinics", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == status


async def test_the_issuer_refuses_nothing_it_signed(shared_service: ServiceUnderTest) -> None:
    issuer = shared_service.issuer
    for role in Role:
        token = issuer.issue(
            role=role,
            subject="x",
            clinic_id="0b8f6f0e-5d5f-4b0c-9f0e-3c1d2a7b9e11",
            lifetime=timedelta(seconds=1),
        )
        assert issuer.read(token).role is role

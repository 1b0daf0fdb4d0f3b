"""The rules of a clinic in one document."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from api.answers import json_answer, tagged_json_answer
from api.dependencies import ClinicCall, ReadingClinic, Seen, in_clinic
from api.errors import KINDS, PreconditionRequired
from api.etags import known_tags, required_version, version_tag
from api.openapi import ETAG, IN_A_CLINIC, TAGGED, WITH_A_BODY, problems, with_headers
from api.payloads.rules import RulesIn, RulesOut
from api.roles import Right
from api.routes.appointment_changes import IfMatch
from api.rules_answer import rules_body
from api.workflows.clinic_rules import read_rules, replace_rules
from models.errors import LockTimeout, RulesConflict, VersionMismatch

router = APIRouter(prefix="/v1/clinics/{clinicId}/rules", tags=["rules"])

ChangingRules = Annotated[ClinicCall, Depends(in_clinic(Right.CHANGE_RULES))]
REFUSALS = tuple(
    KINDS[error] for error in (RulesConflict, VersionMismatch, LockTimeout, PreconditionRequired)
)


@router.get(
    "",
    operation_id="getRules",
    response_model=RulesOut,
    responses={**TAGGED, **problems(*IN_A_CLINIC)},
)
async def get_rules(call: ReadingClinic, if_none_match: Seen = None) -> Response:
    """Weights, rules of every service, caps of every provider, and overbooking, with their `ETag`."""
    setup = await read_rules(call.runtime, call.clinic_id)
    return tagged_json_answer(rules_body(setup), version_tag(setup.version), known_tags(if_none_match))


@router.put(
    "",
    operation_id="replaceRules",
    response_model=RulesOut,
    responses={**with_headers(200, ETAG), **problems(*IN_A_CLINIC, *WITH_A_BODY, *REFUSALS)},
)
async def put_rules(call: ChangingRules, rules: RulesIn, if_match: IfMatch = None) -> Response:
    """Replace all rules at once; for managers and admins.

    Each service and each provider stands in the document exactly once. What is booked stays booked, and
    the next search goes by the new rules. Caps and gaps may be set below what is booked; where booked
    visits would be in each other's way (longer buffers, fewer seats or lanes) nothing changes.
    """
    version = required_version(if_match)
    setup = await replace_rules(call.runtime, call.clinic_id, rules.to_domain(), call.actor, version=version)
    return json_answer(rules_body(setup), headers={"ETag": version_tag(setup.version)})

"""`slotwright import` and `slotwright export`: whole clinics, in and out."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import orjson
import typer

from api.clinic_file import dump_clinic, parse_clinic
from api.command_line.databases import command_runtime
from api.command_line.documents import read_document
from api.command_line.progress import Progress, shown_progress
from api.roles import Role
from api.settings import Settings
from api.workflows.export_clinic import export_clinic
from api.workflows.import_clinic import import_clinic
from models.clinic_file import ClinicFile
from models.records import Actor

OPERATOR = Actor(subject="command-line", role=Role.PLATFORM.value)


def import_file(settings: Settings, file: str, *, as_json: bool) -> None:
    """Store the clinic of a file, and print its id."""
    with shown_progress() as progress:
        with progress.doing(f"reading {file}"):
            clinic = parse_clinic(read_document(file))
        clinic_id = asyncio.run(_imported(settings, clinic, progress))
    typer.echo(json.dumps({"id": clinic_id}) if as_json else clinic_id)


async def _imported(settings: Settings, clinic: ClinicFile, progress: Progress) -> str:
    async with command_runtime(settings, progress) as runtime:
        with progress.doing(f"storing {clinic.setup.clinic.name}"):
            return await import_clinic(runtime, clinic, OPERATOR, progress=progress.tell)


def export_file(settings: Settings, clinic_id: str, output: Path | None) -> None:
    """Write a clinic as a clinic file to `output`, or to standard output."""
    with shown_progress() as progress:
        document = asyncio.run(_exported(settings, clinic_id, progress))
    content = orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    if output is None:
        sys.stdout.buffer.write(content)
    else:
        output.write_bytes(content)


async def _exported(settings: Settings, clinic_id: str, progress: Progress) -> dict[str, Any]:
    async with command_runtime(settings, progress) as runtime:
        with progress.doing("reading the clinic"):
            return dump_clinic(await export_clinic(runtime, clinic_id))

"""What the commands are called and which options they take; each loads its own code when it runs."""

from pathlib import Path
from typing import Annotated

import typer

program = typer.Typer(
    name="slotwright",
    help="Scheduling for clinics: ranked slots, booked where double booking is impossible.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

AsJson = Annotated[bool, typer.Option("--json", help="Answer and complain in JSON, for machines.")]
ClinicId = Annotated[str, typer.Option("--clinic", metavar="ID", help="The clinic's id.")]
ClinicFilePath = Annotated[str, typer.Argument(metavar="FILE", help="A clinic file; - reads standard input.")]


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"slotwright {version('slotwright')}")
        raise typer.Exit


@program.callback()
def options(
    version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_show_version, help="Say which version this is."),
    ] = False,
) -> None:
    """What can be said before a command."""
    del version


@program.command()
def serve(
    demo: Annotated[
        bool, typer.Option("--demo", help="Load the demo clinic when the database has none.")
    ] = False,
    host: Annotated[str | None, typer.Option(help="Address to listen on, instead of HOST.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on, instead of PORT.")] = None,
) -> None:
    """Start the database, bring it up to date, and serve HTTP until interrupted."""
    from api.command_line.serving import serve_until_interrupted
    from api.settings import read_settings

    serve_until_interrupted(read_settings(host=host, port=port), demo=demo)


@program.command()
def migrate(as_json: AsJson = False) -> None:
    """Bring the database up to date."""
    from api.command_line.databases import migrate_database
    from api.settings import read_settings

    migrate_database(read_settings(), as_json=as_json)


@program.command()
def worker(
    concurrency: Annotated[
        int, typer.Option(metavar="N", min=1, max=64, help="How many scenarios to solve at a time.")
    ] = 1,
) -> None:
    """Solve scenarios until interrupted; as many workers as you like, on any machine."""
    from api.command_line.working import work_until_interrupted
    from api.settings import read_settings

    work_until_interrupted(read_settings(), concurrency=concurrency)


@program.command()
def token(
    role: Annotated[
        str,
        typer.Option(metavar="ROLE", help="patient, front_desk, provider, manager, admin or platform."),
    ],
    clinic: Annotated[
        str | None,
        typer.Option("--clinic", metavar="ID", help="The clinic's id; only the platform does without."),
    ] = None,
    subject: Annotated[
        str | None, typer.Option(metavar="ID", help="Whose token it is; of a patient, the patient's id.")
    ] = None,
    ttl: Annotated[
        int, typer.Option(metavar="SECONDS", min=1, max=366 * 86400, help="How long it is good.")
    ] = 12 * 3600,
    as_json: AsJson = False,
) -> None:
    """Print a token of the development issuer."""
    from api.command_line.signing import print_token
    from api.settings import read_settings

    print_token(read_settings(), clinic=clinic, role=role, subject=subject, ttl_seconds=ttl, as_json=as_json)


@program.command(name="import")
def import_(file: ClinicFilePath, as_json: AsJson = False) -> None:
    """Store a clinic file whole, or not at all, and print the new clinic's id."""
    from api.command_line.files import import_file
    from api.settings import read_settings

    import_file(read_settings(), file, as_json=as_json)


@program.command()
def export(
    clinic: ClinicId,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Instead of standard output.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print a clinic as a clinic file."""
    from api.command_line.files import export_file
    from api.settings import read_settings

    del as_json  # a clinic file is JSON either way; only errors differ
    export_file(read_settings(), clinic, output)


@program.command()
def search(
    file: ClinicFilePath,
    service: Annotated[str, typer.Option(metavar="ID", help="The service wanted.")],
    from_: Annotated[str, typer.Option("--from", metavar="T", help="First day or moment of the search.")],
    to: Annotated[str, typer.Option(metavar="T", help="Last day, or the moment before which to start.")],
    location: Annotated[str | None, typer.Option(metavar="ID", help="Only there.")] = None,
    provider: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Only them; may be repeated.")
    ] = None,
    patient: Annotated[
        str | None, typer.Option(metavar="ID", help="For whom the slots must be free.")
    ] = None,
    limit: Annotated[int, typer.Option(metavar="N", help="At most 500.")] = 50,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say what closes other starts; said anyway where nothing fits.")
    ] = False,
    rearrange: Annotated[
        str | None, typer.Option(metavar="WHAT", help="rooms: also slots for which others change rooms.")
    ] = None,
    now: Annotated[str | None, typer.Option(metavar="T", help="Search as if it were this moment.")] = None,
    as_json: AsJson = False,
) -> None:
    """Rank the free slots of a clinic file, without database or server."""
    from api.command_line.quick_start import loading_quickly

    with loading_quickly():
        from api.command_line.searching import search_file
        from api.slot_query import SlotQuery

    query = SlotQuery(
        service_id=service,
        start=from_,
        end=to,
        location_id=location,
        provider_ids=tuple(provider or ()),
        patient_id=patient,
        limit=limit,
        explain=explain,
        rearrange=rearrange,
    )
    search_file(file, query, now=now, as_json=as_json)


@program.command()
def repair(
    file: ClinicFilePath,
    from_: Annotated[str, typer.Option("--from", metavar="T", help="First day or moment of the absence.")],
    to: Annotated[str, typer.Option(metavar="T", help="Last day, or the moment at which it ends.")],
    provider: Annotated[list[str] | None, typer.Option(metavar="ID", help="Who is absent.")] = None,
    room: Annotated[list[str] | None, typer.Option(metavar="ID", help="Or which room is closed.")] = None,
    equipment: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Or which equipment is out of use.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="T", help="Last day for new starts; else 14 days after the absence.")
    ] = None,
    time_limit: Annotated[
        float, typer.Option(metavar="S", min=0.1, max=3600, help="Seconds to look for better plans.")
    ] = 30,
    allow: Annotated[
        str | None, typer.Option(metavar="WHAT", help="rooms or moves: what others may do to make space.")
    ] = None,
    order: Annotated[
        str | None, typer.Option(metavar="ORDER", help="prices, or lexicographic: level before level.")
    ] = None,
    not_then: Annotated[
        list[str] | None,
        typer.Option(metavar="APPT=T/T", help="When its patient cannot come; may be repeated."),
    ] = None,
    now: Annotated[str | None, typer.Option(metavar="T", help="Plan as if it were this moment.")] = None,
    as_json: AsJson = False,
) -> None:
    """Find the best new places for whom an absence displaces, without database or server."""
    from api.command_line.interrupts import held_back
    from api.command_line.quick_start import loading_quickly

    with held_back():
        with loading_quickly():
            from api.command_line.repairing import RepairWords, repair_file

        words = RepairWords(
            providers=provider or (),
            rooms=room or (),
            equipment=equipment or (),
            start=from_,
            end=to,
            until=until,
            seconds=time_limit,
            allow=allow,
            order=order,
            not_then=not_then or (),
        )
        repair_file(file, words, now=now, as_json=as_json)


@program.command()
def bench(
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="SUBJECT", help="One subject, such as search or booking; may be repeated."),
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Fewer rounds and smaller data.")] = False,
) -> None:
    """Measure this checkout against the named others; writes bench.json."""
    from api.command_line.benchmarks import run_benchmarks

    run_benchmarks(only or [], quick=quick)

"""The command line, `slotwright`: thin commands over the same workflows as the HTTP service."""

from api.command_line.failures import run


def main() -> None:
    """The program's entry point; leaves with 0, 1 (it failed) or 2 (bad use or bad input)."""
    from api.command_line.program import program

    run(program)

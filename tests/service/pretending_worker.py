"""`slotwright worker` with a solver that only pretends: `python -m tests.service.pretending_worker`."""

from api.command_line import working
from api.settings import read_settings
from tests.workflows.pretended_solving import PRETENDING


def main() -> None:
    working.work_until_interrupted(read_settings(), concurrency=1, solving=PRETENDING)


if __name__ == "__main__":
    main()

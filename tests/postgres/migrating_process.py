"""A process that migrates when it is told to: `<owner conninfo> <service conninfo> <folder>`."""

import asyncio
import sys
from pathlib import Path

from models.postgres.connection import Database
from models.postgres.migrate import migrate


def main() -> None:
    owner, service, folder = sys.argv[1:]
    print("ready", flush=True)
    sys.stdin.readline()
    database = Database(owner_conninfo=owner, service_conninfo=service)
    steps = asyncio.run(migrate(database, Path(folder)))
    print("applied", *[step.number for step in steps], flush=True)


if __name__ == "__main__":
    main()

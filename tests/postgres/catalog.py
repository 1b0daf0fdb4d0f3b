"""The shape of a database, comparable: what two databases must share to be the same to a program."""

import psycopg

from models.postgres.connection import Database
from models.postgres.named_queries import named_queries

queries = named_queries(__file__)

Catalog = set[tuple[str, str, str]]


def catalog(database: Database) -> Catalog:
    """Every table, column, constraint, index, function, type, grant ... with its definition."""
    with psycopg.connect(database.owner_conninfo) as conn:
        return {(kind, name, definition) for kind, name, definition in conn.execute(queries["catalog"])}

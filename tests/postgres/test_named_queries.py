"""SQL beside the Python that sends it: one name for query and function."""

import ast
import re
from pathlib import Path

import pytest

from models import postgres
from models.postgres.named_queries import named_queries

FOLDER = Path(postgres.__file__).parent
# schema.sql is the shape of the database, not a file of queries.
SQL_FILES = sorted(path for path in FOLDER.glob("*.sql") if path.name != "schema.sql")


@pytest.mark.parametrize("path", SQL_FILES, ids=lambda path: path.stem)
def test_every_query_has_the_function_of_its_name(path: Path) -> None:
    python_file = path.with_suffix(".py")
    tree = ast.parse(python_file.read_text(encoding="utf-8"))
    functions = {
        node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert set(named_queries(str(python_file))) - functions == set()


@pytest.mark.parametrize("path", SQL_FILES, ids=lambda path: path.stem)
def test_every_query_asked_for_exists(path: Path) -> None:
    python_file = path.with_suffix(".py")
    asked_for = re.findall(r'queries\["(\w+)"\]', python_file.read_text(encoding="utf-8"))
    assert set(asked_for) - set(named_queries(str(python_file))) == set()


class TestLoading:
    def test_blocks_are_found_by_name_without_their_semicolon(self, tmp_path: Path) -> None:
        (tmp_path / "reads.sql").write_text(
            "-- about this file\n\n-- name: first\nSELECT 1;\n-- a remark\n\n-- name: second\nSELECT 2\n"
        )
        queries = named_queries(str(tmp_path / "reads.py"))
        assert queries["first"].startswith("SELECT 1")
        assert dict(queries)["second"] == "SELECT 2"

    @pytest.mark.parametrize("text", ["SELECT 1", "-- name: one\nSELECT 1\n-- name: one\nSELECT 2"])
    def test_a_file_without_names_or_with_one_name_twice_is_refused(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "reads.sql").write_text(text)
        with pytest.raises(ValueError, match="no named query, or one name twice"):
            named_queries(str(tmp_path / "reads.py"))

"""One name per thing, everywhere: rules in four places, SQL queries in two."""

import ast
import importlib
import inspect
import pkgutil
import re
from pathlib import Path
from types import ModuleType

import pytest

from models import rules
from models.postgres.constraints import UNITS_ARE_NEVER_HELD_TWICE
from models.postgres.named_queries import BLOCK
from solver import hard_rules

ROOT = Path(__file__).parent.parent
FAMILIES = (
    "who_and_where",
    "starts",
    "hours",
    "rooms",
    "equipment",
    "people",
    "overbooking",
    "counts",
    "groups",
)
NAMES = [rule.__name__ for rule in rules.HARD_RULES]


def classes_of_rule_tests() -> list[str]:
    """The test classes of the rules, in the order of their files and of their definition."""
    found = []
    for family in FAMILIES:
        module = importlib.import_module(f"tests.models.test_rules_of_{family}")
        found += [
            name
            for name, value in vars(module).items()
            if inspect.isclass(value) and value.__module__ == module.__name__
        ]
    return found


def functions_of_families(package: ModuleType) -> list[str]:
    """The public functions of all families of rules, in the order of their files and of their definition."""
    found = []
    for family in FAMILIES:
        module = importlib.import_module(f"{package.__name__}.{family}")
        found += [
            name
            for name, value in vars(module).items()
            if inspect.isfunction(value) and value.__module__ == module.__name__ and not name.startswith("_")
        ]
    return found


def in_camel_case(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


def test_a_rule_has_one_name_in_the_checks_and_in_the_model() -> None:
    assert [rule.__name__ for rule in hard_rules.HARD_RULES] == NAMES
    assert len(set(NAMES)) == len(NAMES)


def test_a_rule_promises_the_same_in_the_checks_and_in_the_model() -> None:
    promises = [inspect.getdoc(rule) for rule in rules.HARD_RULES]
    assert [inspect.getdoc(rule) for rule in hard_rules.HARD_RULES] == promises
    assert None not in promises


@pytest.mark.parametrize("package", [rules, hard_rules], ids=lambda package: package.__name__)
def test_every_rule_function_stands_in_the_table_family_by_family(package: ModuleType) -> None:
    """A rule that is written and not listed would never be checked."""
    assert functions_of_families(package) == NAMES


@pytest.mark.parametrize(
    ("package", "others"),
    [(rules, {"evidence", "violation"}), (hard_rules, {"phrases"})],
    ids=["checks", "model"],
)
def test_every_family_is_looked_at(package: ModuleType, others: set[str]) -> None:
    modules = {module.name for module in pkgutil.iter_modules(package.__path__)}
    assert modules == {*FAMILIES, *others}


def test_every_rule_owns_a_test_class_in_the_order_of_the_table() -> None:
    extra = {"TestProviderIsWorkingWhenTheClocksChange"}
    classes = [name for name in classes_of_rule_tests() if name not in extra]
    assert classes == [f"Test{in_camel_case(name)}" for name in NAMES]


def test_every_rule_has_a_row_in_the_documentation_with_its_promise() -> None:
    section = (ROOT / "docs/rules.md").read_text(encoding="utf-8").partition("## The score")[0]
    table = re.findall(r"^\| `(\w+)` \| ([^|]+) \|", section, re.MULTILINE)
    assert table == [(rule.__name__, inspect.getdoc(rule)) for rule in rules.HARD_RULES]


def test_every_guard_named_in_the_documentation_is_a_constraint() -> None:
    """And every rule that speaks of something taken has one: two writers could break it together."""
    section = (ROOT / "docs/rules.md").read_text(encoding="utf-8").partition("## The score")[0]
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| ([^|]*) ?\| (\d+) \|", section, re.MULTILINE)
    assert [name for name, _, _ in rows] == NAMES
    schema = (ROOT / "models/postgres/schema.sql").read_text(encoding="utf-8")
    for name, guard, status in rows:
        if status == "409":
            assert guard.strip() == f"`{UNITS_ARE_NEVER_HELD_TWICE}`", name
            assert f"CONSTRAINT {UNITS_ARE_NEVER_HELD_TWICE}" in schema
        else:
            assert (guard.strip(), status) == ("", "422"), name


def test_the_documented_status_is_what_each_rule_answers() -> None:
    """409 for the rules that call something taken, 422 for those that refuse."""
    section = (ROOT / "docs/rules.md").read_text(encoding="utf-8").partition("## The score")[0]
    documented = dict(re.findall(r"^\| `(\w+)` \| [^|]+ \| [^|]*\| (\d+) \|", section, re.MULTILINE))
    written = {
        rule.__name__: "409" if "taken(" in inspect.getsource(rule) else "422" for rule in rules.HARD_RULES
    }
    assert documented == written


SQL_FILES = sorted(
    path for path in (ROOT / "models").rglob("*.sql") if BLOCK.search(path.read_text(encoding="utf-8"))
)


@pytest.mark.parametrize("path", SQL_FILES, ids=lambda path: path.stem)
def test_every_named_query_has_a_function_of_its_name(path: Path) -> None:
    tree = ast.parse(path.with_suffix(".py").read_text(encoding="utf-8"))
    functions = {
        node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    names = BLOCK.findall(path.read_text(encoding="utf-8"))
    assert sorted(set(names)) == sorted(names)
    assert set(names) <= functions


def test_there_is_sql_to_look_at() -> None:
    assert len(SQL_FILES) >= 5

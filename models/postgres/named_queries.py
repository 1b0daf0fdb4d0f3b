"""SQL kept in a `.sql` file beside the `.py` file of the same name, in blocks that begin `-- name: ...`."""

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

BLOCK = re.compile(r"^-- name: *(\w+)[^\S\n]*$", re.MULTILINE)


def named_queries(python_file: str) -> Mapping[str, str]:
    """The queries beside `python_file` (pass `__file__`), by name; a name given twice is refused."""
    path = Path(python_file).with_suffix(".sql")
    parts = BLOCK.split(path.read_text(encoding="utf-8"))
    names, texts = parts[1::2], parts[2::2]
    doubled = {name for name in names if names.count(name) > 1}
    if doubled or not names:
        raise ValueError(f"{path} has no named query, or one name twice: {sorted(doubled)}")
    queries = {name: text.strip().rstrip(";") for name, text in zip(names, texts, strict=True)}
    return MappingProxyType(queries)

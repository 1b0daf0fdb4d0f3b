"""Which methods a path takes: a 405 must name them all, and the router knows only the first it meets."""

from collections.abc import Iterable
from re import Pattern

from fastapi import APIRouter
from fastapi.routing import APIRoute


class AllowedMethods:
    """The methods of every path, for the routers of an application."""

    def __init__(self, routers: Iterable[APIRouter]) -> None:
        self._methods: dict[Pattern[str], set[str]] = {}
        self._fixed: dict[str, set[str]] = {}
        for router in routers:
            for route in router.routes:
                if isinstance(route, APIRoute):
                    self._methods.setdefault(route.path_regex, set()).update(route.methods or ())
                    if not route.param_convertors:
                        self._fixed.setdefault(route.path, set()).update(route.methods or ())

    def of(self, path: str) -> str:
        """As the Allow header has it."""
        matching = (methods for pattern, methods in self._methods.items() if pattern.match(path))
        return ", ".join(sorted(self._fixed.get(path) or set[str]().union(*matching)))

"""Which methods a path takes: a 405 must name them all, and the router knows only the first it meets."""

from collections.abc import Iterable
from re import Pattern

from fastapi import APIRouter
from fastapi.routing import APIRoute


class AllowedMethods:
    """The methods of every path, for the routers of an application."""

    def __init__(self, routers: Iterable[APIRouter]) -> None:
        self._methods: dict[Pattern[str], set[str]] = {}
        self._parameters: dict[Pattern[str], int] = {}
        for router in routers:
            for route in router.routes:
                if isinstance(route, APIRoute):
                    self._methods.setdefault(route.path_regex, set()).update(route.methods or ())
                    self._parameters[route.path_regex] = len(route.param_convertors)

    def of(self, path: str) -> str:
        """As the Allow header has it; where several routes match, the one with the most words decides."""
        matching = [pattern for pattern in self._methods if pattern.match(path)]
        fewest = min((self._parameters[pattern] for pattern in matching), default=0)
        decisive = (self._methods[one] for one in matching if self._parameters[one] == fewest)
        return ", ".join(sorted(set[str]().union(*decisive)))

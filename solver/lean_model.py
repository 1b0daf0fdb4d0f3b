"""A CP-SAT model without the names that nobody uses."""

from ortools.sat.python.cp_model import CpModel


class LeanModel(CpModel):
    """A CP-SAT model without the old camelCase names.

    The library makes some sixty of them for every model, each a closure over it: a tenth of a
    millisecond, and a cycle that only the garbage collector can free.
    """

    def _add_pre_pep8_methods(self) -> None:
        """Nothing."""

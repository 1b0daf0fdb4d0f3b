"""The linear relaxation of a plan, by column and row generation: a bound, and what it would cost to differ.

Only columns that could improve the relaxation enter it, and only rows that it breaks.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

from ortools.linear_solver import pywraplp  # type: ignore[import-untyped]  # it ships no types

from solver.planning.blocks import Blocks, Count
from solver.planning.choices import Choices
from solver.planning.columns import UNPLACED, Column
from solver.planning.duals import Row, uses_with_shares
from solver.planning.pricing import EPSILON, Bound, Budget, Limit, Limits, Prices, Pricing

START_COLUMNS = 12

IsOver: TypeAlias = Callable[[], bool]
"""Whether the clock or somebody says that it is enough."""


class Relaxation:
    """The restricted master problem and what is known from it."""

    def __init__(
        self,
        choices: Choices,
        budgets: Sequence[Budget] = (),
        blocks: Blocks | None = None,
    ) -> None:
        self.choices = choices
        self.budgets = tuple(budgets)
        self.pricing = Pricing(choices, budgets, blocks)
        self.solver = pywraplp.Solver.CreateSolver("CLP")
        self.parameters = pywraplp.MPSolverParameters()
        # It goes on from the basis of the last solution; presolve would have it begin anew.
        self.parameters.SetIntegerParam(self.parameters.PRESOLVE, self.parameters.PRESOLVE_OFF)
        self._has_new_columns = True
        self.objective = self.solver.Objective()
        self.objective.SetMinimization()
        infinity = self.solver.infinity()
        self.settled = [self.solver.Constraint(1.0, 1.0) for _ in choices.of_task]
        self.rows: dict[Row, pywraplp.Constraint] = {}
        self.rows_of: dict[int, list[Row]] = defaultdict(list)
        self.budget_rows = [self.solver.Constraint(-infinity, float(one.most)) for one in self.budgets]
        self.columns: dict[Column, pywraplp.Variable] = {}
        self.uses: dict[Column, list[tuple[int, int, int, float]]] = {}
        self.users: dict[int, list[tuple[pywraplp.Variable, int, int, float]]] = defaultdict(list)
        self.best: Bound | None = None
        self._blocks = blocks
        self._counts: dict[Count, pywraplp.Constraint] = {}
        self._counts_of: dict[tuple[int, int], list[pywraplp.Constraint]] = defaultdict(list)
        self._limits: dict[Count, Limit] = {}
        for number in range(len(choices.of_task)):
            fallback = choices.stay(number) or Column(number, UNPLACED)
            self.add([fallback] if choices.has(fallback) else [])

    def add(self, columns: Iterable[Column]) -> int:
        """Let columns in; how many were new."""
        new = [column for column in dict.fromkeys(columns) if column not in self.columns]
        self._has_new_columns |= bool(new)
        for column, uses in zip(new, uses_with_shares(self.choices, new), strict=True):
            variable = self.solver.NumVar(0.0, self.solver.infinity(), "")
            self.columns[column], self.uses[column] = variable, uses
            self.objective.SetCoefficient(variable, float(self.choices.price(column)))
            self.settled[column.task].SetCoefficient(variable, 1.0)
            for resource, start, end, units in uses:
                self.users[resource].append((variable, start, end, units))
                for row in self.rows_of[resource]:
                    if start <= row.minute < end:
                        self._weigh(self.rows[row], variable, units)
            for budget, constraint in zip(self.budgets, self.budget_rows, strict=True):
                counted = self.choices.price_under(budget.goal, column)
                if counted:
                    constraint.SetCoefficient(variable, float(counted))
            if self._blocks is not None and column.is_placed:
                for block in self._blocks.of_column(column):
                    for constraint in self._counts_of[column.task, block]:
                        constraint.SetCoefficient(variable, 1.0)
        return len(new)

    @staticmethod
    def _weigh(constraint: pywraplp.Constraint, variable: pywraplp.Variable, units: float) -> None:
        constraint.SetCoefficient(variable, constraint.GetCoefficient(variable) + units)

    def start(self, known: Iterable[Column]) -> None:
        """Begin with the columns of known plans, and the cheapest few of each task."""
        self.add(known)
        for mine in self.choices.of_task:
            for opening in mine.index[:START_COLUMNS].tolist():
                self.add(list(self.choices.columns_at(mine.number, opening))[:1])

    def tighten(self, *, is_over: IsOver, incumbent: int) -> Bound:
        """Solve, add what is broken and what would help, until neither is found or it is over.

        Ends early once the bound meets the price of a known plan.
        """
        while True:
            if not self._is_solved():
                break
            prices = self._prices()  # read before anything is added, which would make them unreadable
            if self._add_broken_rows() and not is_over():
                continue
            bound, promising = self.pricing.bound(prices, self._limits)
            if self.best is None or bound.value > self.best.value:
                self.best = bound
            if self.best.least_price >= incumbent or is_over():
                break
            if not self.add(promising):
                break
        if self.best is None:
            self.best = self.pricing.bound(Prices(), self._limits)[0]
        return self.best

    def dive(self, *, is_over: IsOver) -> dict[int, Column]:
        """Whole columns for most tasks: fix the most certain ones, solve again, and so on to the bottom.

        A diving heuristic: what it leaves unsettled, or without a place, is for others to insert.
        """
        fixed: dict[int, Column] = {}
        while not is_over() and self._is_solved():
            values = [
                (variable.solution_value(), -self.choices.price(column), column)
                for column, variable in self.columns.items()
                if column.task not in fixed and variable.solution_value() > EPSILON
            ]
            prices = self._prices()
            if self._add_broken_rows():
                continue
            if self.add(one for one in self.pricing.bound(prices, self._limits)[1] if one.task not in fixed):
                continue
            if not values:
                break
            certain = [column for value, _, column in values if value > 1 - EPSILON]
            for column in certain or [max(values, key=lambda one: one[:2])[2]]:
                fixed[column.task] = column
                self.columns[column].SetLb(1.0)
        for column in fixed.values():
            self.columns[column].SetLb(0.0)
        return {task: column for task, column in fixed.items() if column.is_placed}

    # -- rows --------------------------------------------------------------------------------------

    def columns_within(self, bound: Bound, excess: float) -> list[Column]:
        """The columns with which a plan exceeds a bound by no more than so much."""
        dearer_by, of_task = self.pricing.dearer_by(bound), self.choices.of_task
        return [
            column
            for column in self.columns
            if not column.is_placed
            or dearer_by[column.task][of_task[column.task].position_of(column.opening)] <= excess
        ]

    def _add_broken_rows(self) -> int:
        """Rows that the present solution breaks: swept resource by resource."""
        used: dict[int, list[tuple[int, int, float]]] = defaultdict(list)
        for column, variable in self.columns.items():
            value = variable.solution_value()
            if value > EPSILON:
                for resource, start, end, units in self.uses[column]:
                    used[resource].append((start, end, units * value))
        broken = [
            row
            for resource, uses in used.items()
            for row in self._broken(resource, uses)
            if row not in self.rows
        ]
        for row in broken:
            self._add_row(row)
        return len(broken)

    def _broken(self, resource: int, uses: list[tuple[int, int, float]]) -> list[Row]:
        low, high = min(start for start, _, _ in uses), max(end for _, end, _ in uses)
        minutes = {start for start, _, _ in uses} | set(self.choices.falls(resource, low, high))
        found = []
        for minute in minutes:
            load = sum(units for start, end, units in uses if start <= minute < end)
            if load > 1 - EPSILON and load > self.choices.left_at(resource, minute) + EPSILON:
                found.append(Row(resource, minute))
        return found

    def _add_row(self, row: Row) -> None:
        left = self.choices.left_at(row.resource, row.minute)
        constraint = self.solver.Constraint(-self.solver.infinity(), float(left))
        self.rows[row] = constraint
        self.rows_of[row.resource].append(row)
        for variable, start, end, units in self.users[row.resource]:
            if start <= row.minute < end:
                self._weigh(constraint, variable, units)

    def _is_solved(self) -> bool:
        """Solve: what columns leave feasible by the primal simplex, what rows leave optimal by the dual."""
        kind = self.parameters.PRIMAL if self._has_new_columns else self.parameters.DUAL
        self.parameters.SetIntegerParam(self.parameters.LP_ALGORITHM, kind)
        self._has_new_columns = False
        return bool(self.solver.Solve(self.parameters) == pywraplp.Solver.OPTIMAL)

    def _prices(self) -> Prices:
        return Prices(
            rows={row: max(0.0, -constraint.dual_value()) for row, constraint in self.rows.items()},
            budgets=tuple(max(0.0, -constraint.dual_value()) for constraint in self.budget_rows),
            counts={count: -self._counts[count].dual_value() for count in self._limits},
            settled=tuple(constraint.dual_value() for constraint in self.settled),
        )

    # -- counts ------------------------------------------------------------------------------------

    def limit(self, limits: Limits, *, or_pay: float) -> None:
        """From now on so many of some tasks go into a block; each one missing or too many costs `or_pay`.

        What was known before is forgotten, but not the columns and rows that it brought.
        """
        self.best = None
        self._limits = dict(limits)
        for count in limits:
            self.count(count, or_pay=or_pay)
        for count, constraint in self._counts.items():
            self._bound_count(constraint, limits.get(count, Limit()))

    def _bound_count(self, constraint: pywraplp.Constraint, limit: Limit) -> None:
        most = self.solver.infinity() if limit.most is None else float(limit.most)
        constraint.SetBounds(float(limit.least), most)

    def count(self, count: Count, *, or_pay: float) -> None:
        """Count from now on, without a limit yet."""
        if count in self._counts:
            return
        if self._blocks is None:
            raise ValueError("a relaxation without blocks counts nothing")
        constraint = self._counts[count] = self.solver.Constraint(0.0, self.solver.infinity())
        for sign in (1.0, -1.0):
            escape = self.solver.NumVar(0.0, self.solver.infinity(), "")
            constraint.SetCoefficient(escape, sign)
            self.objective.SetCoefficient(escape, or_pay)
        for task in count.tasks:
            self._counts_of[task, count.block].append(constraint)
        counted = set(count.tasks)
        for column, variable in self.columns.items():
            in_it = column.task in counted and column.is_placed
            if in_it and count.block in self._blocks.of_column(column):
                constraint.SetCoefficient(variable, 1.0)

    def solved_within(self, count: Count, limit: Limit) -> float:
        """What the columns that are in cost with one limit more; no bound, since others may cost less."""
        constraint, before = self._counts[count], self._limits.get(count, Limit())
        self._bound_count(constraint, limit)
        solved = self._is_solved()
        found = float(self.objective.Value()) if solved else 0.0
        self._bound_count(constraint, before)
        return found

    def resolved(self) -> dict[Column, float]:
        """The columns that are taken, wholly or in part, by a fresh solution; empty where there is none."""
        if not self._is_solved():
            return {}
        values = {column: variable.solution_value() for column, variable in self.columns.items()}
        return {column: value for column, value in values.items() if value > EPSILON}

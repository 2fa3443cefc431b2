"""A change with a fault, run to its end."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from typing import Any

from registrar_client.check import Checker, Violation
from tests.e2e.registrar import ExecutionFailedError, Registrar
from tests.faults.machine import FaultyMachine
from tests.faults.runtime import Fault, Journal
from tests.scenarios import Scenario, scenario_of

CLIENTS = 8
GUARD_SECONDS = 60


@dataclass(frozen=True)
class Run:
    """What became of a change.

    Attributes:
        answer: the outcome, version and error codes that it was answered with in the end.
        failed: whether its first execution FAILED; then it was started again.
        calls: the calls of the first execution: step, number, operation.
        faults: how often its fault was met.
        violations: what the checker found, first when the guard had had its time, then in the end.
    """

    answer: tuple[Any, ...]
    failed: bool
    calls: list[tuple[str, int, str]]
    faults: int
    violations: list[Violation]


@dataclass(frozen=True)
class Runs:
    """Sends changes of every kind through the failing machine, and checks what is left of them."""

    faulty: FaultyMachine
    checker: Checker

    def all(self, matrix: Sequence[tuple[str, Fault | None]], clients: int = CLIENTS) -> list[Run]:
        """Run changes of a kind with a fault each, a few at a time."""
        with ThreadPoolExecutor(clients) as pool:
            return list(pool.map(lambda each: self.run(*each), matrix))

    def run(self, kind: str, fault: Fault | None, machine: Registrar | None = None) -> Run:
        """Run one change; when it FAILED leave it to the guard, and start it again without a fault."""
        machine = machine or self.faulty.express
        scenario = scenario_of(kind)
        for request in scenario.before:
            self.faulty.express.execute(request)
        journal = self._planned(scenario, fault)
        violations, failed = [], False
        try:
            answer = machine.execute(scenario.change)
        except ExecutionFailedError:
            failed = True
            # Nothing waits for a person: by itself, all that was committed reaches the ledger.
            with suppress(TimeoutError):
                self.until(lambda: not self.violations(scenario))
            violations = self.violations(scenario)
        calls, faults = journal.calls(), journal.faults()
        if failed:
            journal.clear()
            answer = machine.execute(scenario.change)
        codes = tuple(error["code"] for error in answer["errors"])
        violations += self.violations(scenario)
        return Run((answer["outcome"], answer["version"], codes), failed, calls, faults, violations)

    def _planned(self, scenario: Scenario, fault: Fault | None) -> Journal:
        journal = self.faulty.journal(scenario.change["change_id"])
        journal.clear()
        if fault:
            journal.plan(fault)
        return journal

    def violations(self, scenario: Scenario) -> list[Violation]:
        """Check all that a change can have touched."""
        users = chain.from_iterable(map(self.checker.check_user, scenario.user_ids))
        return [*self.checker.check_change(scenario.change["change_id"]), *users]

    @staticmethod
    def until(condition: Callable[[], bool]) -> None:
        """Wait until a condition holds.

        Raises:
            TimeoutError: the guard has had more than its time.
        """
        deadline = time.monotonic() + GUARD_SECONDS
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError
            time.sleep(0.2)

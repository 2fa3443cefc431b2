"""A bench's result, and how contenders are timed against each other."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

ROUNDS: Final = 7


@dataclass(frozen=True)
class Result:
    """One line of the table.

    Attributes:
        bench: what was measured.
        against: what it was measured against.
        value: the median of the rounds, or the count.
        goal: the most, or with ``at_least`` the least, that it may be; None where there is none.
        spread: the least and the most of the rounds.
    """

    bench: str
    against: str
    value: float
    goal: float | None
    unit: str = "×"
    spread: tuple[float, float] | None = None
    bound: Literal["at_most", "at_least"] = "at_most"

    @property
    def met(self) -> bool | None:
        """Whether the goal is met, None without one."""
        if self.goal is None:
            return None
        return self.value <= self.goal if self.bound == "at_most" else self.value >= self.goal


def ratio(
    measure: Callable[[], float], floor: Callable[[], float], rounds: int = ROUNDS
) -> tuple[float, tuple[float, float]]:
    """Measure two contenders in turn, so that what disturbs one disturbs the other; return their ratio.

    Returns:
        The median of the rounds' ratios, and the least and the most of them.
    """
    measure(), floor()
    return of_rounds([measure() / floor() for _ in range(rounds)])


def of_rounds(values: Sequence[float]) -> tuple[float, tuple[float, float]]:
    """Return the median of values, and their least and most."""
    return statistics.median(values), (min(values), max(values))

"""``python -m tests.histories.soak --minutes 10``: random histories for as long as you like."""

import argparse
import sys
import time
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.histories.engines import engine, fresh_history
from tests.histories.history import BATCHES, HistoryError

FAILED = Path(".local") / "failed-history.py"


class TimeIsUpError(Exception):
    """The soak has run as long as it was told to."""


def soak(name: str, seconds: float) -> None:
    """Run histories on an engine, a line of progress every few seconds.

    Raises:
        HistoryError: one failed.
    """
    end, told = time.monotonic() + seconds, time.monotonic()
    histories = operations = faults = 0
    with engine(name) as client:

        @settings(max_examples=10**9, deadline=None, database=None, phases=[Phase.generate],
                  suppress_health_check=list(HealthCheck))  # fmt: skip
        @given(st.lists(BATCHES, min_size=1, max_size=6))
        def run(batches) -> None:
            nonlocal told, histories, operations, faults
            if time.monotonic() > end:
                raise TimeIsUpError
            with fresh_history(client, name) as history:
                for batch in batches:
                    history.send(batch)
            histories, operations = histories + 1, operations + history.operations
            faults += history.clients.faults
            if time.monotonic() > told + 5:
                told = time.monotonic()
                print(
                    f"{name}: {histories:,} histories, {operations:,} operations, {faults:,} faults",
                    flush=True,
                )

        try:
            run()
        except TimeIsUpError:
            print(
                f"{name}: {histories:,} histories, {operations:,} operations, {faults:,} faults: all is well"
            )


def main() -> int:
    """Run the command; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.histories.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10, help="for both engines together")
    minutes = parser.parse_args().minutes
    try:
        for name in ("ministack", "dynamodb-local"):
            soak(name, minutes * 60 / 2)
    except HistoryError as error:
        FAILED.parent.mkdir(exist_ok=True)
        FAILED.write_text(str(error).partition("\n\n")[2])
        print(f"{error}\n\nreplay it with: python -m tests.histories.replay {FAILED}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())

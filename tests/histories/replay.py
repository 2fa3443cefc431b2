"""``python -m tests.histories.replay FILE``: send a history again, as often as it takes to fail again."""

import runpy
import sys

from tests.histories.clients import Send
from tests.histories.engines import engine, fresh_history
from tests.histories.history import HistoryError

TIMES = 50


def main(file: str) -> int:
    """Replay a history; return 1 when it failed again."""
    script = runpy.run_path(file, {"Send": Send})
    with engine(script["ENGINE"]) as client:
        for time in range(1, TIMES + 1):
            with fresh_history(client, script["ENGINE"]) as history:
                try:
                    for batch in script["BATCHES"]:
                        history.send(batch)
                except HistoryError as error:
                    print(f"failed again, at the {time}. time: {error}")
                    return 1
    print(f"{TIMES} times, and all was well")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

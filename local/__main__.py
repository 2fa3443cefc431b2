"""`python -m local up|down|env|…`: the embedded local AWS from the command line."""

import sys

from local import signals


def main() -> int:
    """Run one command; return the exit status."""
    signals.install()
    try:
        # This import takes a moment; a signal during it must not print a traceback.
        from local import commands  # noqa: PLC0415
    except signals.Ended as ended:
        return ended.status
    return commands.main()


if __name__ == "__main__":
    sys.exit(main())

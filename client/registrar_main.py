"""Where the command `registrar` starts: it must end quietly on Ctrl-C before the rest is even imported."""

import signal


def main() -> None:
    """Run the command. Its imports take a good part of a second, in which Ctrl-C just ends the process."""
    # Where Ctrl-C is ignored, as behind `nohup` or `&`, it stays so.
    heard = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if heard:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from registrar_client.command import main as run  # noqa: PLC0415 - after the signal is seen to

    run(heard=heard)

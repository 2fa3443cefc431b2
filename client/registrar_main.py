"""The entry point of the command `registrar`: Ctrl-C ends it silently even while its modules are imported."""

import signal


def main() -> None:
    """Run the command. Its imports take some tenths of a second, in which Ctrl-C just ends the process."""
    # Where Ctrl-C is ignored, as with `nohup` or `&`, it stays so.
    interruptible = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if interruptible:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from registrar_client.command import main as run  # noqa: PLC0415 - after the signal is handled

    run(interruptible=interruptible)

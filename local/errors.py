"""The error of the local AWS."""


class LocalAwsError(RuntimeError):
    """The local AWS could not do what was asked; the message says why and what can be done."""

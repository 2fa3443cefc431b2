"""The client of Registrar: HTTP in Python, the command `registrar`, and the checker behind its `check`."""

from registrar_client.async_client import AsyncRegistrarClient
from registrar_client.calls import Page
from registrar_client.client import RegistrarClient
from registrar_client.errors import (
    ApiProblem,
    ChangeIdReused,
    Forbidden,
    ImportIdReused,
    InvalidRequest,
    NameTaken,
    NotFound,
    NotReached,
    RegistrarError,
    StillRunning,
    TooManyRequests,
    Unavailable,
    UserExists,
    UserNotFound,
    VersionConflict,
)
from registrar_client.models import (
    Attributes,
    Change,
    DayCount,
    Import,
    ImportOptions,
    Problem,
    Record,
    Stats,
    User,
)
from registrar_client.signing import SigV4, Token

__all__ = [
    "ApiProblem",
    "AsyncRegistrarClient",
    "Attributes",
    "Change",
    "ChangeIdReused",
    "DayCount",
    "Forbidden",
    "Import",
    "ImportIdReused",
    "ImportOptions",
    "InvalidRequest",
    "NameTaken",
    "NotFound",
    "NotReached",
    "Page",
    "Problem",
    "Record",
    "RegistrarClient",
    "RegistrarError",
    "SigV4",
    "Stats",
    "StillRunning",
    "Token",
    "TooManyRequests",
    "Unavailable",
    "User",
    "UserExists",
    "UserNotFound",
    "VersionConflict",
]

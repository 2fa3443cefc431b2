"""Every limit of a request, in one place."""

import re
from typing import Final

# A change_id is also a valid execution name (at most 80 characters), so the two can be one.
CHANGE_ID_PATTERN: Final = r"^[A-Za-z0-9_.-]{1,80}$"
# No "#": it separates the parts of a key.
USER_ID_PATTERN: Final = r"^[A-Za-z0-9_.:@-]{1,128}$"
# An IAM ARN or the subject of a token; the longest ARN of a caller is that of a user with a path.
ACTOR_ID_PATTERN: Final = r"^[!-~]{1,640}$"
# RoleSessionName: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
ACTOR_SESSION_PATTERN: Final = r"^[A-Za-z0-9_+=,.@-]{2,64}$"
ACTOR_TYPE_PATTERN: Final = r"^[a-z][a-z0-9_-]{0,31}$"
TAG_KEY_PATTERN: Final = r"^[A-Za-z0-9_.:/-]{1,64}$"
TAG_VALUE_MAX: Final = 256
TAGS_MAX: Final = 20
USERNAME_MAX: Final = 64
EMAIL_MAX: Final = 254  # RFC 5321, 4.5.3.1.3
DISPLAY_NAME_MAX: Final = 128
REASON_MAX: Final = 256
VERSION_DIGITS: Final = 12  # the width of a version in a ledger sequence
VERSION_MAX: Final = 10**VERSION_DIGITS - 1
DEPTH_MAX: Final = 32  # a valid request is three levels deep; what lies below this is not even read

# Step Functions cuts an error's cause at 32,768 characters; a list of problems stays far below.
PROBLEMS_MAX_BYTES: Final = 8_000
PATH_MAX: Final = 100

# An import. Its plan lies on the function's disk; its slowest chunk must fit into an Express workflow's time.
IMPORT_BYTES_MAX: Final = 1024**3
IMPORT_ROWS_MAX: Final = 1_000_000
ROW_BYTES_MAX: Final = 64 * 1024
LINE_BYTES_MAX: Final = 1024**2  # what is longer is not even read to its end
ROWS_OF_A_USER_MAX: Final = 1_000  # they are applied one after the other
CHUNK_ROWS: Final = 500
CHUNK_BYTES: Final = 4 * 1024**2
IMPORT_ID_PATTERN: Final = r"^[A-Za-z0-9_-]{1,80}$"  # an execution's name, and a part of object keys


def is_change_id(text: str) -> bool:
    """Tell whether a text may be a change_id."""
    return re.fullmatch(CHANGE_ID_PATTERN, text) is not None


def is_import_id(text: str) -> bool:
    """Tell whether a text may be an import_id."""
    return re.fullmatch(IMPORT_ID_PATTERN, text) is not None


def is_user_id(text: str) -> bool:
    """Tell whether a text may be a user_id."""
    return re.fullmatch(USER_ID_PATTERN, text) is not None


def is_actor_id(text: str) -> bool:
    """Tell whether a text may be an actor's id."""
    return re.fullmatch(ACTOR_ID_PATTERN, text) is not None

"""Every limit of a request, in one place."""

import re
from typing import Final

# A change_id is also a valid execution name (at most 80 characters), so the two can be one.
CHANGE_ID_PATTERN: Final = r"^[A-Za-z0-9_.-]{1,80}$"
# RFC 3986, 5.2.4: clients remove dot segments from a path, so such an id could not be requested.
DOT_SEGMENTS: Final = (".", "..")
REACHABLE_CHANGE_ID_PATTERN: Final = r"^(?!\.{1,2}$)[A-Za-z0-9_.-]{1,80}$"
"""The same in one expression (ECMA-262), for schemas; the models' regular expressions know no look-ahead."""
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
USERNAME_PATTERN: Final = r"^\S+$"
EMAIL_PATTERN: Final = r"^[^@\s]+@[^@\s]+$"
USERNAME_MAX: Final = 64
EMAIL_MAX: Final = 254  # RFC 5321, 4.5.3.1.3
DISPLAY_NAME_MAX: Final = 128
REASON_MAX: Final = 256
VERSION_DIGITS: Final = 12  # the width of a version in a ledger sequence
VERSION_MAX: Final = 10**VERSION_DIGITS - 1
CURSOR_PATTERN: Final = "^[A-Za-z0-9_-]+$"
DEPTH_MAX: Final = 32  # a valid request is three levels deep; what lies below this is not even read

# Step Functions cuts an error's cause at 32,768 characters; a list of problems stays far below.
PROBLEMS_MAX_BYTES: Final = 8_000
PATH_MAX: Final = 100

# An import. Its plan lies on the function's disk; its slowest chunk must fit into an Express workflow's time.
IMPORT_BYTES_MAX: Final = 1024**3
IMPORT_ROWS_MAX: Final = 1_000_000
ROW_BYTES_MAX: Final = 64 * 1024
LINE_BYTES_MAX: Final = 1024**2  # reading stops at a longer line
ROWS_OF_A_USER_MAX: Final = 1_000  # they are applied one after the other
CHUNK_ROWS: Final = 500
CHUNK_BYTES: Final = 4 * 1024**2
IMPORT_KEY_PATTERN: Final = r"^[!-~]{1,200}$"
BUCKET_PATTERN: Final = r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$"
IMPORT_ID_PATTERN: Final = r"^[A-Za-z0-9_-]{1,80}$"  # an execution's name, and a part of object keys

WORDS: Final = {
    CHANGE_ID_PATTERN: "must be 1 to 80 letters, digits, dots, dashes and underscores",
    USER_ID_PATTERN: "must be 1 to 128 letters, digits and any of _ . : @ -",
    ACTOR_ID_PATTERN: "must be 1 to 640 visible ASCII characters",
    ACTOR_SESSION_PATTERN: "must be 2 to 64 letters, digits and any of _ + = , . @ -",
    ACTOR_TYPE_PATTERN: "must be 1 to 32 lower-case letters, digits, dashes and underscores, a letter first",
    TAG_KEY_PATTERN: "must be 1 to 64 letters, digits and any of _ . : / -",
    IMPORT_ID_PATTERN: "must be 1 to 80 letters, digits, dashes and underscores",
    CURSOR_PATTERN: "must be the cursor of an earlier page",
    BUCKET_PATTERN: "must be the name of a bucket",
    IMPORT_KEY_PATTERN: "must be 1 to 200 visible ASCII characters",
    USERNAME_PATTERN: "must not hold white space",
    EMAIL_PATTERN: "must be an address such as ada@example.com",
}
"""The message for a text that does not match a pattern, by pattern."""


def is_change_id(text: str) -> bool:
    """Return whether a text may be a change_id."""
    return re.fullmatch(CHANGE_ID_PATTERN, text) is not None and text not in DOT_SEGMENTS


def is_import_id(text: str) -> bool:
    """Return whether a text may be an import_id."""
    return re.fullmatch(IMPORT_ID_PATTERN, text) is not None


def is_user_id(text: str) -> bool:
    """Return whether a text may be a user_id."""
    return re.fullmatch(USER_ID_PATTERN, text) is not None


def is_actor_id(text: str) -> bool:
    """Return whether a text may be an actor's id."""
    return re.fullmatch(ACTOR_ID_PATTERN, text) is not None

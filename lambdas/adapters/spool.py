"""A spool on the function's disk: what must be put in order, in memory that does not grow with it."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

_TABLES = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -16000;
CREATE TABLE rows (owner TEXT, number INTEGER, content BLOB);
CREATE TABLE contents (content TEXT PRIMARY KEY, times INTEGER) WITHOUT ROWID;
CREATE TABLE names (name TEXT PRIMARY KEY, owner TEXT, number INTEGER) WITHOUT ROWID;
"""


class Spool:
    """Rows by owner and number, how often each content came, and who was first to ask for a name."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @classmethod
    @contextmanager
    def temporary(cls) -> Iterator[tuple[Self, Path]]:
        """Make a spool in a folder of its own, and remove both in the end."""
        with TemporaryDirectory() as folder:
            connection = sqlite3.connect(Path(folder, "spool.sqlite"), isolation_level=None)
            with closing(connection):
                connection.executescript(_TABLES)
                # One transaction for all: nothing here outlives the process.
                connection.execute("BEGIN")
                yield cls(connection), Path(folder)

    def add(self, owner: str, number: int, content: Any) -> None:  # noqa: ANN401 - any JSON value
        """Keep a row."""
        # As UTF-8: escapes would make some languages' files six times as large.
        text = json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")
        self._connection.execute("INSERT INTO rows VALUES (?, ?, ?)", (owner, number, text))

    def times_before(self, content: str) -> int:
        """Note that a content came; return how often it had before."""
        ((times,),) = self._connection.execute(
            "INSERT INTO contents VALUES (?, 0)"
            " ON CONFLICT (content) DO UPDATE SET times = times + 1 RETURNING times",
            (content,),
        ).fetchall()
        return int(times)

    def claim(self, names: dict[str, str], owner: str, number: int) -> dict[str, int]:
        """Claim all of a row's names, or none: return by kind the rows of others that have them."""
        taken = {}
        for kind, name in names.items():
            found = self._connection.execute(
                "SELECT owner, number FROM names WHERE name = ?", (f"{kind}#{name}",)
            ).fetchone()
            if found is not None and found[0] != owner:
                taken[kind] = int(found[1])
        if not taken:
            claims = [(f"{kind}#{name}", owner, number) for kind, name in names.items()]
            self._connection.executemany("INSERT OR IGNORE INTO names VALUES (?, ?, ?)", claims)
        return taken

    def busiest(self) -> int:
        """Return the number of rows of the owner who has most."""
        ((most,),) = self._connection.execute(
            "SELECT COALESCE(MAX(n), 0) FROM (SELECT COUNT(*) AS n FROM rows GROUP BY owner)"
        ).fetchall()
        return int(most)

    def by_owner(self) -> Iterator[tuple[str, int, Any]]:
        """Yield owner, number and content of all rows, each owner's together and in their order."""
        yield from self._ordered("owner, number")

    def by_number(self) -> Iterator[tuple[str, int, Any]]:
        """Yield owner, number and content of all rows, in the order of their numbers."""
        yield from self._ordered("number")

    def _ordered(self, columns: str) -> Iterator[tuple[str, int, Any]]:
        self._connection.execute(f"CREATE INDEX IF NOT EXISTS ordered ON rows ({columns})")
        rows = self._connection.execute(f"SELECT owner, number, content FROM rows ORDER BY {columns}")  # noqa: S608 - its callers' own names
        for owner, number, content in rows:
            yield owner, number, json.loads(content.decode("utf-8", "surrogatepass"))

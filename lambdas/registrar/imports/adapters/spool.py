"""A spool on the function's disk: puts rows in order, in memory that does not grow with their number."""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

_TABLES = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -16000;
CREATE TABLE rows (first INTEGER, number INTEGER, content BLOB);
CREATE TABLE owners (owner TEXT PRIMARY KEY, first INTEGER, rows INTEGER) WITHOUT ROWID;
CREATE TABLE contents (content TEXT PRIMARY KEY, times INTEGER) WITHOUT ROWID;
CREATE TABLE names (name TEXT PRIMARY KEY, owner TEXT, number INTEGER) WITHOUT ROWID;
"""


class Spool:
    """Rows by owner and number, how often each content came, and which row was first to ask for a name."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @classmethod
    @contextmanager
    def temporary(cls) -> Iterator[tuple[Self, Path]]:
        """Make a spool in a temporary folder, yield both, and remove them in the end."""
        with TemporaryDirectory() as folder:
            connection = sqlite3.connect(Path(folder, "spool.sqlite"), isolation_level=None)
            with closing(connection):
                connection.executescript(_TABLES)
                # One transaction for all: nothing here outlives the process.
                connection.execute("BEGIN")
                yield cls(connection), Path(folder)

    def add(self, number: int, content: Any, owner: str | None = None) -> None:  # noqa: ANN401 - any JSON value
        """Add a row; one without an owner is ordered by its number alone."""
        first = number
        if owner is not None:
            first = self._number(
                "INSERT INTO owners VALUES (?, ?, 1)"
                " ON CONFLICT (owner) DO UPDATE SET rows = rows + 1 RETURNING first",
                owner,
                number,
            )
        # As UTF-8: escapes would make text in some languages six times as large.
        text = json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")
        self._connection.execute("INSERT INTO rows VALUES (?, ?, ?)", (first, number, text))

    def times_before(self, content: str) -> int:
        """Count a content; return how often it came before."""
        return self._number(
            "INSERT INTO contents VALUES (?, 0)"
            " ON CONFLICT (content) DO UPDATE SET times = times + 1 RETURNING times",
            content,
        )

    def claim(self, names: Mapping[str, str], owner: str, number: int) -> dict[str, int]:
        """Claim all of a row's names, or none when a row of another owner has one.

        Returns:
            Kind to the number of the row that has the name; empty when all were claimed.
        """
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
        """Return the number of rows of the owner that has most."""
        return self._number("SELECT COALESCE(MAX(rows), 0) FROM owners")

    def by_owner(self) -> Iterator[tuple[Any, int]]:
        """Yield the rows, each owner's together, by the number of its first row; and the bytes of each."""
        yield from self._ordered("first, number")

    def by_number(self) -> Iterator[Any]:
        """Yield the rows by their numbers."""
        yield from (content for content, _ in self._ordered("number"))

    def _number(self, statement: str, *values: str | int) -> int:
        ((number,),) = self._connection.execute(statement, values).fetchall()
        return int(number)

    def _ordered(self, columns: str) -> Iterator[tuple[Any, int]]:
        self._connection.execute(f"CREATE INDEX IF NOT EXISTS ordered ON rows ({columns})")
        rows = self._connection.execute(f"SELECT content FROM rows ORDER BY {columns}")  # noqa: S608 - its callers' own names
        for (content,) in rows:
            yield json.loads(content.decode("utf-8", "surrogatepass")), len(content)

"""What a revision runs to make the words of a search index (``common.search_store``)."""

from __future__ import annotations


def words_ddl(name: str, dialect: str) -> list[str]:
    """The statements that make ``<name>_words`` on a database of this dialect; ``<name>_search`` is a plain table."""
    if dialect == "sqlite":
        # No copy of the text, no positions, no lengths: nothing of ours asks for them, and they are two thirds of the
        # work. "ascii" takes every character above 127 as part of a word, whatever Unicode SQLite knows.
        options = """content='', detail=none, columnsize=0, tokenize="ascii tokenchars '_'" """
        return [f"CREATE VIRTUAL TABLE {name}_words USING fts5(words, {options})"]
    # Finding what has a common word touches every page that such rows stand on, so the rows must be small. PostgreSQL
    # moves words out of a row only when it passes 2 kB: spaces, packed into some thirty bytes, let each row pass.
    columns = f"key bigint CONSTRAINT pk_{name}_words PRIMARY KEY, words tsvector NOT NULL, ballast text NOT NULL"
    return [
        f"CREATE TABLE {name}_words ({columns} DEFAULT repeat(' ', 2100)) WITH (toast_tuple_target = 128)",
        f"ALTER TABLE {name}_words ALTER COLUMN words SET STORAGE EXTERNAL",
        # What was just written waits in a list that every search walks: a short one.
        f"CREATE INDEX ix_{name}_words ON {name}_words USING gin (words) WITH (gin_pending_list_limit = 64)",
    ]

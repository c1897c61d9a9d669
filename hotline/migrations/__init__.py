"""The database's revisions, in order. ``HEAD`` is the newest; a test holds it against Alembic's own opinion."""

HEAD = "0016"

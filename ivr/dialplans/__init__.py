"""One script per file: what a caller goes through, read top to bottom."""

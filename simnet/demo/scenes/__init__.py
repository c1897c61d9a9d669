"""One scene per file: what is done, and what must be heard, read top to bottom; then what the books must say."""

"""A small leaf that every package may import: clock, ids, text, audit."""

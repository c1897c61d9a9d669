"""Abuse of the line: marked with evidence, decided, referred to the police; numbers restricted for a time (R8.1)."""

"""The building: command line, settings, wiring, database. Nobody imports it."""

"""Tickets as tables of rows: taken in from another system's Excel or CSV, and given out as either."""

"""``hotline demo``: calls with real audio to the product, and what became of each, found out as a stranger would."""

"""Benchmarks: what the product costs beside the plain thing that does the same, in one run on one machine."""

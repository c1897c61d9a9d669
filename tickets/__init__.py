"""The case: the routing backend."""

"""The telephone: live calls."""

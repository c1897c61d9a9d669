"""Keeping and losing nothing: the audit's anchors, backup and restore, and what is deleted when its time is over."""

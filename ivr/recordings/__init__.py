"""Recordings: what Asterisk wrote while people spoke, closed into evidence that can be checked.

One file per speaker's leg comes in (headerless A-law); an A-law WAV and a signed manifest per call stay. The steps are
in ``closing``, who takes them and when in ``sweeper``.
"""

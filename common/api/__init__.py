"""What the HTTP interfaces of every package share: an endpoint is declared once, typed, and all else follows from it.

``operation`` declares, ``serving`` answers requests, ``openapi`` writes the document. What comes in is hostile until it
is parsed; whatever is wrong with it ends as a ``problem`` (RFC 9457) that says in Chinese what to do.
"""

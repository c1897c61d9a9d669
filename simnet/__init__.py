"""The public telephone network, played by a second Asterisk: for ``make demo`` and the end-to-end tests alone.

The product never imports this. ``network.Network`` is the way in; ``sipp.invite`` sends what Asterisk would not send;
``listen`` says what was heard.
"""

"""What the settings say about caller ids, as the screening takes it (R6.5)."""

from __future__ import annotations

from hotline.settings import Settings, SettingsError
from ivr.callerid import Policy
from ivr.model import Reason

_REFUSALS = {str(reason) for reason in Reason if not reason.startswith("accepted.")}
_SHADOWABLE = _REFUSALS | {code.partition(".")[0] for code in _REFUSALS}


def policy(settings: Settings) -> Policy:
    """The policy of this installation: the live path and ``hotline screen-call`` judge by the same one.

    Raises:
        SettingsError: HOTLINE_SCREENING_SHADOW names a reason that does not exist.
    """
    unknown = sorted(set(settings.screening_shadow) - _SHADOWABLE)
    if unknown:
        known = ", ".join(sorted(_SHADOWABLE))
        raise SettingsError(f"HOTLINE_SCREENING_SHADOW: {', '.join(unknown)}: no such reason; use some of {known}")
    return Policy(
        area_code=settings.area_code,
        own_numbers=(settings.hotline_number, *settings.own_numbers),
        accept_international=settings.accept_international,
        allow_numbers=settings.allow_numbers,
        allow_listed_trunks=frozenset(trunk.name for trunk in settings.trunks if trunk.allow_listed),
        mode=settings.screening,
        shadow=frozenset(settings.screening_shadow),
    )

"""What follows from a callback: solved x satisfied, partial, dissatisfied, refused, not reached (R14.6-7, A7-A8)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from common.worded import Worded
from tickets.workflow_terms import CallbackResult


class Follows(Worded):
    """What happens next."""

    CLOSES = "closes", "办结"
    READ = "read", "工作人员阅看答复后办结;答复可疑的,发回重办"
    JUDGED = "judged", "回访员提出诉求是否合理的意见,回访主管认定:合理的发回重办,不合理的办结,仍计不满意"
    TRIED = "tried", "次数、天数、时段够了并已发短信的,经阅看后以未接通办结;未接通不是满意"
    ASKED = "asked", "先问明问题是否解决"


_R, _F = CallbackResult, Follows

#: Every cell: how the callback ended, and whether the caller said that it is solved (None: did not say).
WHAT_FOLLOWS: Mapping[tuple[CallbackResult, bool | None], Follows] = MappingProxyType(
    {
        (_R.SATISFIED, True): _F.CLOSES,
        # Content, and yet nothing is solved: the reply is doubtful (R14.7).
        (_R.SATISFIED, False): _F.READ,
        (_R.SATISFIED, None): _F.ASKED,
        (_R.PARTIAL, True): _F.READ,
        (_R.PARTIAL, False): _F.JUDGED,
        (_R.PARTIAL, None): _F.ASKED,
        (_R.DISSATISFIED, True): _F.JUDGED,
        (_R.DISSATISFIED, False): _F.JUDGED,
        (_R.DISSATISFIED, None): _F.ASKED,
        (_R.REFUSED, True): _F.READ,
        (_R.REFUSED, False): _F.READ,
        (_R.REFUSED, None): _F.READ,
        (_R.UNREACHED, True): _F.TRIED,
        (_R.UNREACHED, False): _F.TRIED,
        (_R.UNREACHED, None): _F.TRIED,
        (_R.NO_CONTACT, True): _F.READ,
        (_R.NO_CONTACT, False): _F.READ,
        (_R.NO_CONTACT, None): _F.READ,
        (_R.WITHDRAWN, True): _F.CLOSES,
        (_R.WITHDRAWN, False): _F.CLOSES,
        (_R.WITHDRAWN, None): _F.CLOSES,
    }
)

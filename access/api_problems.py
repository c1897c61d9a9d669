"""What signing in and keeping accounts may be refused for, as problems of the interface."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from typing import Final

from access import errors
from common.api.problem import CONFLICT, NOT_FOUND, ProblemKind

NO_SESSION: Final = ProblemKind("session", 401, "请先登录", "没有登录，或登录已经结束。请重新登录。")
WRONG: Final = ProblemKind("sign-in", 401, "登录名、密码或动态口令不对", "请核对后再试；多次不对会暂停登录一段时间。")
LOCKED: Final = ProblemKind("locked", 429, "尝试次数过多", "请等待响应头 Retry-After 所说的秒数后再试。")
BUSY: Final = ProblemKind("busy", 503, "此刻登录的人太多", "请稍后再试。", {"Retry-After": "2"})
WEAK: Final = ProblemKind("weak-password", 422, "密码不合要求", "请按 detail 换一个密码。")
UNPROVEN: Final = ProblemKind(
    "proof", 403, "须再次核验身份", "请先以 POST /api/v1/session/proof 再次给出密码（和动态口令），然后重发本请求。"
)
CSRF: Final = ProblemKind(
    "csrf", 403, "请求不是从本系统的页面发出的", "请在请求头 X-Csrf-Token 中给出 GET /api/v1/session 所示的 csrf。"
)
NOT_YOURS: Final = ProblemKind("not-yours", 403, "不由您办理", "请看 detail 中由谁办理。")
#: What may come of a password or a code.
OF_SIGNING: Final = (WRONG, LOCKED, BUSY)
#: What may come of a change of accounts, roles or filings.
OF_KEEPING: Final = (NO_SESSION, UNPROVEN, CSRF, NOT_YOURS, CONFLICT, NOT_FOUND)


@contextlib.contextmanager
def refusals() -> Iterator[None]:
    """The refusals of the desks here, as problems."""
    try:
        yield
    except errors.LockedError as error:
        problem = LOCKED.problem(str(error))
        problem.headers["Retry-After"] = str(math.ceil(error.wait.total_seconds()))
        raise problem from error
    except errors.AccessError as error:
        kind = _KINDS.get(type(error), CONFLICT)
        raise kind.problem(str(error)) from error


_KINDS: Final = {
    errors.WrongError: WRONG,
    errors.BusyError: BUSY,
    errors.WeakPasswordError: WEAK,
    errors.UnprovenError: UNPROVEN,
    errors.NotYoursError: NOT_YOURS,
    errors.NotFoundError: NOT_FOUND,
    errors.NotFitError: CONFLICT,
}

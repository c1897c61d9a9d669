"""The HTTP interface: who may ask, what a failure looks like, health, and the page for people."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from sqlalchemy.exc import SQLAlchemyError

from common.api import WHO, Problem
from common.store import NotWritten

log = structlog.get_logger(__name__)

_PAGES = Path(__file__).parent / "pages"

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; media-src blob:; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}

_TEXTS = {
    404: ("没有这个地址", "请核对网址；接口都在 /api/v1 之下。"),
    405: ("这个地址不支持此方法", "请按响应头 Allow 所列的方法访问。"),
    413: ("请求过大", "请缩小请求内容后再试。"),
}


def build_app(
    routes: Iterable[web.AbstractRouteDef],
    *,
    token: str,
    database_ready: Callable[[], Awaitable[bool]],
    ami_up: Callable[[], bool],
) -> web.Application:
    """The application: ``routes`` of the packages behind ``token``, health and the page in front of it.

    Serve it with ``serve``, which keeps no access log: its lines would hold the numbers that are searched for.
    """
    app = web.Application(middlewares=[_problems, _bearer(token)], client_max_size=64 * 1024)
    app.on_response_prepare.append(_harden)
    app.add_routes(routes)

    async def healthz(_request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def readyz(_request: web.Request) -> web.Response:
        parts = {"database": await database_ready(), "asterisk": ami_up()}
        return web.json_response({"ready": all(parts.values()), **parts}, status=200 if all(parts.values()) else 503)

    app.add_routes([web.get("/healthz", healthz), web.get("/readyz", readyz)])
    for address, name in (("/", "index.html"), ("/page.css", "page.css"), ("/page.js", "page.js")):
        app.router.add_get(address, _file(_PAGES / name))
    return app


async def serve(app: web.Application, host: str, port: int) -> None:
    """Serve ``app`` until cancelled; requests that are under way get five seconds to end.

    Raises:
        OSError: the port is taken, or the address is not this machine's.
    """
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=5)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()


def _file(path: Path) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def serve(_request: web.Request) -> web.StreamResponse:
        return web.FileResponse(path)

    return serve


async def _harden(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(_HEADERS)
    response.headers.pop("Server", None)


@web.middleware
async def _problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every failure leaves as a problem (RFC 9457), and none with the insides of the program."""
    try:
        return await handler(request)
    except Problem as problem:
        return problem.response()
    except web.HTTPException as error:
        if error.status < 400:  # noqa: PLR2004 - redirects are no failures
            raise
        title, detail = _TEXTS.get(error.status, ("请求无法处理", "请核对请求后再试。"))
        allowed = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
        return Problem(error.status, "http", title, detail, **allowed).response()
    except (NotWritten, SQLAlchemyError) as error:
        log.warning("the database did not answer a request", route=_route(request), error=type(error).__name__)
        detail = "数据库暂时不可用，或无法留痕，因此不能显示数据。请稍后再试；持续出现请联系值班运维。"
        return Problem(503, "database", "暂时无法查询", detail).response()
    except Exception:
        log.exception("a request failed", route=_route(request))
        return Problem(500, "fault", "系统内部错误", "已记录在日志中。请联系值班运维，并说明操作的时间。").response()


def _route(request: web.Request) -> str:
    # The pattern, not the address: addresses hold ids and numbers.
    resource = request.match_info.route.resource
    return resource.canonical if resource else "unknown"


def _bearer(token: str) -> Middleware:
    expected = hashlib.sha256(token.encode()).digest()

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not request.path.startswith("/api/"):
            return await handler(request)
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        # Hashes are of one length, and comparing them takes the same time wherever they differ.
        digest = hashlib.sha256(given.strip().encode("utf-8", "surrogateescape")).digest()
        if not hmac.compare_digest(digest, expected) or scheme.lower() != "bearer":
            detail = "请在请求头 Authorization 中给出 Bearer 令牌；令牌在数据目录的 secrets/api.token 文件里。"
            raise Problem(401, "token", "需要有效的令牌", detail, **{"WWW-Authenticate": 'Bearer realm="12345"'})
        request[WHO] = f"api.token@{request.remote or 'unknown'}"
        return await handler(request)

    return check

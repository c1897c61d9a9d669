"""The way to the time-stamp service: HTTP (RFC 3161, section 3.4)."""

from __future__ import annotations

import aiohttp

from common.timestamp import NotStamped, Post

_SECONDS = 10
_MOST_BYTES = 64 * 1024


def poster(session: aiohttp.ClientSession, url: str) -> Post:
    """A way to send requests to the service at ``url``; the session stays the caller's to close."""

    async def post(request: bytes) -> bytes:
        """Send one request and bring the answer.

        Raises:
            NotStamped: no answer within 10 s, or not one of a time-stamp service.
        """
        try:
            async with session.post(
                url,
                data=request,
                headers={"Content-Type": "application/timestamp-query"},
                timeout=aiohttp.ClientTimeout(total=_SECONDS),
                allow_redirects=False,
            ) as answer:
                if answer.status != 200:  # noqa: PLR2004 - HTTP's own number
                    raise NotStamped(f"the service answered with HTTP {answer.status}")
                if answer.content_type != "application/timestamp-reply":
                    raise NotStamped(f"the service answered with {answer.content_type}")
                return await _body(answer)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise NotStamped(f"the service cannot be reached: {type(error).__name__}") from error

    return post


async def _body(answer: aiohttp.ClientResponse) -> bytes:
    data = bytearray()
    async for piece in answer.content.iter_chunked(_MOST_BYTES):
        data += piece
        if len(data) > _MOST_BYTES:
            raise NotStamped("the answer is too long to be a time stamp")
    return bytes(data)

"""What a city sets about those outside: the SMS gateway, what may be attached, the public pages, partners."""

from __future__ import annotations

import re
from ipaddress import ip_network
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

#: Strong enough that nobody finds it by trying: 32 characters at least.
SharedSecret = Annotated[str, Field(min_length=32, max_length=200, pattern=r"^[\x21-\x7e]+$")]
HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,60}$")]
HeaderValue = Annotated[str, Field(pattern=r"^[\x20-\x7e]+$")]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,30}$")]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _http_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.fragment:
        raise ValueError("an address looks like https://host/path, without a user name and without #")
    return value


class SmsGateway(_Frozen):
    """How to hand a message to the telephone company's HTTP gateway.

    ``url``, and ``body`` may hold ``{recipient}``, ``{text}`` and ``{key}``, which are quoted as the place demands; in
    ``url`` they stand behind the ``?`` only. ``success`` is searched for in the answer (a regular expression); where it
    is not found the message was not taken. ``message_id`` finds the gateway's own number in it, for the proof.
    """

    url: str
    method: Literal["POST", "PUT", "GET"] = "POST"
    headers: dict[HeaderName, HeaderValue] = {}
    body: str = '{"phone": "{recipient}", "content": "{text}", "id": "{key}"}'
    content_type: Literal[
        "application/json", "application/x-www-form-urlencoded", "application/xml", "text/xml", "text/plain"
    ] = "application/json"
    success: str = ""
    message_id: str = ""
    timeout_seconds: float = Field(default=10, gt=0, le=60)

    @field_validator("url")
    @classmethod
    def _address(cls, value: str) -> str:
        before, _, _ = value.partition("?")
        if "{" in before or "}" in before:
            raise ValueError("{recipient}, {text} and {key} may stand behind the ? only")
        return _http_address(value)

    @field_validator("success", "message_id")
    @classmethod
    def _pattern(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"no regular expression: {error}") from error
        return value


class Partner(_Frozen):
    """Another hotline, or 110, with which tickets are exchanged (R16.1-2).

    ``name`` is what we call them and what they sign as; ``our_name`` is what we sign as to them. ``secret`` is shared
    with them alone.
    """

    name: Name
    title: Annotated[str, Field(min_length=1, max_length=60)]
    our_name: Name
    secret: SharedSecret
    #: Where their exchange interface begins; empty for one that only sends to us.
    url: str = ""

    @field_validator("url")
    @classmethod
    def _address(cls, value: str) -> str:
        return _http_address(value).rstrip("/") if value else ""


class Open311Client(_Frozen):
    """An application that may hand in matters through Open311, by its key."""

    name: Name
    api_key: SharedSecret


class Outside(_Frozen):
    """All of it; ``hotline.settings.Settings`` has these among its own."""

    sms: SmsGateway | None = None
    #: Units get their notices by SMS too, not only on their screens.
    sms_to_units: bool = False

    # What may be attached
    attachment_most_bytes: int = Field(default=20 * 1024 * 1024, ge=1024, le=1024 * 1024 * 1024)
    attachments_most: int = Field(default=9, ge=0, le=50)
    #: A scanner as a command that gets the file's path as its last argument: 0 is clean, 1 is not, all else is a fault.
    scan_command: tuple[str, ...] = ()
    scan_timeout_seconds: float = Field(default=120, gt=0)

    # The public pages
    #: The mailbox, the query by number and Open311 are served; off where citizens must not reach this machine.
    public_pages: bool = True
    #: Proxies that tell by X-Forwarded-For where a request came from.
    trusted_proxies: tuple[str, ...] = ()
    mailbox_per_hour: int = Field(default=10, ge=1)
    mailbox_least_seconds: float = Field(default=3, ge=0)
    open311_clients: tuple[Open311Client, ...] = ()
    #: Where the public pages are reached, for Open311's discovery and for links in notices: https://12345.example
    public_url: str = ""

    partners: tuple[Partner, ...] = ()

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            ip_network(one)
        return value

    @field_validator("public_url")
    @classmethod
    def _public(cls, value: str) -> str:
        return _http_address(value).rstrip("/") if value else ""

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        names = [partner.name for partner in self.partners]
        keys = [client.api_key for client in self.open311_clients]
        if len(set(names)) < len(names):
            raise ValueError("partners: two have the same name")
        if len(set(keys)) < len(keys):
            raise ValueError("open311_clients: two have the same key")
        return self

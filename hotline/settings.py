"""Everything that a city may set, as one frozen object that is validated at start.

Sources, later ones first: arguments, ``HOTLINE_…`` in the environment, the TOML file named by ``HOTLINE_CONFIG``
(default ``hotline.toml`` in the working directory), the defaults here. Nested values are JSON in the environment.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from hotline.settings_access import SigningIn
from hotline.settings_outside import Outside

Port = Annotated[int, Field(ge=1, le=65535)]
Seconds = Annotated[float, Field(gt=0)]
Digits = Annotated[str, Field(pattern=r"^\d{1,20}$")]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,30}$")]
#: What may stand unquoted in Asterisk's configuration files as a host name or address.
Host = Annotated[str, Field(pattern=r"^[A-Za-z0-9.:-]{1,253}$")]


#: The dialplan keeps the routes that are still to be tried as one digit each.
_MOST_ROUTES = 9


class SettingsError(Exception):
    """The configuration cannot be used; the message names each variable that is wrong and says why."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Trunk(_Frozen):
    """A line to the public network or to another house: calls from its addresses are its calls."""

    name: Name
    host: Host
    port: Port = 5060
    #: Source addresses of its calls; empty means ``host``.
    match: tuple[Annotated[str, Field(pattern=r"^[0-9A-Fa-f.:/]{2,49}$")], ...] = ()
    #: The far side shows the citizen's number when we pass it on; otherwise it is spoken (R7.1).
    passes_caller_id: bool = True
    #: Calls from here are taken whatever they show: linked hotlines, 110 (R6.5).
    allow_listed: bool = False


class Route(_Frozen):
    """One way to reach an emergency service: a number on a trunk."""

    trunk: Name
    number: Digits


class Settings(Outside, SigningIn, BaseSettings):
    """The settings of one installation. Each field is ``HOTLINE_<NAME>`` in the environment.

    Those about the SMS gateway, attachments, public pages and partners stand in ``hotline.settings_outside``, about
    signing in in ``hotline.settings_access``.
    """

    model_config = SettingsConfigDict(env_prefix="HOTLINE_", frozen=True, extra="forbid", env_file=None)

    # Where things are
    data_dir: Path = Path("var")
    database_url: str = ""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_json: bool = False

    # The city
    city_name: str = "滨州市"
    area_code: Annotated[str, Field(pattern=r"^0\d{2,3}$")] = "0543"
    hotline_number: Digits = "12345"
    #: Numbers that ring here; a call that claims to come from one of them is forged (R6.5).
    own_numbers: tuple[Digits, ...] = ()

    # Ports
    http_host: Host = "127.0.0.1"
    http_port: Port = 8080
    sip_host: Host = "0.0.0.0"  # noqa: S104 - telephones on the local network must reach it; README says so
    sip_port: Port = 5060
    #: The address written into SDP; empty lets Asterisk choose the interface's own.
    media_address: Host | Literal[""] = ""
    ami_port: Port = 5038
    rtp_start: Port = 10000
    rtp_end: Port = 19999

    # Lines
    trunks: tuple[Trunk, ...] = ()
    #: Emergency number → routes, tried in this order (R7.1).
    emergency_routes: dict[Literal["110", "119", "120", "122"], tuple[Route, ...]] = {}
    emergency_key: Annotated[str, Field(pattern=r"^[1-9]$")] = "9"
    callback_key: Annotated[str, Field(pattern=r"^[1-9]$")] = "1"
    emergency_ring_seconds: int = Field(default=25, ge=5, le=120)

    # Screening (R6.5)
    screening: Literal["apply", "shadow", "off"] = "apply"
    #: Reason codes (or their first part, "abnormal") that are recorded but not applied.
    screening_shadow: tuple[str, ...] = ()
    accept_international: bool = True
    #: Numbers or short codes taken whatever the rules say; a trailing * stands for any ending.
    allow_numbers: tuple[Annotated[str, Field(pattern=r"^\+?\d{2,15}\*?$")], ...] = ()
    #: Refusing stops on a trunk when this share of its latest calls would be refused …
    refusal_jump_share: float = Field(default=0.5, gt=0, le=1)
    #: … and at least this many calls were seen within the window.
    refusal_jump_calls: int = Field(default=20, ge=5)
    refusal_jump_window_seconds: Seconds = 600

    # Seats and waiting
    seats: tuple[Annotated[str, Field(pattern=r"^8\d{3}$")], ...] = ("8001", "8002", "8003", "8004")
    #: Accounts of citizens to try the hotline with; empty in production.
    trial_citizens: tuple[Annotated[str, Field(pattern=r"^1[3-9]\d{9}$")], ...] = ("13854301001", "13854301002")
    max_wait_seconds: int = Field(default=120, ge=5, le=3600)
    seat_ring_seconds: int = Field(default=15, ge=3, le=60)
    answer_goal_seconds: Seconds = 15
    message_max_seconds: int = Field(default=180, ge=5, le=600)
    message_silence_seconds: int = Field(default=4, ge=2, le=30)
    #: A voice menu before the seats; off, since GB/T 33358 asks for a person at once.
    menu: bool = False
    #: Menu key → queue, where the menu is on.
    menu_queues: dict[Annotated[str, Field(pattern=r"^[1-8]$")], Name] = {}

    # Limits
    max_calls_per_second: int = Field(default=60, ge=1)
    max_calls: int = Field(default=600, ge=1)
    drain_seconds: Seconds = 300
    disk_alarm_free_gb: float = Field(default=5.0, ge=0)
    disk_alarm_free_share: float = Field(default=0.05, ge=0, lt=1)

    # Recordings
    #: A time-stamp service (RFC 3161) and the file with the certificates (PEM) that its answers must lead to.
    timestamp_url: str = ""
    timestamp_roots: Path | None = None

    # Backup, and how long what is kept (A23)
    #: Where backups stand, on another disk; none are made by themselves without.
    backup_dir: Path | None = None
    #: From this hour of the night on, and so many backups stay.
    backup_hour: int = Field(default=1, ge=0, le=23)
    backup_keep: int = Field(default=14, ge=1)
    #: What is past its time is deleted each night.
    retention: bool = True
    keep_recordings_years: int = Field(default=3, ge=3, le=100)
    keep_tickets_years: int = Field(default=10, ge=10, le=100)
    keep_audit_years: int = Field(default=10, ge=3, le=100)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then the environment, then the TOML file."""
        del dotenv_settings, file_secret_settings
        named = Path(os.environ.get("HOTLINE_CONFIG", "hotline.toml"))
        return (init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=named))

    @field_validator("data_dir", mode="after")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.absolute()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = [trunk.name for trunk in self.trunks]
        if len(set(names)) != len(names):
            raise ValueError("trunks: two trunks have the same name")
        for service, routes in self.emergency_routes.items():
            if len(routes) > _MOST_ROUTES:
                raise ValueError(f"emergency_routes: {service} has more than {_MOST_ROUTES} routes")
            for route in routes:
                if route.trunk not in names:
                    raise ValueError(f"emergency_routes: {service} goes over trunk {route.trunk!r}, which is not set")
        if self.rtp_end - self.rtp_start < 10:  # noqa: PLR2004 - two ports a leg, a few legs at least
            raise ValueError("rtp_end: the RTP range needs at least ten ports; two are used by each leg")
        if self.emergency_key == self.callback_key:
            raise ValueError("callback_key: is the same as emergency_key")
        if self.timestamp_url and self.timestamp_roots is None:
            raise ValueError("timestamp_roots: name the file with the certificates that the service's answers lead to")
        if len(set(self.seats)) != len(self.seats):
            raise ValueError("seats: a seat is named twice")
        return self

    @property
    def database(self) -> str:
        """The database URL in force: the one that is set, else SQLite in the data directory."""
        return self.database_url or f"sqlite+aiosqlite:///{self.data_dir / 'hotline.db'}"

    @property
    def recordings_dir(self) -> Path:
        """Where closed recordings stand, by civil date."""
        return self.data_dir / "recordings"

    @property
    def live_recordings_dir(self) -> Path:
        """Where Asterisk writes: headerless A-law, one file per speaker's leg."""
        return self.data_dir / "recordings" / "live"

    @property
    def journal_dir(self) -> Path:
        """Where the dialplan leaves a note of each call that ended while nobody listened."""
        return self.data_dir / "journal"

    @property
    def attachments_dir(self) -> Path:
        """Where what was attached to tickets stands, by its hash."""
        return self.data_dir / "attachments"

    @property
    def anchors_dir(self) -> Path:
        """Where the end of the audit is kept outside the database, signed."""
        return self.data_dir / "anchors"

    @property
    def outbox_dir(self) -> Path:
        """Where messages are shown that no gateway takes."""
        return self.data_dir / "outbox"

    @property
    def secrets_dir(self) -> Path:
        """Passwords, tokens and keys, made at the first start, readable by the owner alone."""
        return self.data_dir / "secrets"

    @property
    def sounds_dir(self) -> Path:
        """Asterisk's sounds directory; ours stand in its ``zh`` folder."""
        return self.data_dir / "sounds"

    @property
    def studio_dir(self) -> Path:
        """Studio recordings of prompts, put here by the office, win over synthesised ones."""
        return self.data_dir / "prompts"


def load(**overrides: object) -> Settings:
    """The settings of this process.

    Raises:
        SettingsError: names every variable that is wrong, with what it must be.
    """
    try:
        settings = Settings(**overrides)  # type: ignore[arg-type]  # validated by the call itself
    except ValidationError as error:
        raise SettingsError("\n".join(_lines(error))) from error
    unknown = [name for name in os.environ if re.match(r"HOTLINE_[A-Z]", name) and not _known(name)]
    if unknown:
        raise SettingsError("\n".join(f"{name}: no such setting; docs/operators.md lists them" for name in unknown))
    return settings


#: Variables that are read before there are settings, or are no setting: a person's token for one command.
_EARLY = {"HOTLINE_CONFIG", "HOTLINE_TOKEN", "HOTLINE_ASTERISK", "HOTLINE_CACHE", "HOTLINE_DEBIAN_MIRROR"}


def _known(variable: str) -> bool:
    return variable in _EARLY or variable.removeprefix("HOTLINE_").lower() in Settings.model_fields


def _lines(error: ValidationError) -> list[str]:
    lines = []
    for item in error.errors():
        path = [str(part) for part in item["loc"]]
        message = item["msg"].removeprefix("Value error, ")
        if not path and (match := re.match(r"(\w+): (.*)", message)):
            path, message = [match[1]], match[2]
        name = f"HOTLINE_{path[0].upper()}" if path else "HOTLINE_…"
        where = f" ({'.'.join(path[1:])})" if path[1:] else ""
        lines.append(f"{name}{where}: {message}; it is {item['input']!r}" if path[1:] or path else f"{name}: {message}")
    return lines

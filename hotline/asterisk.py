"""Asterisk's configuration, rendered from the settings and the secrets, and the command that runs it."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from hotline.settings import Settings
from hotline.toolchain import Toolchain
from ivr import notes

TEMPLATES = Path(__file__).resolve().parent.parent / "asterisk-config"

#: Every module the product uses, so that start-up is quick and nothing else listens.
MODULES = (
    "res_timing_timerfd",
    "res_sorcery_config",
    "res_sorcery_memory",
    "res_sorcery_astdb",
    "res_pjproject",
    "res_rtp_asterisk",
    "res_musiconhold",
    "res_pjsip",
    "res_pjsip_pubsub",
    "res_pjsip_session",
    "res_pjsip_sdp_rtp",
    "res_pjsip_caller_id",
    "res_pjsip_header_funcs",
    "res_pjsip_registrar",
    "res_pjsip_authenticator_digest",
    "res_pjsip_outbound_authenticator_digest",
    "res_pjsip_endpoint_identifier_ip",
    "res_pjsip_endpoint_identifier_user",
    "res_pjsip_nat",
    "res_pjsip_rfc3326",
    "res_pjsip_dtmf_info",
    "chan_pjsip",
    "res_speech",
    "res_agi",
    "pbx_config",
    "bridge_simple",
    "bridge_native_rtp",
    "bridge_softmix",
    "bridge_holding",
    "bridge_builtin_features",
    "app_dial",
    "app_mixmonitor",
    "app_playback",
    "app_queue",
    "app_read",
    "app_record",
    "app_stack",
    "app_userevent",
    "app_while",
    "func_callerid",
    "func_channel",
    "func_env",
    "func_global",
    "func_logic",
    "func_strings",
    "func_timeout",
    "func_uri",
    "codec_alaw",
    "codec_ulaw",
    "codec_a_mu",
    "codec_resample",
    "format_pcm",
    "format_sln",
)


@dataclass(frozen=True, slots=True)
class Secrets:
    """The passwords of one installation: AMI's, and one per SIP account (user name → password)."""

    ami: str
    sip: dict[str, str]


def load_secrets(settings: Settings) -> Secrets:
    """The installation's passwords; what is missing is made at random and kept (0600, the folder 0700)."""
    folder = settings.secrets_dir
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = folder / "asterisk.json"
    with (folder / "asterisk.lock").open("w") as lock:
        # Asterisk and the service may start at the same moment, each in a container of its own.
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _completed(file, (*settings.seats, *settings.trial_citizens))


def _completed(file: Path, accounts: tuple[str, ...]) -> Secrets:
    kept = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    sip: dict[str, str] = dict(kept.get("sip", {}))
    for account in accounts:
        sip.setdefault(account, secrets.token_urlsafe(12))
    made = Secrets(ami=kept.get("ami") or secrets.token_urlsafe(24), sip=sip)
    content = json.dumps({"ami": made.ami, "sip": made.sip}, indent=1)
    if not file.exists() or file.read_text(encoding="utf-8") != content:
        write_private(file, content)
    return made


def write_private(file: Path, content: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    scratch = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    scratch.replace(file)


@dataclass(frozen=True, slots=True)
class Paths:
    """Where one installation's Asterisk keeps its things, all below the data directory."""

    etc: Path
    run: Path
    log: Path
    state: Path
    astdata: Path
    moh: Path

    @classmethod
    def of(cls, settings: Settings) -> Paths:
        """The paths of this installation."""
        data = settings.data_dir
        return cls(data / "etc", data / "run", data / "log", data / "asterisk", data, data / "moh")


def dialled_numbers(settings: Settings) -> tuple[str, ...]:
    """The numbers by which the network may deliver a call to the hotline, with and without area and country code."""
    number, area = settings.hotline_number, settings.area_code
    own = {number, area + number, "86" + area[1:] + number, "+86" + area[1:] + number, *settings.own_numbers}
    return tuple(sorted(own))


def queues(settings: Settings) -> tuple[str, ...]:
    """The queues that app_queue keeps: the common one, and those of the menu where it is on."""
    return ("agents", *sorted(set(settings.menu_queues.values()) - {"agents"}))


def render(settings: Settings, toolchain: Toolchain, kept: Secrets) -> Path:
    """Write Asterisk's configuration and folders; returns the main file, for ``asterisk -C``.

    Raises:
        OSError: the data directory cannot be written.
    """
    paths = Paths.of(settings)
    for folder in (paths.etc, paths.run, paths.log, paths.state, settings.journal_dir, settings.live_recordings_dir):
        folder.mkdir(parents=True, exist_ok=True)
    paths.etc.chmod(0o700)
    _borrow_documentation(paths.astdata, toolchain)
    templates = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - the output is Asterisk's syntax; settings are validated against what it allows
    )
    values = {
        "s": settings,
        "secrets": kept,
        "toolchain": toolchain,
        "node": "hotline",
        "note": notes.EXPRESSION,
        "modules": [f"{name}.so" for name in MODULES],
        "dialled": dialled_numbers(settings),
        "queues": queues(settings),
        "trunks": {trunk.name: trunk for trunk in settings.trunks},
        "etc": paths.etc,
        "run": paths.run,
        "log": paths.log,
        "state": paths.state,
        "astdata": paths.astdata,
        "moh": paths.moh,
    }
    for template in sorted(TEMPLATES.glob("*.conf")):
        write_private(paths.etc / template.name, templates.get_template(template.name).render(values))
    return paths.etc / "asterisk.conf"


def _borrow_documentation(astdata: Path, toolchain: Toolchain) -> None:
    """Asterisk refuses modules whose documentation it does not find below its data directory."""
    for name in ("documentation",):
        target, source = astdata / name, Path(toolchain.data) / name
        if target.is_symlink() and target.resolve() == source.resolve():
            continue
        if target.is_symlink():
            target.unlink()
        elif target.exists():
            shutil.rmtree(target)
        target.symlink_to(source)


def command(toolchain: Toolchain, main_file: Path) -> list[str]:
    """The command line that runs Asterisk in the foreground."""
    return [str(toolchain.binary), "-f", "-C", str(main_file)]

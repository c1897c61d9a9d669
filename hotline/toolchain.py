"""Which Asterisk this installation runs: found or made by ``make setup``, described in ``toolchain/asterisk.json``.

Standard library only: the set-up scripts read the list of modules from here before there is a virtual environment.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

#: Oldest release whose behaviour the hotline relies on; every 22.x is taken.
MINIMUM_VERSION = 22

#: Loadable modules of the product's configuration and of the one that plays the network in tests; an Asterisk without
#: one of them is not used.
REQUIRED_MODULES: tuple[str, ...] = (
    # SIP and media
    "chan_pjsip",
    "res_pjproject",
    "res_pjsip",
    "res_pjsip_acl",
    "res_pjsip_authenticator_digest",
    "res_pjsip_caller_id",
    "res_pjsip_dtmf_info",
    "res_pjsip_endpoint_identifier_ip",
    "res_pjsip_endpoint_identifier_user",
    "res_pjsip_header_funcs",
    "res_pjsip_nat",
    "res_pjsip_outbound_authenticator_digest",
    "res_pjsip_outbound_registration",
    "res_pjsip_pubsub",
    "res_pjsip_registrar",
    "res_pjsip_rfc3326",
    "res_pjsip_sdp_rtp",
    "res_pjsip_session",
    "res_rtp_asterisk",
    "res_sorcery_astdb",
    "res_sorcery_config",
    "res_sorcery_memory",
    "res_srtp",
    "res_timing_timerfd",
    # What the dialplan does with a call
    "pbx_config",
    "app_chanspy",
    "app_confbridge",
    "app_controlplayback",
    "app_dial",
    "app_echo",
    "app_exec",
    "app_milliwatt",
    "app_mixmonitor",
    "app_originate",
    "app_playback",
    "app_playtones",
    "app_queue",
    "app_read",
    "app_record",
    "app_senddtmf",
    "app_stack",
    "app_system",
    "app_userevent",
    "app_verbose",
    "app_waitforsilence",
    "app_while",
    "res_agi",
    "res_musiconhold",
    "res_mutestream",
    "res_speech",
    "bridge_builtin_features",
    "bridge_holding",
    "bridge_native_rtp",
    "bridge_simple",
    "bridge_softmix",
    # Sounds
    "codec_a_mu",
    "codec_alaw",
    "codec_resample",
    "codec_ulaw",
    "format_pcm",
    "format_sln",
    "format_wav",
    # Functions
    "func_callerid",
    "func_channel",
    "func_cut",
    "func_db",
    "func_devstate",
    "func_env",
    "func_global",
    "func_groupcount",
    "func_hangupcause",
    "func_lock",
    "func_logic",
    "func_math",
    "func_sprintf",
    "func_strings",
    "func_timeout",
    "func_uri",
)

_CHECKOUT = Path(__file__).resolve().parent.parent


class ToolchainError(Exception):
    """There is no Asterisk to run; the message is one line that says what to do."""


@dataclass(frozen=True)
class Toolchain:
    """An Asterisk that was looked over and can be started with ``binary -C CONF -f``."""

    binary: Path
    #: For ``astmoddir``.
    modules: Path
    #: For ``astdatadir``: documentation that Asterisk itself reads, and sounds.
    data: Path
    #: As Asterisk says it, for instance ``22.10.1``.
    version: str
    #: The machine's own, or the private tree that set-up made.
    origin: Literal["system", "tree"]


def find(data_dir: Path | None = None) -> Toolchain:
    """The Asterisk to run.

    Its description is the file that ``HOTLINE_ASTERISK`` names, else ``toolchain/asterisk.json`` in ``data_dir``, else
    the one in the checkout's ``var``.

    Raises:
        ToolchainError: there is none, or what it describes is no longer there.
    """
    places = [_CHECKOUT / "var"] if data_dir is None else [data_dir, _CHECKOUT / "var"]
    if named := os.environ.get("HOTLINE_ASTERISK"):
        return _read(Path(named))
    for place in places:
        description = place / "toolchain" / "asterisk.json"
        if description.is_file():
            return _read(description)
    raise ToolchainError("Asterisk is not set up: run `make setup`.")


def missing_modules(directory: Path, required: Sequence[str] = REQUIRED_MODULES) -> list[str]:
    """Names out of ``required`` for which ``directory`` holds no module."""
    return [name for name in required if not (directory / f"{name}.so").is_file()]


def _read(description: Path) -> Toolchain:
    try:
        said = json.loads(description.read_text(encoding="utf-8"))
        toolchain = Toolchain(
            binary=Path(said["binary"]),
            modules=Path(said["modules"]),
            data=Path(said["data"]),
            version=str(said["version"]),
            origin=said["origin"],
        )
    except OSError as error:
        raise ToolchainError(
            f"{description} cannot be read ({error.strerror}): run `make setup`, or correct HOTLINE_ASTERISK."
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise ToolchainError(f"{description} is damaged: run `make setup` to write it anew.") from error
    if not os.access(toolchain.binary, os.X_OK):
        raise ToolchainError(f"{toolchain.binary} is gone or cannot be executed: run `make setup`.")
    for directory in (toolchain.modules, toolchain.data):
        if not directory.is_dir():
            raise ToolchainError(f"{directory} is gone: run `make setup`.")
    return toolchain

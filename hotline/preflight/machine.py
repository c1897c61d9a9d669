"""The machine: Python, Asterisk, the voice and what it has made, limits, name resolution."""

from __future__ import annotations

import asyncio
import resource
import shutil
import socket
import sys
import time

from hotline import toolchain
from hotline.preflight.finding import Finding
from hotline.settings import Settings
from hotline.toolchain import ToolchainError
from hotline.voice_build import State, standings
from hotline.voice_texts import TextsError

_SET_UP = "运行 make setup"
_PYTHON = (3, 11)
#: Sockets of two legs, two tracks of recording, and what else Asterisk opens for a call.
_FILES_PER_CALL = 16
_RESOLVE_SECONDS = 0.5


def python() -> Finding:
    """Whether this Python is one that the hotline is written for."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < _PYTHON:
        return Finding("python", "problem", f"Python {version} 太旧，需要 3.11 以上", f"安装新版 Python 后{_SET_UP}")
    return Finding("python", "ok", f"Python {version}")


def asterisk(settings: Settings) -> Finding:
    """Whether there is an Asterisk that is new enough and has every module."""
    try:
        found = toolchain.find(settings.data_dir)
    except ToolchainError as error:
        return Finding("asterisk", "problem", f"没有可用的 Asterisk：{error}", _SET_UP)
    release = found.version.split(".")[0]
    if not release.isdecimal() or int(release) < toolchain.MINIMUM_VERSION:
        said = f"Asterisk {found.version} 太旧，需要 {toolchain.MINIMUM_VERSION} 以上"
        return Finding("asterisk", "problem", said, _SET_UP)
    if missing := toolchain.missing_modules(found.modules):
        return Finding("asterisk", "problem", f"Asterisk {found.version} 缺少模块：{'、'.join(missing)}", _SET_UP)
    origin = "系统自带" if found.origin == "system" else "专用"
    return Finding("asterisk", "ok", f"Asterisk {found.version}（{origin}），模块齐全")


def speech(settings: Settings) -> Finding:
    """Whether announcements can be made: new ones need espeak-ng, those that are there do not."""
    if found := shutil.which("espeak-ng"):
        return Finding("espeak-ng", "ok", f"语音合成 {found}")
    remedy = f"{_SET_UP}（安装 espeak-ng）"
    if _unmade(settings):
        return Finding("espeak-ng", "problem", "没有 espeak-ng，提示音无法合成", remedy)
    return Finding("espeak-ng", "warning", "没有 espeak-ng，改动提示音文字后将无法合成", remedy)


def prompts(settings: Settings) -> Finding:
    """Whether every announcement has its sound; what is missing or stale is made at the start."""
    try:
        stands = standings(settings)
    except TextsError as error:
        return Finding("prompts", "problem", f"提示音文字有误：{error}", "改正 prompts/prompts.toml")
    if unusable := [standing.problem for standing in stands if standing.problem]:
        said = f"有 {len(unusable)} 个录音室文件不能使用：{unusable[0]}"
        return Finding("prompts", "warning", said, "改正或移走该文件；全部清单：hotline prompts")
    due = sum(standing.state in {State.MISSING, State.STALE} for standing in stands)
    if due:
        return Finding("prompts", "ok", f"{len(stands)} 条提示音，其中 {due} 条将在启动时合成")
    return Finding("prompts", "ok", f"{len(stands)} 条提示音齐全")


def open_files(settings: Settings) -> Finding:
    """Whether so many files may be open at once as the calls allowed by the settings need."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = settings.max_calls * _FILES_PER_CALL
    if hard not in {resource.RLIM_INFINITY, -1} and hard < needed:
        said = f"最多可打开 {hard} 个文件，{settings.max_calls} 路通话约需 {needed} 个"
        return Finding("open-files", "warning", said, "提高 ulimit -n 的硬上限，或减小 HOTLINE_MAX_CALLS")
    return Finding("open-files", "ok", f"打开文件数上限够 {settings.max_calls} 路通话使用")


async def host_name() -> Finding:
    """Whether the machine's own name is known without asking the network: Asterisk asks for it at every INVITE."""
    name = socket.gethostname()
    loop = asyncio.get_running_loop()
    begun = time.monotonic()
    try:
        async with asyncio.timeout(_RESOLVE_SECONDS):
            await loop.getaddrinfo(name, None)
    except TimeoutError:
        said = f"查询本机名 {name} 需要 {_RESOLVE_SECONDS} 秒以上，会拖慢每一个来电"
        return Finding("host-name", "warning", said, f"在 /etc/hosts 中加一行：127.0.1.1 {name}")
    except OSError:
        pass  # not found, but found out quickly: nothing waits for it
    return Finding("host-name", "ok", f"本机名 {name} 查询用时 {(time.monotonic() - begun) * 1000:.0f} 毫秒")


def _unmade(settings: Settings) -> bool:
    try:
        return any(standing.state in {State.MISSING, State.STALE} for standing in standings(settings))
    except TextsError:
        return True

"""Ports: free, ours, or somebody's, and whose."""

from __future__ import annotations

import contextlib
import errno
import socket
from collections.abc import Iterator
from dataclasses import dataclass

import psutil

from hotline.preflight.finding import Finding
from hotline.preflight.running import Processes
from hotline.settings import Settings

#: A call connected to a seat has two legs, each with a port for RTP and one for RTCP.
_PORTS_PER_CALL = 4
#: Asterisk steps over ports that others hold; beyond this share it searches long.
_HELD_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class _Port:
    name: str
    setting: str
    host: str
    number: int
    kind: socket.SocketKind


def examine(settings: Settings, running: Processes) -> list[Finding]:
    """The ports that must be had, then the range of which some must be."""
    with contextlib.ExitStack() as held:
        # All at once, so that two settings which name the same port are found as well.
        found = [_single(port, running, held) for port in _wanted(settings)]
    return [*found, _rtp(settings, running)]


def _wanted(settings: Settings) -> Iterator[_Port]:
    yield _Port("http", "HOTLINE_HTTP_PORT", settings.http_host, settings.http_port, socket.SOCK_STREAM)
    yield _Port("ami", "HOTLINE_AMI_PORT", "127.0.0.1", settings.ami_port, socket.SOCK_STREAM)
    yield _Port("sip-udp", "HOTLINE_SIP_PORT", settings.sip_host, settings.sip_port, socket.SOCK_DGRAM)
    yield _Port("sip-tcp", "HOTLINE_SIP_PORT", settings.sip_host, settings.sip_port, socket.SOCK_STREAM)


def _single(port: _Port, running: Processes, held: contextlib.ExitStack) -> Finding:
    name, where = f"port:{port.name}", f"{port.host}:{port.number}"
    try:
        _take(port, held)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return _taken(name, where, port, running)
        host_setting = port.setting.replace("PORT", "HOST")
        if error.errno == errno.EACCES:
            return Finding(name, "problem", f"没有权限使用端口 {where}", f"换用 1024 以上的端口（{port.setting}）")
        return Finding(name, "problem", f"地址 {where} 不能使用：{error.strerror}", f"改正 {host_setting}")
    return Finding(name, "ok", f"端口 {where} 空闲")


def _take(port: _Port, held: contextlib.ExitStack) -> None:
    family, kind, protocol, _, address = socket.getaddrinfo(port.host, port.number, type=port.kind)[0]
    taken = held.enter_context(socket.socket(family, kind, protocol))
    if kind == socket.SOCK_STREAM:
        # As the servers do: connections that ended a moment ago do not count.
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    taken.bind(address)
    if kind == socket.SOCK_STREAM:
        taken.listen(1)  # with SO_REUSEADDR it is listening that tells whether somebody else listens


def _taken(name: str, where: str, port: _Port, running: Processes) -> Finding:
    holder = _holder(port)
    if running.roots and (holder is None or holder in running.all_ids):
        return Finding(name, "ok", f"端口 {where} 由正在运行的热线使用")
    change = f"停止占用者，或用 {port.setting} 换一个端口"
    if holder is None:
        return Finding(name, "problem", f"端口 {where} 已被占用（查占用者：ss -lntup）", change)
    if holder == psutil.Process().pid:
        return Finding(name, "problem", f"端口 {where} 被另一项设置用了", f"用 {port.setting} 换一个端口")
    return Finding(name, "problem", f"端口 {where} 已被占用：{_program(holder)}（进程 {holder}）", change)


def _holder(port: _Port) -> int | None:
    """The process that has the port, if this user may know."""
    for pid, number, kind, listens in _sockets():
        if number == port.number and kind == port.kind and (listens or kind == socket.SOCK_DGRAM):
            return pid
    return None


def _sockets() -> Iterator[tuple[int | None, int, int, bool]]:
    with contextlib.suppress(psutil.Error, OSError):
        for connection in psutil.net_connections("inet"):
            if connection.laddr:
                listens = connection.status == psutil.CONN_LISTEN
                yield connection.pid, connection.laddr.port, connection.type, listens


def _program(pid: int) -> str:
    try:
        return psutil.Process(pid).name()
    except psutil.Error:
        return "?"


def _rtp(settings: Settings, running: Processes) -> Finding:
    start, end = settings.rtp_start, settings.rtp_end
    count = end - start + 1
    spread = f"语音端口 {start}–{end}"
    others = {
        number
        for pid, number, kind, _ in _sockets()
        if start <= number <= end and kind == socket.SOCK_DGRAM and not (running.roots and pid is None)
        if pid not in running.all_ids
    }
    change = "用 HOTLINE_RTP_START 和 HOTLINE_RTP_END 换一段端口"
    if len(others) > count * _HELD_SHARE:
        return Finding("port:rtp", "warning", f"{spread} 中有 {len(others)} 个被别的程序占用", change)
    if count < settings.max_calls * _PORTS_PER_CALL:
        said = f"{spread} 只够 {count // _PORTS_PER_CALL} 路通话，设置允许 {settings.max_calls} 路"
        return Finding("port:rtp", "warning", said, f"{change}，或减小 HOTLINE_MAX_CALLS")
    return Finding("port:rtp", "ok", f"{spread} 可用")

"""The report of a demonstration: JSON for machines, a table in Chinese for people."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from simnet.demo.account import Account

_OUTCOMES = {
    "live": "进行中",
    "answered": "已接通",
    "message": "留言",
    "callback": "要求回拨",
    "emergency": "紧急转接",
    "abandoned": "未接",
    "refused": "拒绝",
    "lost": "中断",
}
_TRACKS = {"citizen": "市民", "agent": "话务员", "emergency": "", "message": "留言"}
_HEADINGS = ("场景", "主叫", "结果", "SIP", "工单", "录音", "符合")


def as_json(accounts: Sequence[Account], figures: dict[str, Any], **facts: object) -> dict[str, Any]:
    """The report as it is written to ``report.json``."""
    return {
        "as_expected": all(account.as_expected for account in accounts),
        **facts,
        "scenes": [{**asdict(account), "as_expected": account.as_expected} for account in accounts],
        "figures": figures,
    }


def as_table(accounts: Sequence[Account]) -> str:
    """One row a scene, and below it what happened, what was heard, and what was not as it must be."""
    rows = [_HEADINGS, *(_row(place, account) for place, account in enumerate(accounts, 1))]
    widths = [max(_columns(row[column]) for row in rows) for column in range(len(_HEADINGS))]
    lines = [_line(_HEADINGS, widths), "─" * (sum(widths) + 2 * len(widths) - 2)]
    for row, account in zip(rows[1:], accounts, strict=True):
        lines.append(_line(row, widths))
        lines.append(f"   经过:{';'.join(account.happened) or '无'}")
        lines.append(f"   听到:{';'.join(account.heard) or '无'}")
        lines += [f"   不符:{why}" for why in account.why]
    return "\n".join(lines)


def _row(place: int, account: Account) -> tuple[str, ...]:
    tracks = " ".join(f"{_TRACKS[track.track] or track.who} {track.seconds:.1f}秒" for track in account.recordings)
    return (
        f"{place} {account.title}",
        account.number or "—",
        _OUTCOMES.get(account.outcome, "—"),
        str(account.sip or "—"),
        account.ticket or "—",
        tracks or "—",
        "是" if account.as_expected else "否",
    )


def _line(cells: Iterable[str], widths: Sequence[int]) -> str:
    padded = (cell + " " * (width - _columns(cell)) for cell, width in zip(cells, widths, strict=True))
    return "  ".join(padded).rstrip()


def _columns(text: str) -> int:
    """The width on a terminal, where a Chinese character takes two columns."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)

"""Whether the audit is whole, and where exactly it is not: changed, deleted, inserted, or cut off at its end."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy.ext.asyncio import AsyncEngine

from common.signed import NotVouchedFor, opened
from hotline.audit import audit, audit_cuts, audit_objects
from hotline.audit_chain import NO_LINK, Link, entry_hash
from hotline.keeping.anchors import Anchor

_AT_ONCE = 2000
#: Where one entry was pushed in by force, all behind it may be wrong; an auditor needs the first of them.
_MOST = 100
_highest_cut = sa.select(audit_cuts).order_by(audit_cuts.c.upto.desc()).limit(1)
_some = sa.select(audit).where(audit.c.id > sa.bindparam("last")).order_by(audit.c.id).limit(_AT_ONCE)
_some_objects = (
    sa.select(audit_objects)
    .where(sa.tuple_(*audit_objects.c) > sa.tuple_(sa.bindparam("object"), sa.bindparam("place")))
    .order_by(audit_objects.c.object, audit_objects.c.audit_id)
    .limit(_AT_ONCE * 5)
)
_below = sa.select(audit.c.id).where(audit.c.id <= sa.bindparam("upto")).order_by(audit.c.id).limit(_MOST)


@dataclass(frozen=True, slots=True)
class Break:
    """One place where the audit is not what it was. ``place`` is the entry's, 0 where it is about no single entry."""

    flaw: str
    place: int
    said: str


@dataclass(frozen=True, slots=True)
class Report:
    """What was found: whole if there are no breaks."""

    first: int
    end: Link
    anchors: int
    breaks: tuple[Break, ...]


@dataclass(slots=True)
class _Walk:
    """A walk along the chain, entry by entry."""

    #: The end so far and the link before that; ``shift`` is how many entries were pushed in before here.
    last: Link
    before: Link
    wanted: frozenset[int]
    breaks: list[Break] = field(default_factory=list)
    shift: int = 0
    hashes: dict[int, str] = field(default_factory=dict)

    def step(self, row: Any) -> None:
        """Hold one entry against those before it."""
        told = (row.who, row.action, row.objects, row.reason)
        place = row.id - self.shift
        if entry_hash(place, row.before, row.at, told) == row.hash:
            if place > self.last.place + 1:
                self._missing(place)
            elif row.before != self.last.hash:
                self._say("changed", self.last.place, "内容被改动或更换（其后一条所记的前一条哈希与之不符）")
        elif row.before == self.before.hash and entry_hash(place - 1, row.before, row.at, told) == row.hash:
            # The entry before this one does not belong: without it all is in order.
            pushed_in = row.id - 1
            self.breaks = [one for one in self.breaks if one.place != pushed_in]
            self._say("inserted", pushed_in, "是后来插入的")
            self.shift += 1
            place -= 1
            self.last = self.before
        else:
            if place > self.last.place + 1:
                self._missing(place)
            self._say("changed", row.id, "内容被改动，或是后来插入的（与其哈希不符）")
        self.before, self.last = self.last, Link(place, row.hash)
        if place in self.wanted:
            self.hashes[place] = row.hash

    def _missing(self, place: int) -> None:
        first, last = self.last.place + 1, place - 1
        self._say("deleted", first, "被删除" if first == last else f"至第{last}条被删除")

    def _say(self, flaw: str, place: int, said: str) -> None:
        if not any(one.place == place for one in self.breaks):
            self.breaks.append(Break(flaw, place, f"第{place}条{said}"))


async def verify(reads: AsyncEngine, key: Ed25519PublicKey, anchors: Sequence[Anchor]) -> Report:
    """Walk the whole chain and hold it against the anchors; others may add entries meanwhile.

    Raises:
        SQLAlchemyError: the database cannot be read.
    """
    while True:
        cut = await _one(reads, _highest_cut)
        report = await _verified(reads, key, anchors, cut)
        # Old entries may have gone their regular way during the walk: then it is walked again.
        if not report.breaks or await _one(reads, _highest_cut) == cut:
            return report


async def _verified(reads: AsyncEngine, key: Ed25519PublicKey, anchors: Sequence[Anchor], cut: Any) -> Report:
    breaks: list[Break] = []
    start = NO_LINK
    if cut is not None:
        try:
            body = opened(cut.document.encode(), key)
            start = Link(body["audit_cut"], body["hash"])
        except (NotVouchedFor, KeyError):
            breaks.append(Break("cut", cut.upto, f"截至第{cut.upto}条的清理记录不是本系统签署的：其前的留痕被擅自删除"))
            start = Link(cut.upto, "")
    async with reads.connect() as connection:
        below = (await connection.execute(_below, {"upto": start.place})).scalars().all()
    breaks += [Break("inserted", place, f"第{place}条是后来插入的（该处已清理）") for place in below]
    walk = _Walk(start, start, frozenset(anchor.end.place for anchor in anchors), breaks)
    objects = _Sum()
    async for row in _rows(reads):
        if row.id <= start.place:
            continue
        if start.hash == "":
            start = walk.last = walk.before = Link(start.place, row.before)
        walk.step(row)
        for one in dict.fromkeys(row.objects.split()):
            objects.add(one, row.id)
        if len(walk.breaks) >= _MOST:
            return Report(start.place + 1, walk.last, len(anchors), tuple(walk.breaks))
    walk.breaks += _against(anchors, walk, start)
    if not walk.breaks and not await _index_agrees(reads, objects, walk.last.place):
        walk.breaks.append(Break("index", 0, "按对象查找的索引(audit_objects)与留痕不一致：有行被增删"))
    return Report(start.place + 1, walk.last, len(anchors), tuple(walk.breaks))


def _against(anchors: Sequence[Anchor], walk: _Walk, start: Link) -> list[Break]:
    found: list[Break] = []
    lost = [anchor for anchor in anchors if anchor.end.place > walk.last.place]
    if lost:
        far = max(lost, key=lambda anchor: anchor.end.place)
        first = walk.last.place + 1
        said = f"末尾被截断：第{first}至第{far.end.place}条不在（锚点 {far.name}，{far.at:%Y-%m-%d %H:%M} UTC）"
        found.append(Break("cut-off", first, said))
    for anchor in anchors:
        kept = walk.hashes.get(anchor.end.place, start.hash if anchor.end.place == start.place else None)
        if kept is not None and kept != anchor.end.hash:
            said = f"与锚点 {anchor.name} 不符：第{anchor.end.place}条或其前的留痕被重写"
            found.append(Break("rewritten", anchor.end.place, said))
            break
    return found


class _Sum:
    """How many pairs of object and entry there are, and a sum that does not mind their order."""

    def __init__(self) -> None:
        self.count = 0
        self.sum = 0

    def add(self, one: str, place: int) -> None:
        """Count a pair."""
        digest = hashlib.blake2b(f"{one} {place}".encode(errors="surrogatepass"), digest_size=8).digest()
        self.count += 1
        self.sum = (self.sum + int.from_bytes(digest)) % (1 << 64)


async def _index_agrees(reads: AsyncEngine, wanted: _Sum, end: int) -> bool:
    found = _Sum()
    last = ("", 0)
    while True:
        async with reads.connect() as connection:
            rows = (await connection.execute(_some_objects, {"object": last[0], "place": last[1]})).all()
        for one, place in rows:
            # What was added while we walked is not in the sum.
            if place <= end:
                found.add(one, place)
        if not rows:
            return (found.count, found.sum) == (wanted.count, wanted.sum)
        last = (rows[-1][0], rows[-1][1])


async def _rows(reads: AsyncEngine) -> AsyncIterator[Any]:
    last = -(1 << 62)
    while True:
        async with reads.connect() as connection:
            rows = (await connection.execute(_some, {"last": last})).all()
        for row in rows:
            yield row
        if len(rows) < _AT_ONCE:
            return
        last = rows[-1].id


async def _one(reads: AsyncEngine, query: Any) -> Any:
    async with reads.connect() as connection:
        return (await connection.execute(query)).one_or_none()

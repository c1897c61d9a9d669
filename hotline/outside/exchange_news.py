"""What is written into a ticket's history of its way to other houses: everybody who sees the ticket sees it (R16.2)."""

from __future__ import annotations

from datetime import datetime

from hotline.outside import exchange_rows as rows
from hotline.outside.exchange_words import Stand
from hotline.settings_outside import Partner
from tickets.desk.acting import Acting
from tickets.desk.moving import move_ticket
from tickets.model import Status
from tickets.store.work import Work
from tickets.workflow_moves import Move
from tickets.workflow_terms import Actor, Facts, Role


def by(work: Work, who: str, now: datetime) -> Acting:
    """The exchange, for somebody of ours or of a partner."""
    return Acting(Actor(who, work.register.tree.root, Role.SYSTEM), now)


def handed_over(work: Work, ticket_id: str, partner: Partner, reason: str, acting: Acting) -> None:
    """Somebody of ours hands a ticket to a partner; it stays ours (R3.2)."""
    move_ticket(work, ticket_id, Move.HAND_OVER, acting, Facts(reason=f"{partner.title}：{reason}"))


def heard(work: Work, partner: Partner, one: rows.Exchanged, told: Stand, now: datetime) -> None:
    """A partner tells where our ticket stands with them. Told the same again, nothing is added to the history."""
    fresh = (one.number, one.status, one.words) != (
        told.number,
        told.status,
        rows.kept(work, one.ticket_id, told.words),
    )
    # What is archived is settled: what is heard later stays with the exchange.
    if fresh and work.ticket(one.ticket_id).status is not Status.ARCHIVED:
        facts = Facts(reason=f"{partner.title}（{told.number}）：{told.words}", remark=told.number)
        move_ticket(work, one.ticket_id, Move.PARTNER_NEWS, by(work, f"exchange.{partner.name}", now), facts)
    rows.settle(work, one, number=told.number, status=told.status, words=told.words)


def taken(work: Work, partner: Partner, ref: str, told: Stand, now: datetime) -> None:
    """A partner has taken our ticket; what they have told of it meanwhile is newer than their receipt."""
    one = rows.find(work.connection, partner.name, "out", ref)
    if one is None:
        return
    if one.number == told.number:
        rows.settle(work, one, number=one.number, status=one.status, words=one.words)
    else:
        heard(work, partner, one, told, now)

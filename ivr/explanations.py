"""Why a caller id was taken or refused, in Chinese, for the operator who is asked (R6.5, R8.1)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ivr.model import Reason, Verdict

ARTICLE = "《滨州市12345政务服务便民热线管理办法》第六条第(五)项"
RESTRICTING_ARTICLE = "《滨州市12345政务服务便民热线管理办法》第八条"
EMERGENCIES = "先听到“紧急情况请直接拨打110、119、120、122”"

EXPLANATIONS: Mapping[Reason, str] = MappingProxyType(
    {
        Reason.MOBILE: "号码是手机号码。",
        Reason.IOT: "号码是13位物联网号码。",
        Reason.LANDLINE: "号码是带区号的固定电话。",
        Reason.LOCAL: "号码是本市固定电话,已补上区号。",
        Reason.INTERNATIONAL: "号码是有效的国际或港澳台号码。",
        Reason.ALLOW_LISTED: "号码或中继在白名单内,不作其他检查。",
        Reason.ANONYMOUS: "主叫标明匿名(Anonymous),号码不显示。",
        Reason.PRIVACY: "主叫要求隐藏号码(Privacy 头域)。",
        Reason.RESTRICTED: "网络标明该号码限制显示。",
        Reason.UNAVAILABLE: "网络标明该号码无法提供。",
        Reason.SENTINEL: "号码处是“未知”“私人号码”一类的代替字样,不是号码。",
        Reason.EMPTY: "网络没有送来主叫号码。",
        Reason.LETTERS: "主叫号码中有字母或文字。",
        Reason.NOT_A_NUMBER: "主叫号码中有号码里不会出现的字符。",
        Reason.LENGTH: "主叫号码的位数不对。",
        Reason.PREFIX: "主叫号码的号段不存在。",
        Reason.AREA_CODE: "主叫号码的区号不存在。",
        Reason.REPEATED_DIGIT: "主叫号码全是同一个数字。",
        Reason.OWN_NUMBER: "主叫号码是热线自己的号码,不可能是来电人。",
        Reason.EMERGENCY_NUMBER: "主叫号码是紧急号码,紧急号码不会这样呼出。",
        Reason.SHORT_CODE: "主叫号码是短号码或400、800等服务号码,且不在白名单内。",
        Reason.INTERNATIONAL_OFF: "主叫是国际或港澳台号码,本市设置为不受理。",
        Reason.RESTRICTED_NUMBER: "该号码因滥用热线、经批准,现在限制来电;到期自行解除。",
    }
)


def explain(verdict: Verdict) -> str:
    """What became of a call and why: the reason, the article, what the caller hears."""
    why = EXPLANATIONS[verdict.reason]
    restricted = verdict.reason is Reason.RESTRICTED_NUMBER
    article = RESTRICTING_ARTICLE if restricted else ARTICLE
    if verdict.shadowed:
        return f"接通。按规则本应不受理({why.removesuffix('。')}),但该规则现在只记录、不执行。依据:{article}。"
    if verdict.accepted:
        return f"接通。{why}来电人听到欢迎语。"
    kind = "来电号码不显示" if verdict.reason.startswith("withheld.") else "来电为非正常号码"
    kind = "限制来电" if restricted else kind
    return f"不接通。{why}依据:{article}({kind})。来电人{EMERGENCIES},再听到不予受理的原因,通话不计费。"

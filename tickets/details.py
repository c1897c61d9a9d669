"""What a ticket is about: recorded at intake, completed by whoever reviews it (R2.1, R5, R6, R14.1)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from common.worded import Worded
from tickets.from_above import InheritedLimit


class Nature(Worded):
    """What the caller wants, kept apart from what the matter is about (R2.1)."""

    CONSULTATION = "consultation", "咨询"
    HELP = "help", "求助"
    COMPLAINT = "complaint", "投诉"
    ACCUSATION = "accusation", "举报"
    SUGGESTION = "suggestion", "建议"
    PRAISE = "praise", "表扬"
    OTHER = "other", "其他"


class AcceptanceBasis(Worded):
    """By which of the five kinds of Article 5 a matter is taken."""

    CONSULTATION = "r5_1", "对工作职责、办事程序和政策规定的咨询"
    HELP = "r5_2", "生产生活中属于政府职能范围的求助或诉求"
    OPINION = "r5_3", "对工作的批评意见和建议"
    COMPLAINT = "r5_4", "对工作作风、服务质量、办事效率等的投诉"
    SERVICE = "r5_5", "其他政务服务和公共服务事项"


#: Where nobody says by which kind, the nature tells (R5).
BASIS_OF = {
    Nature.CONSULTATION: AcceptanceBasis.CONSULTATION,
    Nature.HELP: AcceptanceBasis.HELP,
    Nature.COMPLAINT: AcceptanceBasis.COMPLAINT,
    Nature.ACCUSATION: AcceptanceBasis.COMPLAINT,
    Nature.SUGGESTION: AcceptanceBasis.OPINION,
    Nature.PRAISE: AcceptanceBasis.SERVICE,
    Nature.OTHER: AcceptanceBasis.SERVICE,
}


class Urgency(Worded):
    """How fast it must go; an emergency runs on clock time and is declared by a person (R7.2)."""

    NORMAL = "normal", "一般"
    URGENT = "urgent", "紧急"
    EMERGENCY = "emergency", "突发紧急"


class Refusal(Worded):
    """Why a matter is not accepted (R6.1–4, R6.6). ``LAWFUL_CHANNELS`` says where to go instead."""

    STATE_ORGANS = "r6_1", "对党委、人大、政协、军队、司法机关工作的意见建议,不属本热线受理范围"
    PROCEEDINGS = "r6_2", "已进入诉讼、仲裁、行政复议等法律渠道,不属本热线受理范围"
    PETITION = "r6_3", "已进入信访受理程序或已经县级以上信访部门答复,不属本热线受理范围"
    OUTSIDE = "r6_4", "超出本市行政区划管辖范围,不属本热线受理范围"
    SECRET = "r6_6", "涉及国家秘密、商业秘密、个人隐私,不属本热线受理范围"


#: The lawful channel that the caller is told with each reason (R6, R22.1).
LAWFUL_CHANNELS = {
    Refusal.STATE_ORGANS: "可向有关机关的来信来访部门反映;反映党员干部违纪违法的,可拨打纪检监察机关12388",
    Refusal.PROCEEDINGS: "请通过正在受理的人民法院、仲裁机构或行政复议机关解决",
    Refusal.PETITION: "请向受理的信访部门查询,或依法申请复查、复核",
    Refusal.OUTSIDE: "请拨打事发地的区号加12345",
    Refusal.SECRET: "涉及国家秘密的请向保密行政管理部门当面反映;涉及商业秘密、个人隐私的可依法向有管辖权的机关书面提出",
}


@dataclass(frozen=True, slots=True, repr=False)
class Details:
    """What is known of a matter. Printed it shows nothing of that: no log and no error may hold it (R25.1).

    ``category`` and ``place`` are codes of the register; ``fields`` are what that category requires beside contact,
    address and matter (R14.1). ``about`` is the unit complained of: the ticket goes neither to it nor to those above it
    (A16). ``inherited`` came with a ticket from above (A27).
    ``for_unit`` is what units get of the matter where who said it is protected, and ``released`` are the files that
    they may see then, both confirmed by a reviewer (A16).
    """

    matter: str = ""
    nature: Nature | None = None
    category: str = ""
    place: str = ""
    address: str = ""
    caller_name: str = ""
    contact: str = ""
    basis: AcceptanceBasis | None = None
    urgency: Urgency = Urgency.NORMAL
    hide_identity: bool = False
    about: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    inherited: InheritedLimit | None = None
    for_unit: str = field(default="", repr=False)
    released: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Details({sum(bool(getattr(self, name)) for name in self.__slots__)} told)"

    def field(self, name: str) -> str:
        """One of the fields that the category asks for; empty where it was not told."""
        return dict(self.fields).get(name, "")


def based(details: Details) -> Details:
    """The record with its basis of acceptance, which the ticket keeps (R5)."""
    if details.basis or details.nature is None:
        return details
    return replace(details, basis=BASIS_OF[details.nature])


NO_DETAILS = Details()

"""Answers as units write them, good and bad, with what is the matter with each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from common.clock import CIVIL
from tickets.feedback import Fault, Matter

TOLD_AT = datetime(2026, 11, 24, 15, 20, tzinfo=CIVIL)
CALLED = "11月24日15时20分电话告知诉求人,其表示认可"

HEATING = Matter(
    "黄河五路阳光花园3号楼2单元室温只有14度,物业说是热力公司的事,没人管", ("供热", "供暖不热"), ("滨城区",)
)
LAMP = Matter("渤海七路与长江三路交叉口向南200米,路灯坏了一个多星期,晚上漆黑一片", ("路灯",), ("滨城区",))
NOISE = Matter("楼下烧烤店每天晚上营业到凌晨两点,噪音和油烟很大,孩子没法睡觉", ("噪声污染", "油烟扰民"), ("市西街道",))
WAGES = Matter("在博兴县某工地干活,包工头拖欠我和工友共8人工资12万元,从8月一直拖到现在", ("拖欠工资",), ("博兴县",))
GAS = Matter("咨询一下老旧小区天然气开通需要交多少钱,要带什么材料", ("燃气",))
SCHOOL = Matter("孩子户口在外地,父母在滨州务工,咨询如何办理小学入学手续", ("义务教育",), ("滨城区",))
WELL = Matter("邹平市黛溪街道鹤伴二路人行道上有个井盖破损,老人差点掉进去", ("井盖",), ("邹平市",))
BUS = Matter("建议18路公交车延长末班车时间,高铁站晚上九点以后没有公交", ("公交",))


@dataclass(frozen=True)
class Case:
    """An answer, and what the check must find; nothing for a good one."""

    name: str
    matter: Matter
    facts: str
    done: str
    result: str
    expected: Fault | None = None
    contact: str = CALLED


GOOD = [
    Case(
        "heating repaired",
        HEATING,
        "11月23日上午到3号楼2单元入户测温,客厅14.5℃,系单元供热支管过滤器堵塞。",
        "滨城热力公司当日清洗过滤器,更换阀门1个。",
        "24日复测室温19.2℃,已达标。",
    ),
    Case(
        "lamp repaired",
        LAMP,
        "经现场查看,该路口向南共有5盏路灯不亮,系电缆被施工挖断。",
        "市政工程处于11月22日修复电缆,更换灯具2盏。",
        "当晚5盏路灯全部恢复照明。",
    ),
    Case(
        "noise fined with its law named",
        NOISE,
        "执法人员11月21日22时在该烧烤店现场检测,噪声58分贝,超过夜间限值。",
        "依据《中华人民共和国噪声污染防治法》第八十二条,已责令该店立即改正并罚款500元;要求其22时后停止室外营业。",
        "11月23日夜间复查,该店已将桌椅撤回室内,油烟净化器已安装到位。",
    ),
    Case(
        "wages paid",
        WAGES,
        "经核查,该工地由山东某建筑公司承建,拖欠8名工人8月至10月工资共计11.6万元,诉求人所述基本属实。",
        "县人社局劳动监察大队11月20日约谈施工单位和包工头,责令5日内支付。",
        "11月23日8人工资已全部发放到本人银行卡。",
    ),
    Case(
        "question on gas answered",
        GAS,
        "老旧小区天然气开户费为每户2600元,含表具和户内安装。",
        "已向诉求人说明:携带身份证、房产证原件到中海沃邦燃气营业厅(黄河八路)办理,或在燃气公众号申请。",
        "受理后7个工作日内上门勘查安装。",
    ),
    Case(
        "question on school answered with the document named",
        SCHOOL,
        "随迁子女入学由居住地就近安排,需居住证、父母一方社保或劳动合同、户口簿。",
        "根据《滨州市义务教育招生办法》(滨教发〔2026〕8号),已告知诉求人于8月10日至15日登录招生平台登记。",
        "诉求人所住小区对应逸夫小学,资料审核通过后8月25日公布名单。",
    ),
    Case(
        "claim not borne out",
        WELL,
        "11月22日到鹤伴二路全线查看井盖46个,其中1个通信井盖边缘破损,产权属联通公司。",
        "已设置围挡并通知联通公司邹平分公司,当日14时更换为重型井盖。",
        "井盖更换完毕,人行道恢复通行。",
    ),
    Case(
        "suggestion that cannot be followed, with its reason",
        BUS,
        "18路末班车为20:30,高铁站21时后日均到站旅客32人。",
        "公交集团测算后认为延长18路运力不足,不符合开行条件;现开行高铁站夜间专线,末班22:40。",
        "已在高铁站出站口公示夜间专线时刻表。",
    ),
    Case(
        "not within its power, with the reason why",
        HEATING,
        "阳光花园3号楼为2005年建成,该户私自加装暖气片6组,打压检测后确认管道循环不畅。",
        "热力公司11月22日上门检测,拆除私接阀门,并调节分户阀。",
        "复测室温17.8℃,热力公司同意按面积退还11月1日至22日热费的30%。",
    ),
    Case(
        "short but concrete",
        LAMP,
        "路灯线路短路。",
        "11月22日更换电缆30米。",
        "路灯已恢复。",
    ),
    Case(
        "thanks and citations around a concrete answer",
        NOISE,
        "尊敬的市民您好,您反映的问题收悉。经查,市西街道该烧烤店确有超时营业,油烟净化器未使用。",
        "综合执法中队11月22日下达责令改正通知书(滨城执改〔2026〕117号)。《大气污染防治法》第八十一条规定,排放油烟的餐饮服务业经营者应当安装油烟净化设施。",
        "该店11月23日已安装净化器并承诺22时闭店,感谢您的理解与支持。",
    ),
    Case(
        "the caller could not be reached",
        WAGES,
        "施工单位提供银行流水,8人工资已于11月19日发放,金额12万元。",
        "劳动监察大队调取工资表和考勤表核对。",
        "拖欠工资已付清,案件办结。",
        contact="11月22日、23日三次拨打,均无人接听,已发短信",
    ),
    Case(
        "half done, with a date",
        LAMP,
        "该路段路灯为三年前安装,变压器烧毁,共19盏不亮。",
        "已于11月22日架设临时照明灯4盏。",
        "临时照明已到位;新变压器11月30日前安装。",
    ),
    Case(
        "refusal by law with facts",
        Matter("要求给我家二层阳台封闭施工办规划许可,邻居都封了", ("规划许可",)),
        "现场查看,该楼为沿街建筑,阳台属外立面统一设计,邻居两户封闭为2012年以前。",
        "依据《山东省城乡规划条例》第四十一条,沿街立面改动须经业主共同申请,单户申请不予许可;已向诉求人出具书面说明。",
        "对邻居两户违规封闭已立案,编号滨自然资罚〔2026〕31号。",
    ),
    Case(
        "praise passed on",
        Matter("表扬滨州火车站执勤民警帮老人找回丢失的钱包", ("表扬",)),
        "经核实,11月18日执勤民警为火车站派出所王姓、李姓两名民警,协助老人找回钱包1个。",
        "已将表扬内容告知派出所并在内部公示。",
        "两名民警获当月表扬。",
    ),
]

BAD = [
    Case(
        "nothing but articles",
        NOISE,
        "《中华人民共和国噪声污染防治法》第六十三条规定,禁止在商业经营活动中使用高音广播喇叭招揽顾客。",
        "《中华人民共和国大气污染防治法》第八十一条规定,排放油烟的餐饮服务业经营者应当安装油烟净化设施并保持正常使用。",
        "根据《城市市容和环境卫生管理条例》有关规定处理。",
        Fault.CITATIONS,
    ),
    Case(
        "articles and a courteous frame",
        WAGES,
        "您好,您反映的问题已收悉。",
        "根据《保障农民工工资支付条例》第三条,农民工有按时足额获得工资的权利。任何单位和个人不得拖欠农民工工资。",
        "第五十条规定:“县级以上人力资源社会保障行政部门应当建立用人单位及相关人员拖欠农民工工资失信联合惩戒对象名单”。请依法维权,感谢您的来电。",
        Fault.CITATIONS,
    ),
    Case(
        "one long citation",
        HEATING,
        "依据《山东省供热条例》第二十一条之规定,供热期内居民卧室、起居室温度不得低于十八摄氏度。",
        "依据《山东省供热条例》第三十条。",
        "请按条例规定办理。",
        Fault.CITATIONS,
    ),
    Case(
        "provisions on a question",
        SCHOOL,
        "《义务教育法》第十二条规定,适龄儿童、少年免试入学。",
        "地方各级人民政府应当保障适龄儿童、少年在户籍所在地学校就近入学(《义务教育法》第十二条)。",
        "依照《义务教育法》执行。",
        Fault.CITATIONS,
    ),
    Case(
        "only law, but with its numbers",
        GAS,
        "依据《山东省燃气管理条例》(2022年修正)第二十条,燃气经营者应当向燃气用户持续、稳定、安全供应燃气。",
        "依据《山东省定价目录》第3条,燃气工程安装收费由市场形成。",
        "按照《价格法》的规定执行。",
        Fault.CITATIONS,
    ),
    Case(
        "left with holes",
        LAMP,
        "经XX单位现场查看,XX路路灯不亮。",
        "已于XX月XX日维修。",
        "路灯已恢复。",
        Fault.TEMPLATE,
    ),
    Case(
        "left with a note of the form",
        WELL,
        "工作人员到(此处填写地点)查看井盖破损情况。",
        "11月22日已更换井盖1个。",
        "井盖恢复正常。",
        Fault.TEMPLATE,
    ),
    Case(
        "left with blanks",
        HEATING,
        "室温为____度,供热管道堵塞。",
        "11月22日清洗管道,更换阀门。",
        "室温恢复正常。",
        Fault.TEMPLATE,
    ),
    Case(
        "form letter",
        BUS,
        "尊敬的市民您好,您的来信已收到。",
        "您反映的问题已收悉,我们将认真研究。",
        "感谢您对我市工作的支持,祝您生活愉快!",
        Fault.TEMPLATE,
    ),
    Case(
        "great importance",
        NOISE,
        "我单位高度重视,第一时间安排相关工作人员认真核实。",
        "我们将加强监管,加大巡查力度,积极协调相关部门妥善处理。",
        "下一步将持续关注,举一反三,确保落实到位。",
        Fault.EMPTY,
    ),
    Case(
        "passed on and done with",
        LAMP,
        "已知悉。",
        "已转交相关部门处理。",
        "已办结。",
        Fault.EMPTY,
    ),
    Case(
        "read",
        WELL,
        "已阅。",
        "同上。",
        "见附件。",
        Fault.EMPTY,
    ),
    Case(
        "a story without a fact",
        HEATING,
        "关于阳光花园供暖不热的问题,我们与物业和热力公司进行了沟通,双方都表示愿意配合。",
        "要求物业和热力公司互相配合,把居民冬季取暖的事情办好。",
        "物业与热力公司会把工作做好。",
        Fault.EMPTY,
    ),
    Case(
        "an answer to somebody else",
        HEATING,
        "经现场查看,该处共有3棵行道树倒伏。",
        "园林处11月22日清理倒伏树木,补种国槐3棵。",
        "绿化带已恢复。",
        Fault.OFF_TOPIC,
    ),
    Case(
        "the wrong question answered",
        GAS,
        "社保卡补办可到人社局窗口或手机银行办理,3个工作日领取。",
        "11月23日已告知其携带身份证到市民之家2楼5号窗口。",
        "社保卡补办申请已受理。",
        Fault.OFF_TOPIC,
    ),
    Case(
        "another district's rubbish",
        WAGES,
        "11月21日到无棣县水湾镇检查垃圾清运,发现垃圾桶满溢4个。",
        "清运垃圾2吨,消杀1次。",
        "垃圾桶周边已清理干净。",
        Fault.OFF_TOPIC,
    ),
    Case(
        "facts are missing",
        LAMP,
        "",
        "11月22日更换路灯灯具2盏。",
        "路灯已恢复照明。",
        Fault.MISSING,
    ),
    Case(
        "the result is missing",
        WELL,
        "鹤伴二路1个井盖破损,属联通公司。",
        "11月22日已通知联通公司。",
        "",
        Fault.MISSING,
    ),
    Case(
        "a promise for a result",
        LAMP,
        "经11月22日现场查看,渤海七路共5盏路灯不亮,系电缆老化。",
        "已将该路段列入维修清单。",
        "下一步将尽快维修。",
        Fault.NO_RESULT,
    ),
    Case(
        "nobody says how the caller heard",
        LAMP,
        "该路口向南5盏路灯不亮,系电缆被挖断。",
        "11月22日修复电缆,更换灯具2盏。",
        "路灯恢复照明。",
        Fault.NO_CONTACT,
        contact="已答复",
    ),
]

"""Tickets to search in: made up, but with words as common and as rare as in a city's hotline."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from common.search_store import Document
from tickets.search import CATEGORY, OPEN, UNIT

#: 3,000 tickets a day, the newest today: a million are eleven months.
_PER_DAY = 3000
_NEWEST = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
_DISTRICTS = ("滨城区", "沾化区", "惠民县", "阳信县", "无棣县", "博兴县", "邹平市")
_ROADS = ("黄河", "渤海", "长江", "新立河", "秦皇台", "梧桐", "学苑", "北外环", "乐安", "韩店", "府前", "鼓楼")
_NAMES = "安博昌德恩丰福贵海恒弘华惠吉嘉景康丽隆茂明宁鹏平祺瑞盛世泰天万祥兴雅阳怡永裕源泽振正中"
_KINDS = ("花园", "小区", "家园", "新村", "公寓", "社区", "嘉苑", "学府", "名邸")
#: From the commonest to the rarest; the n-th comes 1/n as often as the first.
_MATTERS = (
    ("供暖不热", "室内温度只有十五度，暖气片摸着是凉的"),
    ("物业收费", "物业公司涨价没有公示，服务跟不上"),
    ("噪音扰民", "夜间施工到凌晨两点，影响休息"),
    ("拖欠工资", "工地包工头拖欠农民工工资不给"),
    ("违章停车", "消防通道被车辆堵住，出不去"),
    ("垃圾清运", "垃圾桶满了好几天没有人清理，味道很大"),
    ("停水停电", "没有通知就停水，做不了饭"),
    ("路灯不亮", "整条路晚上一片漆黑，老人不敢出门"),
    ("道路破损", "路面坑洼积水，电动车摔倒过人"),
    ("退费难", "健身房关门了，预付卡的钱退不回来"),
    ("房产证", "交房六年还办不下来房产证"),
    ("医保报销", "咨询异地住院的报销比例和材料"),
    ("公交改线", "公交车改线以后没有站点，上学不便"),
    ("油烟扰民", "楼下烧烤店没有装净化器，油烟直排"),
    ("井盖缺失", "人行道上一个井盖丢了，很危险"),
    ("学区划分", "咨询今年小学招生的学区范围"),
    ("漏水", "楼上卫生间漏水到楼下，物业推诿"),
    ("电梯故障", "电梯困人两次，维保单位不来"),
    ("扬尘污染", "渣土车不盖篷布，尘土飞扬"),
    ("低保申请", "残疾老人申请低保一直没有答复"),
    ("宅基地", "邻居建房占了公用的过道"),
    ("秸秆焚烧", "村东头有人烧秸秆，烟雾很大"),
    ("窨井冒水", "下雨后污水井往外冒，臭味难闻"),
    ("流浪犬", "小区里一群流浪狗追咬孩子"),
    ("盐碱地改良", "咨询盐碱地改良补贴怎么申领"),
)
_ENDINGS = ("请尽快处理。", "希望给个说法。", "多次反映没有结果。", "请求核实后回复。", "望有关部门解决。")
_WEIGHTS = [1 / (n + 1) for n in range(len(_MATTERS))]
#: The words that are looked for, and how common they are.
QUERIES = {
    "in every ticket": "反映",
    "in every fourth": "温度",
    "common": "供暖",
    "usual": "路灯",
    "two words": "路灯 梧桐",
    "phrase": "路面坑洼积水",
    "place": "黄河五路",
    "one character": "灯",
    "rare": "盐碱",
    "last winter only": "冰棱",
    "nowhere": "鲲鹏",
}


def corpus(count: int) -> Iterator[Document]:
    """So many tickets, oldest first, the same each time."""
    chance = random.Random(12345)  # noqa: S311 - the same tickets each time
    begin = _NEWEST - timedelta(days=count / _PER_DAY)
    for n in range(count):
        topic, detail = chance.choices(_MATTERS, _WEIGHTS)[0]
        place = f"{chance.choice(_DISTRICTS)}{chance.choice(_ROADS)}{chance.choice('一二三四五六七八九十')}路"
        estate = f"{''.join(chance.choices(_NAMES, k=2))}{chance.choice(_KINDS)}"
        matter = f"来电人反映{place}{estate}{chance.randint(1, 40)}号楼{topic}，{detail}，{chance.choice(_ENDINGS)}"
        if n < count // 10 and chance.random() < 0.3:  # noqa: PLR2004 - a third of the oldest tenth
            matter += "屋檐冰棱坠落伤人。"
        answer = f"经核实，{estate}的{topic}问题已由{place[:3]}有关单位现场处理，并向来电人说明情况，来电人认可。"
        is_open = n > count - 20_000 and chance.random() < 0.5  # noqa: PLR2004 - of the newest, half are not yet done
        title, body = matter.split("，", 1)
        facets = {
            UNIT: (f"unit-{min(int(chance.expovariate(0.03)), 199)}",),
            CATEGORY: (topic,),
            OPEN: ("yes" if is_open else "no",),
        }
        status = chance.choice(("in_handling", "awaiting_callback")) if is_open else "closed"
        text = body if is_open else body + answer
        yield Document(f"{n:032x}", begin + timedelta(days=n / _PER_DAY), title, text, status, facets)

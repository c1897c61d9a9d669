"""How another system's columns and words become ours: a TOML file that a person writes once.

.. code-block:: toml

    system = "原12345平台"
    limits = "inherit"                   # or "compute": the 5 WD anew
    skip = ["已办结", "已关闭"]           # of the status column: not open, left out
    dates = ["%Y/%m/%d %H:%M"]           # beside 2026-11-24 10:00:00

    [columns]                            # ours = theirs
    number = "工单编号"
    matter = "诉求内容"

    [fields]                             # what a category asks for = theirs, one column each;
    "小区" = "小区名称"                   # or columns.fields, of the kind 小区：阳光花园；楼号：3

    [values.category]                    # theirs = ours (a code or a name)
    "供热问题" = "0101"
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

#: What a column of theirs can become.
COLUMNS = {
    "number": "原工单编号",
    "matter": "诉求事项",
    "nature": "诉求性质",
    "category": "诉求类别",
    "place": "事发地",
    "address": "地址",
    "caller_name": "诉求人姓名",
    "contact": "联系方式",
    "caller_number": "来电号码",
    "opened_at": "受理时间",
    "unit": "承办单位",
    "sent_at": "派单时间",
    "due": "办理期限",
    "status": "状态",
    "urgency": "紧急程度",
    "confidential": "是否保密",
    "fields": "专项信息",
}
NEEDED = ("number", "matter", "opened_at")
_VALUES = ("nature", "category", "place", "unit", "urgency", "status")


class MappingError(Exception):
    """The mapping cannot be used; the message says what to change, in Chinese."""


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    system: str = Field(min_length=1, max_length=80)
    limits: Literal["inherit", "compute"] = "inherit"
    skip: list[str] = []
    dates: list[str] = []
    columns: dict[str, str]
    fields: dict[str, str] = {}
    values: dict[str, dict[str, str]] = {}


@dataclass(frozen=True)
class Mapping:
    """The mapping as it is used; ``inherit`` keeps the limits that the other system has set."""

    system: str
    columns: dict[str, str]
    inherit: bool = True
    skip: frozenset[str] = frozenset()
    dates: tuple[str, ...] = ()
    fields: dict[str, str] = field(default_factory=dict)
    values: dict[str, dict[str, str]] = field(default_factory=dict)

    def used(self) -> set[str]:
        """Every column of theirs that must be there."""
        return {*self.columns.values(), *self.fields.values()}


#: The mapping of what ``hotline export-tickets`` writes.
OWN = Path(__file__).with_name("own_export.toml")


def load_mapping(file: Path) -> Mapping:
    """Read a mapping.

    Raises:
        MappingError: it is none.
    """
    try:
        told = _File.model_validate(tomllib.loads(file.read_text(encoding="utf-8-sig")))
    except (OSError, UnicodeDecodeError) as error:
        raise MappingError(f"对照文件{file.name}无法读取:{error}") from error
    except tomllib.TOMLDecodeError as error:
        raise MappingError(f"对照文件{file.name}不是有效的 TOML:{error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise MappingError(f"对照文件{file.name}的「{where}」有误:{first['msg']}") from error
    if strange := sorted({*told.columns} - {*COLUMNS}):
        raise MappingError(f"[columns] 中没有「{strange[0]}」这一项;可用:{'、'.join(COLUMNS)}")
    if strange := sorted({*told.values} - {*_VALUES}):
        raise MappingError(f"[values] 中没有「{strange[0]}」这一项;可用:{'、'.join(_VALUES)}")
    if missing := [name for name in NEEDED if name not in told.columns]:
        raise MappingError(f"[columns] 缺少:{'、'.join(f'{name}({COLUMNS[name]})' for name in missing)}")
    return Mapping(
        told.system,
        told.columns,
        told.limits == "inherit",
        frozenset(told.skip),
        tuple(told.dates),
        told.fields,
        told.values,
    )

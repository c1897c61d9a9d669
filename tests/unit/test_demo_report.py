"""The report of the demonstration as people and machines read it."""

from __future__ import annotations

from simnet.demo.account import Account, Track
from simnet.demo.report import as_json, as_table


def _accounts() -> list[Account]:
    well = Account("ordinary", "普通来电", number="139****0101", outcome="answered", sip=200, over=True)
    well.recordings.append(Track("citizen", "caller", 12.34, "recordings/a.wav"))
    badly = Account("abnormal", "异常号码", sip=200, over=True, why=["热线接听了本应拒绝的来电"])
    return [well, badly]


def test_the_table_names_each_scene_and_says_why_not() -> None:
    """One row a scene, and the reason below the one that went wrong."""
    lines = as_table(_accounts()).splitlines()
    assert lines[2].split() == ["1", "普通来电", "139****0101", "已接通", "200", "—", "市民", "12.3秒", "是"]
    (row,) = [place for place, line in enumerate(lines) if line.startswith("2 异常号码")]
    assert lines[row].endswith("否")
    assert lines[-1] == "   不符:热线接听了本应拒绝的来电"


def test_one_scene_that_went_wrong_makes_the_whole_go_wrong() -> None:
    """The report as a whole is as expected only if each scene is, and a scene that is not over never is."""
    well, badly = _accounts()
    assert as_json([well], {})["as_expected"] is True
    assert as_json([well, badly], {})["as_expected"] is False
    assert as_json([Account("ordinary", "普通来电")], {})["as_expected"] is False

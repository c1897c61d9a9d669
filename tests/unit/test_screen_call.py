"""``hotline screen-call`` tells an operator why a call was refused (R6.5)."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import pytest

from hotline.cli import screen_call
from hotline.screening import policy
from hotline.settings import SettingsError, Trunk, load
from ivr.callerid import screen
from ivr.explanations import ARTICLE, EXPLANATIONS, RESTRICTING_ARTICLE, explain
from ivr.model import Reason, Verdict
from ivr.sipheaders import from_sip

pytestmark = pytest.mark.covers("R6.5")

ANONYMOUS = '"Anonymous" <sip:anonymous@anonymous.invalid>'
MOBILE = "<sip:13812345678@carrier.example>"


@pytest.fixture(autouse=True)
def _settings_of_nobody(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    monkeypatch.setenv("HOTLINE_CONFIG", str(tmp_path_factory.mktemp("settings") / "none.toml"))


def call(*arguments: str) -> int:
    """Run the verb as the command line does."""
    parser = argparse.ArgumentParser()
    screen_call.add(parser.add_subparsers(required=True))
    args = parser.parse_args(["screen-call", *arguments])
    status: int = args.run(args)
    return status


def answer(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    """The JSON object that the verb prints."""
    assert call(*arguments, "--json") == 0
    parsed: dict[str, Any] = json.loads(capsys.readouterr().out)
    return parsed


def test_a_hidden_caller_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    """The object has the five fields of its contract."""
    said = answer(capsys, "--from", ANONYMOUS)
    assert said.pop("explanation").startswith("不接通。主叫标明匿名")
    assert said == {"accepted": False, "reason": "withheld.anonymous", "number": "", "shadowed": False}


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--from", MOBILE), "accepted.mobile"),
        (("--from", "13812345678"), "accepted.mobile"),
        (("--from", ""), "withheld.empty"),
        (("--from", MOBILE, "--privacy", "id"), "withheld.privacy"),
        (("--from", ANONYMOUS, "--pai", MOBILE), "withheld.anonymous"),
        (("--from", "<sip:bob@h>", "--pai", "<tel:+865433123456>"), "accepted.landline"),
        (("--from", MOBILE, "--presentation", "restricted"), "withheld.restricted"),
        (("--from", MOBILE, "--presentation", "unavailable"), "withheld.unavailable"),
        (("--from", MOBILE, "--presentation", "allowed"), "accepted.mobile"),
        (("--from", MOBILE, "--presentation", "35"), "withheld.restricted"),
        (("--from", MOBILE, "--presentation", "0x43"), "withheld.unavailable"),
        (("--from", "054312345"), "abnormal.own-number"),
        (("--from", "0543110"), "abnormal.emergency-number"),
    ],
)
def test_every_option_counts(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], reason: str) -> None:
    """Each option reaches the screening."""
    said = answer(capsys, *arguments)
    assert (said["reason"], said["accepted"]) == (reason, reason.startswith("accepted."))


def test_the_sentence_says_why_by_which_article_and_what_is_heard(capsys: pytest.CaptureFixture[str]) -> None:
    """Without --json an operator reads a Chinese answer that can be given to the caller."""
    assert call("--from", MOBILE, "--presentation", "restricted") == 0
    text = capsys.readouterr().out
    for part in ("不接通", "限制显示", "第六条第(五)项", "来电号码不显示", "110、119、120、122", "withheld.restricted"):
        assert part in text


def test_the_settings_decide(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """City, own numbers, allow-list, trunks and international callers are this installation's."""
    monkeypatch.setenv("HOTLINE_AREA_CODE", "0531")
    monkeypatch.setenv("HOTLINE_OWN_NUMBERS", '["053187650000"]')
    monkeypatch.setenv("HOTLINE_ALLOW_NUMBERS", '["95598"]')
    monkeypatch.setenv("HOTLINE_ACCEPT_INTERNATIONAL", "false")
    monkeypatch.setenv("HOTLINE_TRUNKS", '[{"name": "police", "host": "192.0.2.1", "allow_listed": true}]')
    assert answer(capsys, "--from", "87654321")["number"] == "053187654321"
    assert answer(capsys, "--from", "87650000")["reason"] == "abnormal.own-number"
    assert answer(capsys, "--from", "95598")["reason"] == "accepted.allow-listed"
    assert answer(capsys, "--from", "+442071838750")["reason"] == "abnormal.international-off"
    assert answer(capsys, "--from", ANONYMOUS, "--trunk", "police")["accepted"] is True


def test_shadow_mode_shows(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A call taken in spite of the rules is shown as shadowed, with the rule's reason."""
    monkeypatch.setenv("HOTLINE_SCREENING", "shadow")
    said = answer(capsys, "--from", ANONYMOUS)
    assert (said["accepted"], said["shadowed"], said["reason"]) == (True, True, "withheld.anonymous")
    assert "只记录、不执行" in said["explanation"]


def test_a_trunk_that_is_not_set_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """A mistyped trunk does not pass for an answer about the right one; standard output stays JSON."""
    assert call("--from", MOBILE, "--trunk", "polise", "--json") == 0
    printed = capsys.readouterr()
    assert "polise" in printed.err
    assert json.loads(printed.out)["accepted"] is True


@pytest.mark.parametrize(
    "arguments",
    [(), ("--from", MOBILE, "--presentation", "hidden"), ("--from", MOBILE, "--presentation", "256"), ("--form", "1")],
)
def test_unusable_input_ends_with_status_2(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be understood gets no verdict but a usage line."""
    with pytest.raises(SystemExit) as ended:
        call(*arguments)
    assert ended.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_it_judges_as_the_live_path_does(capsys: pytest.CaptureFixture[str]) -> None:
    """The command prints the verdict of ``screen`` under the policy of the settings, nothing of its own."""
    for sender in (MOBILE, ANONYMOUS, "95588", "+442071838750", "\x00"):
        verdict = screen(from_sip(sender), policy(load()))
        said = answer(capsys, "--from", sender)
        assert said == {
            "accepted": verdict.accepted,
            "reason": str(verdict.reason),
            "number": verdict.number,
            "shadowed": verdict.shadowed,
            "explanation": explain(verdict),
        }


def test_the_policy_is_that_of_the_settings() -> None:
    """Each setting of screening reaches the policy; the hotline's own number is always among the own numbers."""
    trunks = (Trunk(name="police", host="192.0.2.1", allow_listed=True), Trunk(name="carrier", host="192.0.2.2"))
    rules = policy(load(trunks=trunks, own_numbers=("3190000",), screening_shadow=("abnormal", "withheld.empty")))
    assert rules.own_numbers == ("12345", "3190000")
    assert rules.allow_listed_trunks == {"police"}
    assert rules.shadow == {"abnormal", "withheld.empty"}
    assert (rules.area_code, rules.mode, rules.accept_international) == ("0543", "apply", True)


@pytest.mark.covers("R8.1", "A21")
def test_without_a_database_nobody_is_restricted(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As on the live path the call is taken; standard error says that the restrictions were not looked at."""
    monkeypatch.setenv("HOTLINE_RESTRICTING", "true")
    monkeypatch.setenv("HOTLINE_DATA_DIR", str(tmp_path))
    assert call("--from", MOBILE, "--json") == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["reason"] == "accepted.mobile"
    assert "数据库不可用" in printed.err


@pytest.mark.parametrize("code", ["abnormal.lenght", "accepted", "accepted.mobile", ""])
def test_a_shadow_code_that_does_not_exist_is_refused_at_start(code: str) -> None:
    """A mistyped reason would apply a rule that was meant to be tried out first."""
    with pytest.raises(SettingsError, match="HOTLINE_SCREENING_SHADOW"):
        policy(load(screening_shadow=(code,)))


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_is_explained_in_chinese(reason: Reason) -> None:
    """A refusal's text names the article and what is heard; an acceptance's names neither."""
    accepted = reason.startswith("accepted.")
    text = explain(Verdict(accepted, reason, ""))
    assert EXPLANATIONS[reason].removesuffix("。") in text
    article = RESTRICTING_ARTICLE if reason is Reason.RESTRICTED_NUMBER else ARTICLE
    assert (article in text, "紧急情况" in text) == (not accepted, not accepted)
    assert article in explain(Verdict(True, reason, "", shadowed=True))  # noqa: FBT003 - accepted, as shadowed calls are

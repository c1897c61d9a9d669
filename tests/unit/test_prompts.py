"""The words of the announcements, and how numbers are read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hotline.settings import Settings
from hotline.voice_alaw import LOUDEST, decode, encode
from hotline.voice_pinyin import spoken
from hotline.voice_sound import PEAK, RATE, SPEECH_LEVEL, SoundError, at_level, for_telephone, loudness, tone, trimmed
from hotline.voice_texts import TextsError, announcements, names
from ivr.prompts import LARGEST, Prompt, digits, number

_FIGURES = "零一二三四五六七八九"
_WORDS = {
    **{f"digits/{value}": word for value, word in enumerate(_FIGURES)},
    **{f"digits/{value}0": f"{word}十" for value, word in enumerate(_FIGURES) if value > 1},
    "digits/10": "十",
    "digits/hundred": "百",
    "digits/thousand": "千",
    "digits/wan": "万",
    "digits/yi": "亿",
    "digits/minus": "负",
    "digits/liang": "两",
}


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (0, "零"),
        (2, "二"),
        (10, "十"),
        (12, "十二"),
        (20, "二十"),
        (99, "九十九"),
        (100, "一百"),
        (105, "一百零五"),
        (110, "一百一十"),
        (112, "一百一十二"),
        (200, "二百"),
        (1000, "一千"),
        (1001, "一千零一"),
        (1010, "一千零一十"),
        (2000, "两千"),
        (2022, "两千零二十二"),
        (10_000, "一万"),
        (10_001, "一万零一"),
        (10_110, "一万零一百一十"),
        (20_002, "两万零二"),
        (22_222, "两万两千二百二十二"),
        (100_010, "十万零一十"),
        (120_000, "十二万"),
        (1_002_000, "一百万两千"),
        (10_000_000, "一千万"),
        (20_020_000, "两千零二万"),
        (100_000_001, "一亿零一"),
        (100_020_000, "一亿零两万"),
        (200_002_000, "两亿零两千"),
        (10_010_000_000, "一百亿一千万"),
        (LARGEST, "九千九百九十九亿九千九百九十九万九千九百九十九"),
        (-12, "负十二"),
    ],
)
def test_quantities_are_read_as_in_chinese(value: int, read: str) -> None:
    """A quantity is read with 零, 两 and the sections of four figures where Chinese has them."""
    assert "".join(_WORDS[word] for word in number(value)) == read


def test_two_before_a_measure_word_is_liang() -> None:
    """2 分钟 is 两分钟, 12 分钟 stays 十二分钟."""
    assert number(2, measured=True) == ("digits/liang",)
    assert number(12, measured=True) == number(12)


def test_a_number_beyond_the_words_is_refused() -> None:
    """There is no word for 万亿 in the sounds, so such a number is not read out wrongly."""
    with pytest.raises(ValueError, match="beyond the largest"):
        number(LARGEST + 1)


def test_a_telephone_number_is_read_figure_by_figure() -> None:
    """Figures of a number come from the folder where 1 is 幺; hyphens, spaces and the plus are not spoken."""
    assert digits("110") == ("tel/1", "tel/1", "tel/0")
    assert digits("0543-316 00") == tuple(f"tel/{figure}" for figure in "054331600")
    assert digits("+442") == ("tel/4", "tel/4", "tel/2")


@pytest.mark.parametrize("text", ["", "-", "1380a", "12*3", "１２３", "<script>"])
def test_what_is_no_number_is_not_read_out(text: str) -> None:
    """Letters, signs, full-width figures and emptiness are refused, and the message does not repeat them."""
    with pytest.raises(ValueError, match="only figures") as refused:
        digits(text)
    assert not text.strip("-") or text not in str(refused.value)


def test_every_word_that_code_may_play_has_a_text() -> None:
    """Each Prompt, and each sound file of numbers, stands in the file of texts."""
    numbers = set(_WORDS) | {f"tel/{figure}" for figure in range(10)}
    assert {*Prompt, *numbers} <= names()


def test_the_words_of_asterisks_queue_are_there() -> None:
    """Queue says nothing in a language for which a file is missing, so none of its words may be missing."""
    said = "youarenext thereare callswaiting quantity1 quantity2 holdtime minute minutes seconds thankyou"
    said += " periodic-announce reporthold"
    assert {f"queue-{word}" for word in said.split()} <= names()


@pytest.mark.covers("R6.5", "R8.1", "A14")
def test_a_refused_caller_first_hears_where_emergencies_are_answered() -> None:
    """All refusals begin with the four emergency numbers, before the reason."""
    texts = announcements(Settings())
    for refusal in (Prompt.REFUSED_WITHHELD, Prompt.REFUSED_ABNORMAL, Prompt.REFUSED_RESTRICTED):
        first = texts[refusal].text.split("。")[0]
        assert all(service in first for service in ("110", "119", "120", "122"))


@pytest.mark.covers("R7.1")
@pytest.mark.parametrize("service", ["110", "119", "120", "122"])
def test_a_caller_whose_emergency_route_failed_learns_the_number_to_dial(service: str) -> None:
    """The caller is told to dial the service directly, and that a person comes to those who stay."""
    text = announcements(Settings())[Prompt(f"emergency-failed-{service}")].text
    assert f"直接拨打{service}" in text
    assert text.index("直接拨打") < text.index("话务员")


def test_the_city_and_its_keys_are_filled_in() -> None:
    """What a city sets is what its citizens hear."""
    texts = announcements(Settings(city_name="德州市", emergency_key="8", callback_key="3"))
    assert "德州市12345" in texts[Prompt.GREETING].text
    assert "紧急求助请按8" in texts[Prompt.RECORDED].text
    assert "回拨请按3,紧急情况请按8" in texts["queue-periodic-announce"].text


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[a]\ntext = ''", r"\[a\].*text is empty"),
        ("[a]\nwords = 'x'", r"\[a\].*words"),
        ("[a]\ntext = '{town}'", r"\[a\].*\{city\}"),
        ("[a", "texts.toml"),
        (None, "is missing"),
    ],
)
def test_a_wrong_file_of_texts_is_named_with_the_entry(tmp_path: Path, text: str | None, fault: str) -> None:
    """Whoever edits the texts is told which entry is wrong."""
    path = tmp_path / "texts.toml"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(TextsError, match=fault):
        announcements(Settings(), path)


@pytest.mark.parametrize(
    ("text", "pinyin"),
    [
        ("按1", "an4 yi1"),
        ("拨打110、12345。", "bo1 da3 yao1 yao1 ling2, yao1 er4 san1 si4 wu3."),
        ("24小时", "er4 shi2 si4 xiao3 shi2"),
        ("10位", "shi2 wei4"),
        ("05", "ling2 wu3"),
        ("重新再说一遍", "chong2 xin1 zai4 shuo1 yi2 bian4"),
        ("第一位", "di4 yi1 wei4"),
        ("我不去", "wo3 bu2 qu4"),
        ("不能", "bu4 neng2"),
        ("一家", "yi4 jia1"),
        ("为您……服务!", "wei4 nin2. fu2 wu4."),
        ("“绿”色", "lv4 se4"),
        ("nin2 hao3, 市民", "nin2 hao3, shi4 min2"),
    ],
)
def test_texts_become_pinyin_as_they_are_read(text: str, pinyin: str) -> None:
    """Figures, polyphones, the tones of 一 and 不, and pauses come out as a speaker would read them."""
    assert spoken(text) == pinyin


@pytest.mark.parametrize("text", ["VIP客户", "50%", "a"])
def test_what_has_no_reading_is_named(text: str) -> None:
    """A letter or sign is refused instead of being spoken as noise."""
    with pytest.raises(ValueError, match="has no reading"):
        spoken(text)


def test_a_law_codes_every_level_and_its_own_codes() -> None:
    """Each of the 256 codes survives a round trip; samples come back within half a step; too loud ones are clipped."""
    codes = bytes(range(256))
    assert encode(decode(codes)) == codes
    samples = np.linspace(-LOUDEST, LOUDEST, 20_001)
    # A step is at most 1/16 of the value, and 16 of 32,768 for the softest.
    assert np.all(np.abs(decode(encode(samples)) - samples) <= np.maximum(np.abs(samples) / 32, 8 / 32768) + 1e-9)
    assert decode(encode(np.array([4.0, -4.0]))).tolist() == [LOUDEST, -LOUDEST]
    # From the tables of G.711: silence is D5 (positive) and 55 (negative) with the even bits inverted.
    assert encode(np.array([0.0, -1e-6])) == b"\xd5\x55"


def test_loudness_is_reached_without_clipping() -> None:
    """A soft, peaky sound is brought to the level, and its peaks stay under the limit."""
    clicks = np.random.default_rng(1).standard_normal(RATE) * 0.01
    clicks[::400] = 0.2
    loud = at_level(clicks)
    assert loudness(loud) == pytest.approx(SPEECH_LEVEL, abs=0.5)
    assert np.abs(loud).max() <= PEAK


def test_only_the_telephones_band_stays() -> None:
    """A tone of 1,000 Hz passes, 50 Hz and a constant offset do not, and 6,000 Hz does not fold back."""
    seconds = np.arange(44_100) / 44_100
    tones = [0.2 * np.sin(2 * np.pi * hertz * seconds) for hertz in (50, 1000, 6000)]
    mixed = 0.3 + np.sum(tones, axis=0)
    spectrum = np.abs(np.fft.rfft(for_telephone(mixed, 44_100)))[: RATE // 2]
    assert int(spectrum.argmax()) == 1000
    peak = spectrum[1000]
    spectrum[990:1011] = 0
    assert spectrum.max() < 0.01 * peak


def test_silence_around_a_sound_has_the_length_asked_for() -> None:
    """Whatever silence the source had, the result has what was asked for, up to three frames of its edges."""
    padded = np.concatenate((np.zeros(9000), tone(1000, 0.4), np.zeros(3000)))
    assert trimmed(padded, head=0.1, tail=0.2).size / RATE == pytest.approx(0.73, abs=0.031)
    with pytest.raises(SoundError, match="silent"):
        trimmed(np.zeros(8000), head=0.1, tail=0.1)

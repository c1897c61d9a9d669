"""The announcements as sounds: made by the real espeak-ng, or taken from studio recordings."""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import wave
from pathlib import Path

import numpy as np
import pytest

from hotline.cli import prompts
from hotline.settings import Settings
from hotline.voice import LANGUAGE, Voice, VoiceError, synthesise
from hotline.voice_alaw import LOUDEST, Samples, decode
from hotline.voice_build import State, build, music_dir, sound_path, standings, strange_files
from hotline.voice_pinyin import spoken
from hotline.voice_sound import MUSIC_LEVEL, RATE, SPEECH_LEVEL, loudness
from hotline.voice_texts import MUSIC, announcements, names


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """An installation whose announcements are all made; tests of this module only read it."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("made"))
    build(settings)
    return settings


@pytest.fixture
def settings(made: Settings, tmp_path: Path) -> Settings:
    """An installation of the test's own whose announcements are all made."""
    shutil.copytree(made.data_dir, tmp_path, dirs_exist_ok=True)
    return made.model_copy(update={"data_dir": tmp_path})


def _heard(settings: Settings, name: str) -> Samples:
    return decode(sound_path(settings, name).read_bytes())


def _states(settings: Settings) -> dict[str, State]:
    return {standing.name: standing.state for standing in standings(settings)}


def _studio(settings: Settings, name: str, *, hertz: float = 700, channels: int = 1, width: int = 2) -> Path:
    """A WAV of a second at 48,000 Hz, as a studio might deliver it: loud, with silence around it."""
    path = settings.studio_dir / f"{name}.wav"
    path.parent.mkdir(parents=True, exist_ok=True)
    sound = np.zeros(96_000)
    sound[24_000:72_000] = 0.9 * np.sin(2 * np.pi * hertz * np.arange(48_000) / 48_000)
    samples = np.repeat((sound * 32767).astype("<i2"), channels)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(48_000)
        file.writeframes(samples.tobytes())
    return path


def test_every_announcement_can_be_heard(made: Settings) -> None:
    """Each is there, is no longer than people bear, is not clipped, and has no constant offset."""
    assert set(_states(made).values()) == {State.SYNTHESISED}
    for name in names():
        sound = _heard(made, name)
        assert 0.25 < sound.size / RATE < 30, name
        assert np.abs(sound).max() < LOUDEST, name
        assert abs(sound.mean()) < 0.001, name


def test_all_announcements_are_equally_loud(made: Settings) -> None:
    """No sound stands out of the others by more than a decibel; music is softer, so that a person is heard over it."""
    assert MUSIC_LEVEL <= SPEECH_LEVEL - 6
    for name in names():
        level = MUSIC_LEVEL if name.startswith(MUSIC) else SPEECH_LEVEL
        assert loudness(_heard(made, name)) == pytest.approx(level, abs=1), name


def test_nobody_waits_through_silence_before_or_after_a_sound(made: Settings) -> None:
    """Speech begins within 0.1 s and ends within 0.4 s of the ends of its file."""
    for name in names():
        if name.startswith(MUSIC):
            continue
        audible = np.flatnonzero(np.abs(_heard(made, name)) > 0.02)
        assert audible[0] < 0.1 * RATE, name
        assert _heard(made, name).size - audible[-1] < 0.4 * RATE, name


def test_espeak_reads_every_text_syllable_by_syllable(made: Settings) -> None:
    """Each syllable of the pinyin becomes one syllable with one tone: none is spelled out letter by letter."""
    texts = [text for text in announcements(made).values() if not (text.tone or text.melody)]
    for text in texts:
        pinyin = spoken(text.spelled)
        run = subprocess.run(
            ["espeak-ng", "-q", "-x", "-v", LANGUAGE, "--stdin"],
            input=pinyin.encode(),
            capture_output=True,
            check=True,
        )
        tones = re.findall(r"\d{2,3}", run.stdout.decode())
        assert len(tones) == len(re.findall(r"[1-5]", pinyin)), (pinyin, run.stdout.decode())


def test_a_second_build_makes_nothing(made: Settings) -> None:
    """What is fresh is left alone: no file is written again."""
    paths = [sound_path(made, name) for name in names()]
    before = {path: path.stat().st_mtime_ns for path in paths}
    build(made)
    assert {path: path.stat().st_mtime_ns for path in paths} == before


def test_music_stands_in_a_folder_of_its_own(made: Settings) -> None:
    """Asterisk plays every file of the music folder, so only music is in it."""
    assert [path.name for path in music_dir(made).iterdir()] == ["waiting.alaw"]


def test_what_a_city_changes_becomes_stale_and_is_made_again(settings: Settings) -> None:
    """A change of the city's name makes the greeting stale and nothing else; a lost file is missing."""
    old = _heard(settings, "greeting").size
    moved = settings.model_copy(update={"city_name": "乌鲁木齐市"})
    sound_path(moved, "goodbye").unlink()
    assert {name: state for name, state in _states(moved).items() if state != State.SYNTHESISED} == {
        "greeting": State.STALE,
        "goodbye": State.MISSING,
    }
    build(moved)
    assert set(_states(moved).values()) == {State.SYNTHESISED}
    assert _heard(moved, "greeting").size > old


def test_a_spoilt_sound_or_stamp_is_made_again(settings: Settings) -> None:
    """A file cut short by a full disk is stale; without a readable stamp everything is."""
    whole = sound_path(settings, "greeting").read_bytes()
    sound_path(settings, "greeting").write_bytes(whole[:100])
    assert _states(settings)["greeting"] == State.STALE
    (settings.sounds_dir / "made.json").write_text('{"greeting": 3}', encoding="utf-8")
    assert set(_states(settings).values()) == {State.STALE}
    build(settings)
    assert sound_path(settings, "greeting").read_bytes() == whole


@pytest.mark.parametrize("channels", [1, 2])
def test_a_studio_recording_wins(settings: Settings, channels: int) -> None:
    """A recording in the folder is heard instead, as loud as the rest and with its silence trimmed."""
    file = _studio(settings, "digits/7", hertz=700, channels=channels)
    assert _states(settings)["digits/7"] == State.STALE
    build(settings)
    assert _states(settings)["digits/7"] == State.RECORDED
    sound = _heard(settings, "digits/7")
    assert np.abs(np.fft.rfft(sound)).argmax() * RATE / sound.size == pytest.approx(700, abs=2)
    assert loudness(sound) == pytest.approx(SPEECH_LEVEL, abs=1)
    assert sound.size / RATE == pytest.approx(1.1, abs=0.1)

    file.unlink()
    assert _states(settings)["digits/7"] == State.STALE
    build(settings)
    assert _states(settings)["digits/7"] == State.SYNTHESISED


def test_a_bad_studio_recording_is_named_and_the_voice_stays(settings: Settings) -> None:
    """8-bit sound, a text called .wav and silence are named with their fault; the made sound is still heard."""
    before = {name: _heard(settings, name).tolist() for name in ("goodbye", "greeting", "recorded")}
    _studio(settings, "goodbye", width=1)
    (settings.studio_dir / "greeting.wav").write_bytes(b"no sound at all")
    (settings.studio_dir / "recorded.alaw").write_bytes(b"\xd5" * 8000)
    problems = {standing.name: standing.problem for standing in build(settings) if standing.problem}
    assert set(problems) == {"goodbye", "greeting", "recorded"}
    assert "goodbye.wav is not used: it has 8 bits" in problems["goodbye"]
    assert "greeting.wav is not used: it is no WAV" in problems["greeting"]
    assert "recorded.alaw is not used: it is silent" in problems["recorded"]
    assert {name: _heard(settings, name).tolist() for name in before} == before


def test_a_misspelt_studio_recording_is_pointed_out(settings: Settings) -> None:
    """A file that no announcement is called after is not passed over in silence."""
    file = _studio(settings, "greting")
    _studio(settings, "greeting")
    assert strange_files(settings) == [file]


def test_a_missing_espeak_is_said_with_its_cure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the program the message says what to install."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(VoiceError, match="apt install espeak-ng"):
        synthesise("您好", tmp_path / "hello.alaw")


def test_citizens_and_seats_can_have_voices_of_their_own(tmp_path: Path) -> None:
    """Chinese or pinyin is spoken by the voice asked for, at the loudness of all speech."""
    seconds = synthesise("我们小区停水了。", tmp_path / "man.alaw", Voice("m2"))
    synthesise("wo3 men5 xiao3 qu1 ting2 shui3 le5.", tmp_path / "same.alaw", Voice("m2"))
    synthesise("我们小区停水了。", tmp_path / "woman.alaw", Voice("f2"))
    man, same, woman = ((tmp_path / f"{name}.alaw").read_bytes() for name in ("man", "same", "woman"))
    assert seconds == len(man) / RATE
    assert man == same
    assert man != woman
    assert loudness(decode(man)) == pytest.approx(SPEECH_LEVEL, abs=1)


def test_the_command_lists_and_builds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """``prompts`` says what is missing, ``prompts build`` makes it, and ``--json`` is for other programs."""
    monkeypatch.setenv("HOTLINE_DATA_DIR", str(tmp_path))
    parser = argparse.ArgumentParser()
    prompts.add(parser.add_subparsers())

    def run(*words: str) -> str:
        args = parser.parse_args(["prompts", *words])
        assert args.run(args) == 0
        return capsys.readouterr().out

    assert re.search(r"greeting +missing +0\.0 s +您好,滨州市", run())
    assert f"{len(names())} synthesised" in run("build")
    (greeting,) = [entry for entry in json.loads(run("list", "--json")) if entry["name"] == "greeting"]
    assert greeting["state"] == "synthesised"
    assert greeting["seconds"] > 3
    assert greeting["text"].startswith("您好")

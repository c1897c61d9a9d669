"""The Docker files agree with the settings, with the scripts of set-up, and with each other."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from hotline.settings import Settings

CHECKOUT = Path(__file__).resolve().parents[2]
HALVES = ("asterisk", "hotline")


def without_variables(text: str) -> str:
    """The file as Compose reads it where nothing is set: each ``${NAME:-default}`` is its default."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)


COMPOSE_TEXT = (CHECKOUT / "docker-compose.yml").read_text(encoding="utf-8")
DOCKERFILE = (CHECKOUT / "Dockerfile").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    """The services of docker-compose.yml, by name."""
    read: dict[str, Any] = yaml.safe_load(without_variables(COMPOSE_TEXT))
    return dict(read["services"])


def published(services: dict[str, Any]) -> dict[tuple[str, str], tuple[str, str]]:
    """Published ports: (ports inside, protocol) → (address on the host, ports on the host)."""
    found = {}
    for entry in services["network"]["ports"]:
        match = re.fullmatch(r"(?:([\d.]+):)?([\d-]+):([\d-]+)/(udp|tcp)", entry)
        assert match, entry
        found[match[3], match[4]] = (match[1] or "", match[2])
    return found


def environment(services: dict[str, Any], half: str) -> dict[str, str]:
    """The variables of one half, as a process sees them."""
    return {name: str(value) for name, value in services[half]["environment"].items()}


def inside(services: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings that the service in the container has."""
    for name, value in environment(services, "hotline").items():
        monkeypatch.setenv(name, value)
    return Settings()


def test_every_variable_is_a_setting() -> None:
    """A variable in the Docker files that is no setting would be refused at the start, or do nothing."""
    named = set(re.findall(r"\bHOTLINE_[A-Z_]+\b", COMPOSE_TEXT + DOCKERFILE))
    known = {f"HOTLINE_{name.upper()}" for name in Settings.model_fields} | {"HOTLINE_CACHE"}
    assert named
    assert named <= known


def test_both_halves_are_one_image_with_the_same_settings(services: dict[str, Any]) -> None:
    """Asterisk and the service come from one build, see the same settings and share the data directory."""
    first, second = (services[half] for half in HALVES)
    for shared in ("image", "build", "environment", "volumes", "env_file"):
        assert first[shared] == second[shared]
    assert services["network"]["image"] == first["image"]
    assert [services[half]["command"] for half in HALVES] == [["hotline", "asterisk"], ["hotline", "service"]]


def test_what_is_published_is_what_the_settings_say(
    services: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """HTTP, SIP over both transports and the range for speech are published, each under its own number."""
    monkeypatch.chdir(tmp_path)
    settings = inside(services, monkeypatch)
    speech = f"{settings.rtp_start}-{settings.rtp_end}"
    sip = str(settings.sip_port)
    ports = published(services)
    assert set(ports) == {(str(settings.http_port), "tcp"), (sip, "udp"), (sip, "tcp"), (speech, "udp")}
    assert all(within == outside for (within, _), (_, outside) in ports.items())
    assert settings.sip_host == settings.http_host == "0.0.0.0"  # noqa: S104 - else Docker could not pass anything on


def test_the_ports_are_those_of_an_installation_without_docker(services: dict[str, Any]) -> None:
    """Who moves from one to the other finds HTTP, SIP and the start of the range where they were."""
    usual = {name: field.default for name, field in Settings.model_fields.items()}
    numbers = {within.split("-")[0] for within, _ in published(services)}
    assert numbers == {str(usual["http_port"]), str(usual["sip_port"]), str(usual["rtp_start"])}


def test_the_range_for_speech_is_enough_for_the_calls(
    services: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Four ports for each call that may be up at once: the last caller is not connected to silence."""
    monkeypatch.chdir(tmp_path)
    settings = inside(services, monkeypatch)
    assert settings.rtp_end - settings.rtp_start + 1 >= 4 * settings.max_calls


def test_ami_is_reached_from_nowhere_else(services: dict[str, Any]) -> None:
    """AMI's port is not published, and both halves stand in one network of their own, where AMI is on 127.0.0.1."""
    assert str(Settings.model_fields["ami_port"].default) not in COMPOSE_TEXT
    assert {services[half]["network_mode"] for half in HALVES} == {"service:network"}
    assert not any("ports" in services[half] for half in HALVES)
    manager = (CHECKOUT / "asterisk-config" / "manager.conf").read_text(encoding="utf-8")
    assert re.search(r"^bindaddr\s*=\s*127\.0\.0\.1$", manager, re.MULTILINE)


def test_the_pages_are_for_this_machine_alone(services: dict[str, Any]) -> None:
    """As without Docker, HTTP is for this machine; who wants more puts a proxy with TLS in front."""
    address, _ = published(services)[str(Settings.model_fields["http_port"].default), "tcp"]
    assert address == Settings.model_fields["http_host"].default


def test_a_crash_of_one_half_leaves_the_network_to_the_other(services: dict[str, Any]) -> None:
    """The network belongs to a container that does nothing and so does not crash; each half is started again."""
    assert services["network"]["command"] == ["sleep", "infinity"]
    assert {service["restart"] for service in services.values()} == {"unless-stopped"}


def test_stopping_lets_the_calls_end(services: dict[str, Any]) -> None:
    """Docker waits for longer than the service does for the present calls, and stops Asterisk after it."""
    grace = int(services["hotline"]["stop_grace_period"].removesuffix("s"))
    assert grace > Settings.model_fields["drain_seconds"].default
    assert list(services["hotline"]["depends_on"]) == ["asterisk"]


def test_the_scripts_that_are_called_can_be_run(services: dict[str, Any]) -> None:
    """Every script that the Docker files and the Makefile name is there and executable."""
    texts = (DOCKERFILE, (CHECKOUT / "Makefile").read_text(encoding="utf-8"), (CHECKOUT / ".ci/run").read_text())
    named = {name for text in texts for name in re.findall(r"scripts/\w+", text)}
    named |= {services[half]["healthcheck"]["test"][1] for half in HALVES}
    assert {"scripts/setup", "scripts/health", "scripts/test"} <= named
    assert [name for name in named if not os.access(CHECKOUT / name, os.X_OK)] == []


def test_each_half_is_asked_after_its_own_health(services: dict[str, Any]) -> None:
    """Asterisk and the service are checked by the script, each by its own question."""
    asked = [services[half]["healthcheck"]["test"] for half in HALVES]
    assert asked == [["CMD", "scripts/health", "asterisk"], ["CMD", "scripts/health", "service"]]


def test_the_image_is_made_by_the_scripts_that_make_runs() -> None:
    """The image's parts are all that `make run` sets up on a machine, by the same script."""
    setup = (CHECKOUT / "scripts" / "setup").read_text(encoding="utf-8")
    usual = re.search(r"set -- ([a-z ]+)$", setup, re.MULTILINE)
    assert usual
    built = {part for parts in re.findall(r"RUN scripts/setup ([a-z ]+)", DOCKERFILE) for part in parts.split()}
    assert built == set(usual[1].split())
    assert "COPY hotline/__init__.py hotline/toolchain.py hotline/" in DOCKERFILE


def test_nothing_runs_as_root_and_nothing_secret_is_in_the_files(services: dict[str, Any]) -> None:
    """The image changes to a user of its own before anything is started; passwords are made in the volume."""
    lines = [line for line in DOCKERFILE.splitlines() if line.startswith(("USER", "CMD", "ENTRYPOINT"))]
    assert lines[0] == "USER hotline"
    assert all(service["cap_drop"] == ["ALL"] for service in services.values())
    assert not re.search(r"(password|secret|token)\w*\s*[:=]\s*\S", COMPOSE_TEXT + DOCKERFILE, re.IGNORECASE)
    ignored = (CHECKOUT / ".dockerignore").read_text(encoding="utf-8").split()
    assert {"var", "hotline.env", "hotline.toml", ".git", ".venv"} <= set(ignored)

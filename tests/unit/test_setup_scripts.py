"""The set-up scripts: the Asterisk that is found or made, and the packages that are installed.

They run in a checkout of their own, with an Asterisk and a package archive that are a few lines of shell.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from hotline import toolchain
from hotline.toolchain import REQUIRED_MODULES

CHECKOUT = Path(__file__).resolve().parents[2]
TREE_LIB = "usr/lib/x86_64-linux-gnu"

LOADER = """#!/bin/sh
shift 2
exec sh "$@"
"""


# ---- scripts/asterisk -----------------------------------------------------------------------------------------------


class Machine:
    """A checkout with only what the script needs, a cache, and a PATH on which its programs can be replaced."""

    def __init__(self, home: Path) -> None:
        self.checkout, self.bin, self.cache = home / "checkout", home / "bin", home / "cache"
        shutil.copytree(CHECKOUT / "scripts", self.checkout / "scripts")
        (self.checkout / "hotline").mkdir()
        for name in ("__init__.py", "toolchain.py"):
            shutil.copy(CHECKOUT / "hotline" / name, self.checkout / "hotline" / name)
        self.bin.mkdir()
        self.fetched = home / "fetched"
        # Hides one that the machine may have, which is no part of these tests.
        self.program("asterisk", "exit 1")

    def program(self, name: str, script: str) -> Path:
        """Put a program on the PATH, instead of the system's."""
        path = self.bin / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return path

    def archive(self, version: str = "22.10.1", without: str = "") -> None:
        """What the package archive holds from now on: an Asterisk of this version that may lack a module."""
        with tarfile.open(self.checkout.parent / "debian.tar", "w") as tar:

            def put(name: str, content: str, mode: int) -> None:
                entry = tarfile.TarInfo(f"./{name}")
                entry.size, entry.mode = len(content), mode
                tar.addfile(entry, io.BytesIO(content.encode()))

            put(f"{TREE_LIB}/ld-linux-x86-64.so.2", LOADER, 0o755)
            put("usr/sbin/asterisk", f"#!/bin/sh\necho 'Asterisk {version}~dfsg+~cs6-1'\n", 0o755)
            put("usr/share/asterisk/documentation/core.xml", "<docs/>", 0o644)
            put("usr/share/doc/asterisk/copyright", "GPL", 0o644)
            put("usr/share/man/man8/asterisk.8", "man", 0o644)
            put("var/lib/dpkg/status", "Package: asterisk", 0o644)
            for module in set(REQUIRED_MODULES) - {without}:
                put(f"{TREE_LIB}/asterisk/modules/{module}.so", "", 0o644)
        self.program("mmdebstrap", f"echo fetched >>'{self.fetched}'; cat '{self.checkout.parent / 'debian.tar'}'")

    def fetches(self) -> int:
        """How often the package archive was asked."""
        return len(self.fetched.read_text().split()) if self.fetched.exists() else 0

    def run(self, *args: str) -> subprocess.CompletedProcess[str]:
        """Run scripts/asterisk to its end."""
        return self.start(*args)(30)

    def start(self, *args: str) -> _Finish:
        """Start scripts/asterisk."""
        path = f"{self.bin}:{os.defpath}"
        environment = {"PATH": path, "HOME": str(self.cache), "HOTLINE_CACHE": str(self.cache), "LC_ALL": "C.UTF-8"}
        return _Finish(
            subprocess.Popen(
                [str(self.checkout / "scripts" / "asterisk"), *args],
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )

    def found(self) -> dict[str, str]:
        """The description that the script left."""
        said: dict[str, str] = json.loads((self.checkout / "var/toolchain/asterisk.json").read_text())
        return said


class _Finish:
    """A started script; called, it waits for the end."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def __call__(self, seconds: float) -> subprocess.CompletedProcess[str]:
        output, errors = self._process.communicate(timeout=seconds)
        return subprocess.CompletedProcess(self._process.args, self._process.returncode, output, errors)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine without an Asterisk, and an archive that has one."""
    made = Machine(tmp_path)
    made.archive()
    return made


def system_asterisk(machine: Machine, version: str, without: str = "") -> Path:
    """Give the machine an Asterisk of its own; returns its modules' directory."""
    modules = machine.cache.parent / "system" / "modules"
    modules.mkdir(parents=True)
    for module in set(REQUIRED_MODULES) - {without}:
        (modules / f"{module}.so").touch()
    machine.program("asterisk", f"echo 'Asterisk {version}'")
    conf = machine.cache.parent / "system" / "asterisk.conf"
    conf.write_text(f"[directories](!)\nastmoddir => {modules}\nastdatadir => {modules}\n")
    script = machine.checkout / "scripts" / "asterisk"
    script.write_text(script.read_text().replace("/etc/asterisk/asterisk.conf", str(conf)))
    return modules


def test_a_private_asterisk_is_made_once_and_shared(machine: Machine) -> None:
    """The first set-up fetches; the next does nothing; a fresh checkout on the same machine takes it from the cache."""
    made = machine.run()
    assert made.returncode == 0, made.stderr
    found = machine.found()
    assert (found["version"], found["origin"]) == ("22.10.1", "tree")
    said = subprocess.run([found["binary"], "-V"], capture_output=True, text=True, check=True).stdout
    assert said.startswith("Asterisk 22.10.1")
    assert toolchain.missing_modules(Path(found["modules"])) == []
    assert (Path(found["data"]) / "documentation/core.xml").exists()
    again = machine.run()
    assert (again.returncode, again.stderr) == (0, "")
    shutil.rmtree(machine.checkout / "var")
    assert machine.run().returncode == 0
    assert machine.fetches() == 1
    assert machine.found() == found


def test_documentation_for_people_is_left_out(machine: Machine) -> None:
    """The tree holds what Asterisk needs and its licence, and no leftovers of the making."""
    machine.run()
    (tree,) = machine.cache.glob("asterisk-*")
    assert not (tree / "usr/share/man").exists()
    assert (tree / "usr/share/doc/asterisk/copyright").exists()
    assert sorted(path.name for path in machine.cache.iterdir()) == [".lock", tree.name]


def test_two_checkouts_at_once_fetch_once(machine: Machine, tmp_path: Path) -> None:
    """Set-ups that run at the same time share one tree: the second waits for the first and takes its tree."""
    other = Machine(tmp_path / "other")
    other.cache, other.bin = machine.cache, machine.bin
    finishes = [machine.start(), other.start()]
    assert [finish(30).returncode for finish in finishes] == [0, 0]
    assert machine.fetches() == 1
    assert machine.found()["modules"] == other.found()["modules"]


def test_a_fetch_that_fails_leaves_nothing(machine: Machine) -> None:
    """Without a way to the archive the end of its log is shown, in words, and no half tree stays behind."""
    machine.program("mmdebstrap", "echo 'E: no way to the mirror' >&2; exit 1")
    failed = machine.run()
    assert failed.returncode == 1
    assert "no way to the mirror" in failed.stderr
    assert "set-up cannot go on: Asterisk could not be fetched" in failed.stderr
    assert [path.name for path in machine.cache.iterdir()] == [".lock"]
    assert not (machine.checkout / "var/toolchain/asterisk.json").exists()
    machine.archive()
    assert machine.run().returncode == 0


def test_a_fetched_asterisk_without_a_module_is_refused(machine: Machine) -> None:
    """When the archive's Asterisk lacks a module, set-up names it instead of starting something that fails later."""
    machine.archive(without="app_queue")
    refused = machine.run()
    assert refused.returncode == 1
    assert "lacks modules: app_queue" in refused.stderr
    assert [path.name for path in machine.cache.iterdir()] == [".lock"]


def test_a_tree_that_vanished_is_made_again(machine: Machine) -> None:
    """Clearing the cache costs a fetch and nothing else."""
    machine.run()
    shutil.rmtree(machine.cache)
    assert machine.run().returncode == 0
    assert machine.fetches() == 2
    assert Path(machine.found()["modules"]).is_dir()


def test_a_newer_one_is_fetched_beside_the_old(machine: Machine) -> None:
    """An update does not touch the tree that may be running; the next start uses the new one."""
    machine.run()
    old = machine.found()
    machine.archive(version="22.11.0")
    assert machine.run("--newer").returncode == 0
    assert machine.found()["version"] == "22.11.0"
    assert machine.found()["modules"] != old["modules"]
    assert len(list(machine.cache.glob("asterisk-*"))) == 2
    assert machine.run().stderr == ""


def test_the_systems_asterisk_is_used_where_it_will_do(machine: Machine) -> None:
    """One that is new enough and has the modules is run as it is, and nothing is fetched."""
    modules = system_asterisk(machine, "22.4.1")
    assert machine.run().returncode == 0
    assert machine.found() | {"binary": ""} == {
        "binary": "",
        "modules": str(modules),
        "data": str(modules),
        "version": "22.4.1",
        "origin": "system",
    }
    assert machine.fetches() == 0
    assert machine.run("--packages").stdout == ""


@pytest.mark.parametrize(
    ("version", "without", "said"),
    [
        ("20.6.0~dfsg", "", "the system's Asterisk is 20.6.0, older than 22; it is left alone"),
        ("22.4.1", "res_agi", "the system's Asterisk 22.4.1 lacks modules (res_agi); it is left alone"),
        ("unknown", "", "the system's Asterisk is of unknown version, older than 22; it is left alone"),
    ],
)
def test_an_unfit_system_asterisk_is_left_alone(machine: Machine, version: str, without: str, said: str) -> None:
    """An old or incomplete Asterisk of the machine is not used and not touched; the reason is said."""
    system_asterisk(machine, version, without)
    made = machine.run()
    assert made.returncode == 0, made.stderr
    assert said in made.stderr
    assert machine.found()["origin"] == "tree"


def test_an_upgraded_system_asterisk_is_looked_over_again(machine: Machine) -> None:
    """After an upgrade of the system's Asterisk the description follows."""
    system_asterisk(machine, "22.4.1")
    machine.run()
    machine.program("asterisk", "echo 'Asterisk 22.10.0'")
    machine.run()
    assert machine.found()["version"] == "22.10.0"


# ---- packages -------------------------------------------------------------------------------------------------------


def bare_path(machine: Machine, *programs: str) -> str:
    """A PATH with these programs of the system and the machine's own, and nothing else."""
    for name in ("bash", "cat", "cut", "dirname", "id", "mktemp", "rm", "tail", *programs):
        real = shutil.which(name)
        assert real, name
        link = machine.bin / name
        if not link.exists():
            link.symlink_to(real)
    return str(machine.bin)


def install(machine: Machine, path: str) -> subprocess.CompletedProcess[str]:
    """Ask the scripts for a package on a machine that has only ``path``."""
    return subprocess.run(
        ["/bin/bash", "-c", ". scripts/lib.sh; install_packages espeak-ng"],
        env={"PATH": path},
        cwd=machine.checkout,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_root_the_command_for_an_administrator_is_named(machine: Machine) -> None:
    """Who is neither root nor may become it reads in one line what an administrator has to run."""
    machine.program("id", "echo 1000")
    machine.program("apt-get", "exit 0")
    refused = install(machine, bare_path(machine))
    assert refused.returncode == 1
    assert refused.stderr.splitlines() == [
        "set-up cannot go on: neither root nor sudo; ask an administrator to run: apt-get install espeak-ng"
    ]


def test_sudo_that_wants_a_password_of_nobody_is_not_waited_for(machine: Machine) -> None:
    """Without a terminal a sudo that needs a password counts as none, so that CI fails at once."""
    machine.program("id", "echo 1000")
    machine.program("apt-get", "exit 0")
    machine.program("sudo", 'test "$1" != -n || exit 1; sleep 60')
    assert "neither root nor sudo" in install(machine, bare_path(machine)).stderr


def test_a_system_without_apt_is_told_what_to_install(machine: Machine) -> None:
    """On another distribution set-up names the packages instead of failing somewhere inside."""
    refused = install(machine, bare_path(machine))
    assert refused.returncode == 1
    assert "this machine has no apt-get" in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_package_lists_are_fetched_only_when_needed(machine: Machine) -> None:
    """A package that the lists know is installed at once; one that they do not know is, after an update."""
    calls = machine.cache.parent / "apt-calls"
    machine.program("id", "echo 0")
    machine.program("env", 'while [ "${1#*=}" != "$1" ]; do shift; done; exec "$@"')
    verbs = 'for word; do case $word in install|update) break; esac; done; echo "$word" >>' + f"'{calls}'"
    machine.program("apt-get", verbs)
    assert install(machine, bare_path(machine)).returncode == 0
    assert calls.read_text().split() == ["install"]
    calls.unlink()
    machine.program("apt-get", f"{verbs}; test $word = update || grep -q update '{calls}'")
    assert install(machine, bare_path(machine, "grep")).returncode == 0
    assert calls.read_text().split() == ["install", "update", "install"]
    calls.unlink()
    machine.program("apt-get", f"{verbs}; echo 'E: Unable to locate package'; exit 100")
    refused = install(machine, bare_path(machine))
    assert refused.returncode == 1
    assert "Unable to locate package" in refused.stderr
    assert refused.stderr.splitlines()[-1] == "set-up cannot go on: apt-get could not install: espeak-ng"

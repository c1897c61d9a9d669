"""Manifests are stamped by a real time-stamp authority, made with OpenSSL, over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from common.timestamp import NotStamped, check, load_roots, stamp
from hotline.keeping.anchors import gathered
from hotline.keeping.watch import AuditWatch, Stamping
from hotline.timestamping import poster
from ivr.recordings.closing import close
from ivr.recordings.names import call_folder
from ivr.recordings.stamping import Stamps
from ivr.recordings.unstamped import waiting
from ivr.recordings.verifying import Flaw, Problem, verify
from tests.audit_kit import SIGNER
from tests.books import MORNING, books
from tests.recordings_kit import AGENT, CALL, CITIZEN, archive, live

_CONFIG = """\
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
certs = {folder}/root.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_alg = sha256
"""


@dataclass
class Authority:
    """A time-stamp authority; ``answer`` may spoil what it says, ``asked`` counts requests."""

    folder: Path
    url: str = ""
    asked: int = 0
    answer: Callable[[bytes], web.Response] = field(
        default=lambda data: web.Response(body=data, content_type="application/timestamp-reply")
    )

    async def serve(self, request: web.Request) -> web.Response:
        """Stamp one request."""
        assert request.content_type == "application/timestamp-query"
        self.asked += 1
        query = self.folder / "query"
        query.write_bytes(await request.read())
        process = await asyncio.create_subprocess_exec(
            *("openssl", "ts", "-reply", "-config", str(self.folder / "tsa.cnf"), "-queryfile", str(query)),
            *("-out", str(self.folder / "reply")),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        assert await process.wait() == 0
        return self.answer((self.folder / "reply").read_bytes())


def _certify(folder: Path) -> None:
    root_key, key = (rsa.generate_private_key(65537, 2048) for _ in range(2))
    now = datetime.now(UTC)

    def certificate(name: str, public: rsa.RSAPublicKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "root")]))
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
        )

    root = certificate("root", root_key.public_key()).add_extension(
        x509.BasicConstraints(ca=True, path_length=None), critical=True
    )
    use = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
    tsa = certificate("tsa", key.public_key()).add_extension(use, critical=True)
    (folder / "root.pem").write_bytes(root.sign(root_key, hashes.SHA256()).public_bytes(Encoding.PEM))
    (folder / "tsa.pem").write_bytes(tsa.sign(root_key, hashes.SHA256()).public_bytes(Encoding.PEM))
    (folder / "tsa.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (folder / "serial").write_text("01")
    (folder / "tsa.cnf").write_text(_CONFIG.format(folder=folder))


@asynccontextmanager
async def _running(authority: Authority) -> AsyncIterator[None]:
    app = web.Application()
    app.router.add_post("/", authority.serve)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        authority.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
        yield
    finally:
        await runner.cleanup()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Certificates and configuration of one authority."""
    made = tmp_path_factory.mktemp("tsa")
    _certify(made)
    return made


@pytest.fixture
async def authority(folder: Path) -> AsyncIterator[Authority]:
    """An authority that listens."""
    made = Authority(folder)
    async with _running(made):
        yield made


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """Our side's HTTP."""
    async with aiohttp.ClientSession() as made:
        yield made


async def test_a_closed_call_is_stamped_and_any_change_to_the_stamp_is_found(
    tmp_path: Path, authority: Authority, session: aiohttp.ClientSession
) -> None:
    """Each version gets a stamp of the present time that verifies; the queue is then empty."""
    ours = archive(tmp_path, stamps=True)
    roots = load_roots(authority.folder / "root.pem")
    stamps = Stamps(tmp_path, poster(session, authority.url), roots, lambda *_: pytest.fail("alarm"))
    for name in (CITIZEN, AGENT):
        live(tmp_path / "live", name)
        close(tmp_path / "live" / name.live_name, ours)
    calls = tmp_path / call_folder(CALL)
    assert verify(calls, ours.signer.public, roots) == [Problem(Flaw.UNSTAMPED, "manifest.json")]
    assert await stamps.catch_up() == 2
    assert waiting(tmp_path, 9) == []
    assert verify(calls, ours.signer.public, roots) == []
    answer = (calls / "manifest-2.tsr").read_bytes()
    at = check((calls / "manifest.json").read_bytes(), answer, roots)
    assert abs(at - datetime.now(UTC)) < timedelta(minutes=5)
    (calls / "manifest-2.tsr").write_bytes((calls / "manifest-1.tsr").read_bytes())
    assert verify(calls, ours.signer.public) == [Problem(Flaw.BAD_STAMP, "manifest-2.tsr")]
    (calls / "manifest-2.tsr").write_bytes(answer[:-20] + bytes([answer[-20] ^ 1]) + answer[-19:])
    assert verify(calls, ours.signer.public, roots) == [Problem(Flaw.BAD_STAMP, "manifest-2.tsr")]


async def test_a_service_that_fails_is_alarmed_once_and_asked_again(
    tmp_path: Path, folder: Path, session: aiohttp.ClientSession
) -> None:
    """Closing went on meanwhile; when the service is back, the stamp comes and the alarm is over."""
    live(tmp_path / "live", CITIZEN)
    close(tmp_path / "live" / CITIZEN.live_name, archive(tmp_path, stamps=True))
    authority = Authority(folder)
    heard: list[str] = []

    async def post(request: bytes) -> bytes:
        return await poster(session, authority.url)(request)

    stamps = Stamps(tmp_path, post, load_roots(folder / "root.pem"), lambda code, _: heard.append(code))
    async with _running(authority):
        pass
    assert [await stamps.catch_up(), await stamps.catch_up()] == [0, 0]
    assert heard == ["recordings.unstamped"]
    async with _running(authority):
        assert await stamps.catch_up() == 1
        assert await stamps.catch_up() == 0
    assert heard == ["recordings.unstamped", "recordings.unstamped-ok"]
    assert authority.asked == 1


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda data: web.Response(body=data, status=503), "HTTP 503"),
        (lambda data: web.Response(body=data, content_type="text/html"), "text/html"),
        (lambda _: web.Response(body=b"no", content_type="application/timestamp-reply"), "not a time stamp"),
        (lambda _: web.Response(body=b"", content_type="application/timestamp-reply"), "not a time stamp"),
        (
            # PKIStatus "rejection" and no token.
            lambda _: web.Response(body=bytes.fromhex("30053003020102"), content_type="application/timestamp-reply"),
            "not a time stamp",
        ),
        (lambda data: web.Response(body=data + bytes(70_000), content_type="application/timestamp-reply"), "too long"),
        (lambda _: web.Response(status=302, headers={"Location": "/elsewhere"}), "HTTP 302"),
    ],
)
async def test_an_answer_that_is_no_stamp_is_refused(
    authority: Authority, session: aiohttp.ClientSession, spoil: Callable[[bytes], web.Response], why: str
) -> None:
    """Whatever comes back, only a valid stamp is taken for one."""
    authority.answer = spoil
    with pytest.raises(NotStamped, match=why):
        await stamp(b"message", poster(session, authority.url), load_roots(authority.folder / "root.pem"))


async def test_an_answer_to_another_request_or_of_another_authority_is_refused(
    tmp_path: Path, authority: Authority, session: aiohttp.ClientSession
) -> None:
    """An answer that is played again does not hold, nor one by whom we do not trust, nor any without trust."""
    _certify(tmp_path)
    post = poster(session, authority.url)
    kept = await stamp(b"message", post, load_roots(authority.folder / "root.pem"))

    async def again(_: bytes) -> bytes:
        return kept

    with pytest.raises(NotStamped, match="Nonce"):
        await stamp(b"message", again, load_roots(authority.folder / "root.pem"))
    with pytest.raises(NotStamped):
        await stamp(b"message", post, load_roots(tmp_path / "root.pem"))
    with pytest.raises(NotStamped, match="no trusted"):
        await stamp(b"message", post, ())


async def test_an_anchor_of_the_audit_is_stamped_and_another_stamp_is_found(
    tmp_path: Path, folder: Path, session: aiohttp.ClientSession
) -> None:
    """Each day's anchor gets a stamp; while the service fails that is an alarm, and it comes later."""
    authority = Authority(folder)
    roots = load_roots(folder / "root.pem")
    standing: dict[str, str] = {}

    async def post(request: bytes) -> bytes:
        return await poster(session, authority.url)(request)

    async def whole() -> str:
        return ""

    def over(code: str) -> None:
        standing.pop(code, None)

    async with books(tmp_path) as at:
        watch = AuditWatch(
            at.database.reads,
            tmp_path / "anchors",
            SIGNER,
            self_check=whole,
            alarm=standing.__setitem__,
            over=over,
            stamping=Stamping(post, roots),
            now=lambda: MORNING,
        )
        await watch.once()
        assert list(standing) == ["audit.unstamped"]
        async with _running(authority):
            await watch.once()
    assert standing == {}
    assert gathered(tmp_path / "anchors", SIGNER.public, roots)[1] == []
    stamp_file = tmp_path / "anchors" / "2026-11-24.tsr"
    answer = stamp_file.read_bytes()
    stamp_file.write_bytes(answer[:-20] + bytes([answer[-20] ^ 1]) + answer[-19:])
    assert [name for name, _ in gathered(tmp_path / "anchors", SIGNER.public, roots)[1]] == ["2026-11-24.tsr"]

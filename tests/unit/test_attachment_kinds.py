"""What may be attached, by content (R4.1)."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import files_kit as files
from tickets.attachment_kinds import ALLOWED, AttachmentRefusedError, check_whole, clean_name, kind_of

TAKEN = [
    ("路灯.jpg", files.JPEG, "image/jpeg"),
    ("IMG_0001.JPEG", files.JPEG, "image/jpeg"),
    ("a.png", files.PNG, "image/png"),
    ("a.gif", files.GIF, "image/gif"),
    ("a.webp", files.WEBP, "image/webp"),
    ("a.heic", files.HEIC, "image/heic"),
    ("合同.pdf", files.PDF, "application/pdf"),
    ("a.doc", files.OLE, "application/msword"),
    ("a.xls", files.OLE, "application/vnd.ms-excel"),
    ("a.docx", files.DOCX, ALLOWED[".docx"].media_type),
    ("a.xlsx", files.XLSX, ALLOWED[".xlsx"].media_type),
    ("a.mp4", files.MP4, "video/mp4"),
    ("a.m4a", files.M4A, "audio/mp4"),
    ("a.amr", files.AMR, "audio/amr"),
    ("a.wav", files.WAV, "audio/wav"),
    ("a.mp3", files.MP3, "audio/mpeg"),
]
REFUSED = [
    ("病毒.exe", files.EXE, "不能上传这种类型"),
    ("病毒.jpg", files.EXE, "不符"),
    ("双.jpg.exe", files.JPEG, "不能上传这种类型"),
    ("页.html", files.HTML, "不能上传这种类型"),
    ("页.jpg", files.HTML, "不符"),
    ("图.svg", files.SVG, "不能上传这种类型"),
    ("图.png", files.SVG, "不符"),
    ("图.png", files.JPEG, "不符"),
    ("无", files.JPEG, "不能上传这种类型"),
    (".jpg", files.HTML, "不符"),
    ("空.jpg", b"", "空"),
    ("脚本.pdf", b"#!/bin/sh\nrm", "不符"),
    ("压缩.zip", files.DOCX, "不能上传这种类型"),
    ("a.jpg\0.exe", files.JPEG, "不能上传这种类型"),
    ("a.docx", files.PDF, "不符"),
]


@pytest.mark.covers("R4.1")
@pytest.mark.parametrize(("name", "data", "media"), TAKEN, ids=[row[0] for row in TAKEN])
def test_what_its_content_bears_out_is_taken(name: str, data: bytes, media: str) -> None:
    """The media type under which it will be handed out is ours, not the sender's."""
    assert kind_of(name, data).media_type == media


@pytest.mark.covers("R4.1")
@pytest.mark.parametrize(("name", "data", "why"), REFUSED, ids=[repr(row[0]) for row in REFUSED])
def test_disguises_and_programs_are_refused_with_a_reason(name: str, data: bytes, why: str) -> None:
    """Who is refused reads in Chinese why."""
    with pytest.raises(AttachmentRefusedError, match=why):
        kind_of(name, data)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (files.office("evil.txt"), "不符"),
        (files.office("word/document.xml", "word/vbaProject.bin"), "宏"),
        (files.office("word/document.xml", content=bytes(120 * 1024 * 1024)), "过大"),
        (files.office("word/document.xml", *(f"p{n}" for n in range(5001)), content=b""), "过大"),
        (files.DOCX[:-30], "损坏"),
    ],
    ids=["no letter", "macros", "bomb", "many parts", "broken"],
)
def test_office_files_are_opened_by_their_contents_list(tmp_path: Path, data: bytes, why: str) -> None:
    """A package that is something else, has macros or unpacks to too much is no letter; nothing is unpacked."""
    path = tmp_path / "file"
    path.write_bytes(data)
    with pytest.raises(AttachmentRefusedError, match=why):
        check_whole(path, ALLOWED[".docx"])


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("../../etc/passwd.jpg", "passwd.jpg"),
        ("C:\\Users\\张三\\照片.JPG", "照片.jpg"),
        ("/etc/shadow", "shadow"),
        ("..", "附件"),
        ("", "附件"),
        ("gpj.\u202eexe.jpg", "gpj.exe.jpg"),
        ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie_ x.pdf"),
        ('a"b|c?.png', "a_b_c_.png"),
        ("长" * 300 + ".png", "长" * 116 + ".png"),
        (".jpg", "附件.jpg"),
    ],
)
def test_names_are_for_people_only(told: str, shown: str) -> None:
    """No folder, no line break, no character that turns the direction of reading."""
    assert clean_name(told) == shown


@given(st.text(), st.binary(max_size=500))
def test_any_name_and_content_is_judged(name: str, data: bytes) -> None:
    """Whatever comes in is taken or refused, and its name can stand in a header and a column."""
    shown = clean_name(name)
    assert shown == clean_name(shown)
    assert 0 < len(shown) <= 120
    assert "/" not in shown
    assert "\\" not in shown
    with contextlib.suppress(AttachmentRefusedError):
        assert kind_of(shown, data) in ALLOWED.values()

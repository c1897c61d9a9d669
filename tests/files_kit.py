"""Small files of many kinds, true and false ones, and a way to bring them piece by piece."""

from __future__ import annotations

import io
import zipfile
from collections.abc import AsyncIterator

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(100)
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01" + bytes(200) + b"\xff\xd9"
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + b"1 0 obj\n" * 40 + b"%%EOF\n"
EXE = b"MZ\x90\x00\x03" + bytes(200)
HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"></svg>'
OLE = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600)
MP4 = b"\x00\x00\x00\x18ftypmp42\0\0\0\0mp42isom" + bytes(50)
M4A = b"\x00\x00\x00\x18ftypM4A \0\0\0\0M4A mp42" + bytes(50)
AMR = b"#!AMR\n" + bytes(50)
WAV = b"RIFF\x24\x08\x00\x00WAVEfmt " + bytes(50)
GIF = b"GIF89a" + bytes(50)
WEBP = b"RIFF\x24\x00\x00\x00WEBPVP8 " + bytes(50)
HEIC = b"\x00\x00\x00\x18ftypheic\0\0\0\0mif1heic" + bytes(50)
MP3 = b"ID3\x03\x00" + bytes(50)


def office(main: str, *more: str, content: bytes = b"<x/>") -> bytes:
    """An office file with this main part."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as package:
        for name in ("[Content_Types].xml", "_rels/.rels", main, *more):
            package.writestr(name, content)
    return packed.getvalue()


DOCX = office("word/document.xml")
XLSX = office("xl/workbook.xml")


async def pieces(data: bytes, size: int = 1000) -> AsyncIterator[bytes]:
    """The data as a network brings it."""
    for start in range(0, len(data), size):
        yield data[start : start + size]

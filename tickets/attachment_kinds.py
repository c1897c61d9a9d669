"""What may be attached: told by content, never by name alone; disguises, macros and packed bombs are refused (R4.1)."""

from __future__ import annotations

import re
import unicodedata
import zipfile
from dataclasses import dataclass
from pathlib import Path

import puremagic

#: So much of a file's beginning says what it is.
HEAD_BYTES = 8192
_NAME_LENGTH = 120
#: Control, direction, surrogate, private and separator characters.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
#: An office file that unpacks to more than this, or has more parts, is no letter.
_UNPACKED_MOST = 200 * 1024 * 1024
_PARTS_MOST = 5000


class AttachmentRefusedError(Exception):
    """A file is not taken; the message says in Chinese why and what to do."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of file.

    ``signs`` are the endings under which its content is known; an office file must hold ``part``.
    """

    media_type: str
    signs: frozenset[str]
    part: str = ""


def _kind(media_type: str, *signs: str, part: str = "") -> Kind:
    return Kind(media_type, frozenset(signs), part)


_JPEG = _kind("image/jpeg", ".jpg", ".jpeg")
_HEIF = _kind("image/heic", ".heic", ".heif")
_MPEG4 = _kind("video/mp4", ".mp4")
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_SLIDES = "application/vnd.openxmlformats-officedocument.presentationml.presentation"

#: By the ending of the name; the content must bear it out. No scripts, pages, pictures that are programs, or archives.
ALLOWED = {
    ".jpg": _JPEG,
    ".jpeg": _JPEG,
    ".png": _kind("image/png", ".png"),
    ".gif": _kind("image/gif", ".gif"),
    ".webp": _kind("image/webp", ".webp"),
    ".heic": _HEIF,
    ".heif": _HEIF,
    ".pdf": _kind("application/pdf", ".pdf"),
    ".doc": _kind("application/msword", ".doc"),
    ".xls": _kind("application/vnd.ms-excel", ".xls", ".doc"),
    ".docx": _kind(_WORD, ".docx", part="word/document.xml"),
    ".xlsx": _kind(_SHEET, ".xlsx", part="xl/workbook.xml"),
    ".pptx": _kind(_SLIDES, ".pptx", part="ppt/presentation.xml"),
    ".mp3": _kind("audio/mpeg", ".mp3", ".mpga"),
    ".m4a": _kind("audio/mp4", ".m4a"),
    ".wav": _kind("audio/wav", ".wav"),
    ".amr": _kind("audio/amr", ".amr"),
    ".mp4": _MPEG4,
    ".mov": _kind("video/quicktime", ".mov"),
    ".3gp": _kind("video/3gpp", ".3gp", ".3ga"),
}
OFFERED = "图片（jpg、png、gif、webp、heic）、PDF、Word、Excel、PPT、录音（mp3、m4a、wav、amr）、视频（mp4、mov、3gp）"


def kind_of(name: str, head: bytes) -> Kind:
    """What a file is by its name and its first ``HEAD_BYTES``.

    Raises:
        AttachmentRefusedError: it is nothing that may be attached, or not what its name says.
    """
    kind = ALLOWED.get(_ending(name))
    if kind is None:
        raise AttachmentRefusedError(f"不能上传这种类型的文件。可以上传：{OFFERED}。")
    if not head:
        raise AttachmentRefusedError("文件是空的，请重新选择。")
    if not kind.signs & _signs(head):
        raise AttachmentRefusedError("文件内容与扩展名不符，请上传原始文件，不要改扩展名。")
    return kind


def check_whole(path: Path, kind: Kind) -> None:
    """A look at a file that has arrived whole: office files are opened by their table of contents, never unpacked.

    Raises:
        AttachmentRefusedError: it is another kind of package, holds macros, or would unpack to too much.
    """
    if not kind.part:
        return
    try:
        with zipfile.ZipFile(path) as package:
            parts = package.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise AttachmentRefusedError("Office 文件已损坏，请重新保存后上传。") from error
    names = {part.filename for part in parts}
    if kind.part not in names:
        raise AttachmentRefusedError("文件内容与扩展名不符，请上传原始文件，不要改扩展名。")
    if any(name.lower().endswith(".bin") and "vba" in name.lower() for name in names):
        raise AttachmentRefusedError("不能上传含有宏的 Office 文件，请另存为不含宏的文件或 PDF。")
    if len(parts) > _PARTS_MOST or sum(part.file_size for part in parts) > _UNPACKED_MOST:
        raise AttachmentRefusedError("Office 文件解开后过大，请另存为 PDF 再上传。")


def clean_name(told: str) -> str:
    """A name as people may see and save it: no folder, no control or direction character, not too long.

    The name is never used as a path here; this is for whoever downloads it.
    """
    text = unicodedata.normalize("NFC", told).replace("\\", "/").rpartition("/")[2]
    text = "".join(letter for letter in text if unicodedata.category(letter) not in _UNSEEN)
    text = re.sub(r'[<>:"|?*%]', "_", text).rstrip(" .")
    ending = _ending(text)
    stem = text[: len(text) - len(ending)].strip(" .")
    return f"{stem[: _NAME_LENGTH - len(ending)].strip(' .') or '附件'}{ending}"


def _ending(name: str) -> str:
    found = re.search(r"\.[A-Za-z0-9]{1,5}$", name)
    return found[0].lower() if found else ""


def _signs(head: bytes) -> set[str]:
    try:
        return {found.extension.lower() for found in puremagic.magic_string(head)}
    except (puremagic.PureError, ValueError):
        return set()

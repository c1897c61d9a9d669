"""Open311's two formats: JSON, and the XML that maps to it (GeoReport v2, "Format Support")."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree as ET

from aiohttp import web

#: What the members of each list are called in XML; in JSON they have no name.
_MEMBERS = {
    "services": "service",
    "service_requests": "request",
    "attributes": "attribute",
    "values": "value",
    "errors": "error",
    "endpoints": "endpoint",
    "formats": "format",
}
#: What XML 1.0 cannot hold, escaped or not.
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
#: Whoever writes an application for citizens may read what is public from its own pages.
_HEADERS = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}


class Open311Error(Exception):
    """What goes back instead of an answer: GeoReport v2 asks for the code and a description."""

    def __init__(self, status: int, description: str) -> None:
        super().__init__(description)
        self.status, self.description = status, description


def response(root: str, content: Any, form: str, status: int = 200) -> web.Response:
    """An answer in ``form`` (json or xml); ``root`` is the outermost element, which JSON leaves out."""
    if form == "json":
        text = json.dumps(content, ensure_ascii=False)
        return web.Response(
            status=status, text=text, content_type="application/json", charset="utf-8", headers=_HEADERS
        )
    element = ET.Element(root)
    _fill(element, root, content)
    data = ET.tostring(element, encoding="utf-8", xml_declaration=True)
    return web.Response(status=status, body=data, content_type="text/xml", charset="utf-8", headers=_HEADERS)


def failure(error: Open311Error, form: str) -> web.Response:
    """The error as the specification has it."""
    said = [{"code": error.status, "description": error.description}]
    return response("errors", said, form if form in ("json", "xml") else "json", error.status)


def _fill(element: ET.Element, name: str, content: Any) -> None:
    if isinstance(content, Mapping):
        for key, value in content.items():
            _fill(ET.SubElement(element, key), key, value)
    elif isinstance(content, Sequence) and not isinstance(content, str):
        for one in content:
            _fill(ET.SubElement(element, _MEMBERS[name]), "", one)
    elif isinstance(content, bool):
        element.text = "true" if content else "false"
    elif content is not None:
        element.text = _NO_XML.sub("", str(content))

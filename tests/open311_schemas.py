"""The shapes that GeoReport v2 publishes, as JSON Schema, written from its tables and examples."""

from __future__ import annotations

from typing import Any

_TEXT: dict[str, Any] = {"type": "string"}
_MAYBE: dict[str, Any] = {"type": ["string", "null"]}
_NUMBER: dict[str, Any] = {"type": ["number", "null"]}
#: Dates must carry their zone.
_W3: dict[str, Any] = {
    "type": "string",
    "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$",
}
_W3_MAYBE: dict[str, Any] = {"anyOf": [_W3, {"type": "null"}]}


def _record(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
        "additionalProperties": False,
    }


def _list(record: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": record, **more}


SERVICES = _list(
    _record(
        {
            "service_code": _TEXT,
            "service_name": _TEXT,
            "description": _TEXT,
            "metadata": {"type": "boolean"},
            "type": {"enum": ["realtime", "batch", "blackbox"]},
            "keywords": _TEXT,
            "group": _TEXT,
        }
    )
)
DEFINITION = _record(
    {
        "service_code": _TEXT,
        "attributes": _list(
            _record(
                {
                    "variable": {"type": "boolean"},
                    "code": _TEXT,
                    "datatype": {"enum": ["string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"]},
                    "required": {"type": "boolean"},
                    "datatype_description": _MAYBE,
                    "order": {"type": "integer", "minimum": 1},
                    "description": _TEXT,
                    "values": _list(_record({"key": _TEXT, "name": _TEXT})),
                }
            )
        ),
    }
)
#: A token or a number, never both.
CREATED = _list(
    {
        "oneOf": [
            _record({name: _TEXT}, {"service_notice": _MAYBE, "account_id": _MAYBE})
            for name in ("token", "service_request_id")
        ]
    },
    minItems=1,
    maxItems=1,
)
TOKEN = _list(_record({"service_request_id": _TEXT, "token": _TEXT}), minItems=1, maxItems=1)
REQUESTS = _list(
    _record(
        {
            "service_request_id": _TEXT,
            "status": {"enum": ["open", "closed"]},
            "service_name": _TEXT,
            "service_code": _TEXT,
            "description": _MAYBE,
            "requested_datetime": _W3,
            "updated_datetime": _W3,
            "address": _MAYBE,
            "address_id": _MAYBE,
            "zipcode": _MAYBE,
            "lat": _NUMBER,
            "long": _NUMBER,
            "media_url": _MAYBE,
        },
        {
            "status_notes": _MAYBE,
            "agency_responsible": _MAYBE,
            "service_notice": _MAYBE,
            "expected_datetime": _W3_MAYBE,
        },
    ),
    maxItems=1000,
)
ERRORS = _list(_record({"code": {"type": "integer"}, "description": _TEXT}), minItems=1)
DISCOVERY = _record(
    {
        "changeset": _W3,
        "contact": _TEXT,
        "key_service": _TEXT,
        "endpoints": _list(
            _record(
                {
                    "specification": _TEXT,
                    "url": _TEXT,
                    "changeset": _W3,
                    "type": {"enum": ["production", "test"]},
                    "formats": _list(_TEXT),
                }
            ),
            minItems=1,
        ),
    }
)

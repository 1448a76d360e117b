"""Requests and responses of web routes as JSON, between the router and a subgraph's process."""

import base64
import binascii
from typing import Any

from trellis.schema.errors import BadRequest
from trellis.schema.web_routes import WebRequest, WebResponse


def request_to_json(request: WebRequest) -> dict[str, Any]:
    return {
        "method": request.method,
        "path": request.path,
        "queryString": request.query_string,
        "headers": dict(request.headers),
        "body": base64.b64encode(request.body).decode(),
        "requestId": request.request_id,
        "clientAddress": request.client_address,
    }


def request_from_json(value: Any) -> WebRequest:
    """Raises BadRequest."""
    try:
        return WebRequest(
            method=str(value["method"]),
            path=str(value["path"]),
            query_string=str(value["queryString"]),
            headers={str(name): str(text) for name, text in value["headers"].items()},
            body=base64.b64decode(value["body"], validate=True),
            request_id=str(value["requestId"]),
            client_address=value["clientAddress"],
        )
    except (AttributeError, KeyError, TypeError, binascii.Error):
        raise BadRequest("The body is no request of a web route.") from None


def response_to_json(response: WebResponse) -> dict[str, Any]:
    return {
        "status": response.status,
        "headers": [list(pair) for pair in response.headers],
        "body": base64.b64encode(response.body).decode(),
        "isRefusal": response.is_refusal,
    }


def response_from_json(value: Any) -> WebResponse:
    """Raises ValueError for what is no response."""
    try:
        headers = [(str(name), str(text)) for name, text in value["headers"]]
        body = base64.b64decode(value["body"])
        return WebResponse(int(value["status"]), headers, body, bool(value["isRefusal"]))
    except (KeyError, TypeError, binascii.Error) as error:
        raise ValueError("no response of a web route") from error

"""Errors of the HTTP layer, in addition to those of ``trellis.schema.errors``.

TrellisError (trellis.schema.errors)
├── NotAcceptable          NOT_ACCEPTABLE            406
├── MethodNotAllowed       METHOD_NOT_ALLOWED        405   ``allow`` lists the methods
├── BodyTimeout            REQUEST_BODY_TIMEOUT      408
├── UrlTooLong             URL_TOO_LONG              414
├── UnsupportedMediaType   UNSUPPORTED_MEDIA_TYPE    415
├── HeadersTooLarge        REQUEST_HEADERS_TOO_LARGE 431
├── RequestTimeout         REQUEST_TIMEOUT           504
├── CrossSiteRequest       CSRF_PREVENTION           403
├── BatchingDisabled       BATCHING_DISABLED         400
└── BatchLimit             BATCH_LIMIT               400
"""

from trellis.schema.errors import TrellisError


class NotAcceptable(TrellisError):
    code = "NOT_ACCEPTABLE"
    http_status = 406


class MethodNotAllowed(TrellisError):
    code = "METHOD_NOT_ALLOWED"
    http_status = 405

    def __init__(self, allow: str) -> None:
        """``allow`` is the value of the header: the methods, with commas between them."""
        *others, last = allow.split(", ")
        methods = f"{', '.join(others)} or {last}" if others else last
        super().__init__(f"Use {methods} here.", allow=allow)


class BodyTimeout(TrellisError):
    code = "REQUEST_BODY_TIMEOUT"
    http_status = 408


class UrlTooLong(TrellisError):
    code = "URL_TOO_LONG"
    http_status = 414


class UnsupportedMediaType(TrellisError):
    code = "UNSUPPORTED_MEDIA_TYPE"
    http_status = 415


class HeadersTooLarge(TrellisError):
    code = "REQUEST_HEADERS_TOO_LARGE"
    http_status = 431


class RequestTimeout(TrellisError):
    code = "REQUEST_TIMEOUT"
    http_status = 504


class CrossSiteRequest(TrellisError):
    code = "CSRF_PREVENTION"
    http_status = 403


class BatchingDisabled(TrellisError):
    code = "BATCHING_DISABLED"
    http_status = 400


class BatchLimit(TrellisError):
    code = "BATCH_LIMIT"
    http_status = 400

"""Multipart bodies that are malformed, endless or full of too much."""

import gzip

from tests.end_to_end.hostile.request import CRLF, Hostile, ask

BOUNDARY = b"of-the-tests"
UPLOAD = b"/tracker/api/v1/files/upload"
FILE_HEAD = b'content-disposition: form-data; name="file"; filename="a.txt"'


def part(data: bytes, *headers: bytes) -> bytes:
    return b"--" + BOUNDARY + CRLF + CRLF.join(headers or (FILE_HEAD,)) + CRLF + CRLF + data + CRLF


END = b"--" + BOUNDARY + b"--" + CRLF


def upload(
    name: str,
    body: bytes,
    status: int,
    type: bytes = b"multipart/form-data; boundary=" + BOUNDARY,
    *headers: bytes,
) -> Hostile:
    data = ask(
        UPLOAD,
        b"authorization: Bearer {token}",
        b"content-type: " + type,
        *headers,
        method=b"POST",
        body=body,
    )
    return Hostile(f"an upload {name}", data, status)


def graphql_upload(name: str, operations: bytes, map: bytes, status: int = 400) -> Hostile:
    body = (
        part(operations, b'content-disposition: form-data; name="operations"')
        + part(map, b'content-disposition: form-data; name="map"')
        + part(b"x", b'content-disposition: form-data; name="0"; filename="a.txt"')
        + END
    )
    data = ask(
        b"/graphql",
        b"authorization: Bearer {token}",
        b"apollo-require-preflight: 1",
        b"content-type: multipart/form-data; boundary=" + BOUNDARY,
        method=b"POST",
        body=body,
    )
    return Hostile(f"a map {name}", data, status)


PUT = (
    b'{"query": "mutation($f: Upload!) { uploadFile(file: $f) { file { id } } }",'
    b' "variables": {"f": null}}'
)
UPLOADS = [
    upload("without a boundary", part(b"x") + END, 400, b"multipart/form-data"),
    upload("with an empty boundary", part(b"x") + END, 400, b"multipart/form-data; boundary="),
    upload("with a boundary of quotes", part(b"x") + END, 400, b'multipart/form-data; boundary="'),
    upload(
        "with a boundary of 71 letters",
        part(b"x") + END,
        400,
        b"multipart/form-data; boundary=" + b"a" * 71,
    ),
    upload(
        "with a boundary of 60 KB",
        part(b"x") + END,
        400,
        b"multipart/form-data; boundary=" + b"a" * 60_000,
    ),
    upload("with another boundary", part(b"x") + END, 400, b"multipart/form-data; boundary=other"),
    upload(
        "with two boundaries", part(b"x") + END, 400, b"multipart/form-data; boundary=a; boundary=b"
    ),
    upload(
        "with a boundary above 127", part(b"x") + END, 400, b"multipart/form-data; boundary=\xff"
    ),
    upload("that is mixed", part(b"x") + END, 415, b"multipart/mixed; boundary=" + BOUNDARY),
    upload("that is a form", b"file=x", 415, b"application/x-www-form-urlencoded"),
    upload("of json", b'{"file": "x"}', 415, b"application/json"),
    upload("of nothing", b"", 400),
    upload("of an end", END, 422),
    upload("of dashes", b"--" * 500_000, 400),
    upload("of half a boundary", b"--" + BOUNDARY[:5], 400),
    upload("of boundaries", (b"--" + BOUNDARY + CRLF) * 1_000, 400),
    upload("without an end", part(b"x"), 400),
    upload("that ends in a header", b"--" + BOUNDARY + CRLF + b"content-dispo", 400),
    upload("behind a preface of a megabyte", b"a" * 1_000_000 + CRLF + part(b"x") + END, 400),
    upload("before a rest of a megabyte", part(b"x") + END + b"a" * 1_000_000, 201),
    upload(
        "of 10,000 parts",
        part(b"x", b'content-disposition: form-data; name="a"') * 10_000 + END,
        413,
    ),
    upload("of a hundred files", part(b"x") * 100 + END, 413),
    upload(
        "of texts of 3 MB",
        part(b"x" * 3_000_000, b'content-disposition: form-data; name="description"') + END,
        413,
    ),
    upload(
        "with a hundred headers",
        part(b"x", FILE_HEAD, *[b"x-%d: y" % n for n in range(100)]) + END,
        400,
    ),
    upload("with a header of 100 KB", part(b"x", FILE_HEAD, b"x: " + b"a" * 100_000) + END, 400),
    upload(
        "with a header that does not end", b"--" + BOUNDARY + CRLF + b"x: " + b"a" * 1_000_000, 400
    ),
    upload(
        "with a header's name that does not end", b"--" + BOUNDARY + CRLF + b"a" * 1_000_000, 400
    ),
    upload("with a header without a colon", part(b"x", b"nothing") + END, 400),
    upload("with a null in a header", part(b"x", FILE_HEAD, b"x: \0") + END, 201),
    upload("without a disposition", part(b"x", b"content-type: text/plain") + END, 400),
    upload(
        "that is an attachment",
        part(b"x", b'content-disposition: attachment; name="file"; filename="a"') + END,
        400,
    ),
    upload(
        "without a name", part(b"x", b'content-disposition: form-data; filename="a"') + END, 400
    ),
    upload(
        "with another name",
        part(b"x", b'content-disposition: form-data; name="x"; filename="a"') + END,
        422,
    ),
    upload(
        "with a name of 100 KB",
        part(b"x", b'content-disposition: form-data; name="' + b"a" * 100_000 + b'"') + END,
        400,
    ),
    upload(
        "that is no file", part(b"x", b'content-disposition: form-data; name="file"') + END, 422
    ),
    upload(
        "with an encoding of its own",
        part(b"eA==", FILE_HEAD, b"content-transfer-encoding: base64") + END,
        201,
    ),
    upload(
        "within an upload",
        part(
            part(b"x") + END,
            b'content-disposition: form-data; name="file"; filename="a"',
            b"content-type: multipart/mixed; boundary=" + BOUNDARY,
        )
        + END,
        201,
    ),
    upload(
        "that is packed",
        gzip.compress(part(b"x") + END),
        415,
        b"multipart/form-data; boundary=" + BOUNDARY,
        b"content-encoding: gzip",
    ),
    upload(
        "with metadata that are no json",
        part(b"x") + part(b"{", b'content-disposition: form-data; name="metadata"') + END,
        422,
    ),
    upload(
        "with metadata in a list",
        part(b"x") + part(b"[]", b'content-disposition: form-data; name="metadata"') + END,
        422,
    ),
    upload(
        "with metadata of 10,000 lists",
        part(b"x") + part(b"[" * 10_000, b'content-disposition: form-data; name="metadata"') + END,
        422,
    ),
    upload(
        "with metadata that are no utf-8",
        part(b"x") + part(b"\xff", b'content-disposition: form-data; name="metadata"') + END,
        400,
    ),
    upload(
        "for an issue that is none",
        part(b"x")
        + part(b'{"issue_id": {"$ne": 1}}', b'content-disposition: form-data; name="metadata"')
        + END,
        422,
    ),
    upload(
        "that climbs",
        part(b"x", b'content-disposition: form-data; name="file"; filename="../../etc/passwd"')
        + END,
        201,
    ),
    upload(
        "with a null in its filename",
        part(b"x", b'content-disposition: form-data; name="file"; filename="a\0b"') + END,
        201,
    ),
    upload(
        "with a filename of 100 KB",
        part(
            b"x", b'content-disposition: form-data; name="file"; filename="' + b"a" * 100_000 + b'"'
        )
        + END,
        400,
    ),
    upload(
        "with a filename above 127",
        part(b"x", b'content-disposition: form-data; name="file"; filename="\xff\xfe"') + END,
        201,
    ),
    upload("with a type that is none", part(b"x", FILE_HEAD, b"content-type: ;;;") + END, 201),
    Hostile(
        "an upload that says 2 GB",
        ask(
            UPLOAD,
            b"authorization: Bearer {token}",
            b"content-type: multipart/form-data; boundary=" + BOUNDARY,
            b"content-length: 2147483648",
            method=b"POST",
        ),
        413,
    ),
    upload(
        "in chunks of a byte",
        b"".join(b"1\r\n%c\r\n" % byte for byte in part(b"x") + END) + b"0\r\n\r\n",
        201,
        b"multipart/form-data; boundary=" + BOUNDARY,
        b"transfer-encoding: chunked",
    ),
    upload(
        "in chunks without an end",
        (b"f000\r\n" + b"a" * 0xF000 + b"\r\n") * 60,
        400,
        b"multipart/form-data; boundary=" + BOUNDARY,
        b"transfer-encoding: chunked",
    ),
    Hostile(
        "an upload of nobody",
        ask(
            UPLOAD,
            b"content-type: multipart/form-data; boundary=" + BOUNDARY,
            method=b"POST",
            body=part(b"x") + END,
        ),
        401,
    ),
    graphql_upload("that is no json", PUT, b"{"),
    graphql_upload("that is a list", PUT, b"[]"),
    graphql_upload("of nothing", PUT, b"{}"),
    graphql_upload("to another file", PUT, b'{"1": ["variables.f"]}'),
    graphql_upload("to a text", PUT, b'{"0": "variables.f"}'),
    graphql_upload("to a number", PUT, b'{"0": [1]}'),
    graphql_upload("to the query", PUT, b'{"0": ["query"]}'),
    graphql_upload("to no variable", PUT, b'{"0": ["variables"]}'),
    graphql_upload("to a member of Python", PUT, b'{"0": ["variables.__class__"]}'),
    graphql_upload(
        "to a negative place", PUT.replace(b"null}", b"[null]}"), b'{"0": ["variables.f.-1"]}'
    ),
    graphql_upload(
        "to a place of 5,000 digits",
        PUT.replace(b"null}", b"[null]}"),
        b'{"0": ["variables.f.' + b"9" * 5_000 + b'"]}',
    ),
    graphql_upload(
        "to a place in another script",
        PUT.replace(b"null}", b"[null]}"),
        '{"0": ["variables.f.٠"]}'.encode(),
    ),
    graphql_upload(
        "to a place of 100,000 dots", PUT, b'{"0": ["variables' + b"." * 100_000 + b'"]}'
    ),
    graphql_upload("to the same place twice", PUT, b'{"0": ["variables.f", "variables.f"]}'),
    graphql_upload("without an operation", b"null", b'{"0": ["variables.f"]}'),
    graphql_upload("of a batch", b"[" + PUT + b"]", b'{"0": ["0.variables.f"]}'),
]

"""Requirement S4-SEC-08: the page on TLS has the settings, and its check tells who lacks them."""

import os
import re
import ssl
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.support.shared import ROOT
from trellis.router.config import Config

PAGE = (ROOT / "docs" / "tls.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    """The only code of a language on the page."""
    [found] = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return found


def directives(name: str) -> list[str]:
    """The values of a directive of nginx."""
    return re.findall(rf"^ *{name} +(.*);$", block("nginx"), re.MULTILINE)


def test_the_proxy_offers_nothing_older_than_tls_1_3():
    assert directives("ssl_protocols") == ["TLSv1.3"]


def test_the_proxy_lets_in_what_the_router_takes():
    defaults = Config()
    seconds = {"5s": 5, "3600s": 3_600}
    assert [seconds[one] for one in directives("proxy_connect_timeout")] == [5]
    for name in ("proxy_read_timeout", "proxy_send_timeout"):
        [allowed] = directives(name)
        assert seconds[allowed] == 3_600 > defaults.limits.request_seconds
    assert directives("client_max_body_size") == ["10m"]
    assert defaults.rest.body_bytes["learn"] == 10 * 1024 * 1024


def test_the_router_believes_the_proxy_about_addresses():
    config = Config.model_validate(tomllib.loads(block("toml")))
    assert [str(one) for one in config.http.trusted_proxies] == ["127.0.0.1"]
    assert "X-Forwarded-For $remote_addr" in directives("proxy_set_header")
    assert config.http.client_address_header == "x-forwarded-for"


@pytest.mark.parametrize(
    ("oldest", "newest", "says"),
    [
        (ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_3, ""),
        (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3, "TLS 1.2 is accepted"),
        (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2, "TLS 1.3 is refused"),
    ],
)
def test_the_check_tells_who_lacks_the_settings(
    tmp_path: Path, oldest: ssl.TLSVersion, newest: ssl.TLSVersion, says: str
):
    certificate = self_signed(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.minimum_version, context.maximum_version = oldest, newest
    check = tmp_path / "check_tls.py"
    check.write_text(block("python"), encoding="utf-8")
    with server(context) as port:
        ended = subprocess.run(
            [sys.executable, check, "127.0.0.1", str(port)],
            env={**os.environ, "SSL_CERT_FILE": str(certificate)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert (ended.returncode, ended.stderr.strip()) == (1 if says else 0, says)


@contextmanager
def server(context: ssl.SSLContext) -> Iterator[int]:
    """Shakes hands and hangs up."""

    class Hands(BaseRequestHandler):
        def handle(self) -> None:
            try:
                context.wrap_socket(self.request, server_side=True).close()
            except OSError:
                self.request.close()

    with ThreadingTCPServer(("127.0.0.1", 0), Hands) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        try:
            yield listening.server_address[1]
        finally:
            listening.shutdown()
            thread.join()


def self_signed(folder: Path) -> Path:
    """A file with a key and a certificate for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return file

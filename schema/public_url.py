"""Where clients reach the graph: what the links of subgraphs begin with."""

import os
from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

VARIABLE = "TRELLIS_PUBLIC_URL"
DEFAULT = "http://127.0.0.1:4000"


def public_url(environ: Mapping[str, str] = os.environ) -> str:
    """The base URL of links, without a slash at its end. An empty variable counts as absent; a
    router that runs subgraphs in its process sets it to its own address then."""
    return (environ.get(VARIABLE) or DEFAULT).rstrip("/")


def unfit_public_url() -> Sequence[str]:
    """That others cannot open the links, for ``Subgraph.unfit_for_production``."""
    url = public_url()
    if not _is_this_machine(urlsplit(url).hostname or ""):
        return ()
    return (
        f"Links in e-mails and links to files begin with {url}, which no other machine can open. "
        f"Set {VARIABLE} to the URL of the graph for its clients.",
    )


def _is_this_machine(host: str) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        return host in {"", "localhost"}
    return address.is_loopback or address.is_unspecified

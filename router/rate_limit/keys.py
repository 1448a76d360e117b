"""The keys by which attempts are counted."""

import hashlib
import ipaddress
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from trellis.router.cost.values import at_path, value_of
from trellis.router.operation.model import Field
from trellis.router.rate_limit.rules import Rule
from trellis.schema.request import RequestContext

_NO_ADDRESS = "i:unknown"
_LONGEST_ADDRESS = 64
_PREFIX_OF_ONE_CUSTOMER = 64


def keys_of(
    rule: Rule, context: RequestContext, field: Field | None, variables: Mapping[str, Any]
) -> Iterable[str]:
    """The keys by which ``rule`` counts an operation: none if it does not apply to the caller,
    several if a field has several e-mail addresses."""
    if rule.key == "email":
        if field is None:
            return ()
        return map(_email_key, _texts(rule.arguments, field, variables))
    key = _CALLER_KEYS[rule.key](context)
    return () if key is None else (key,)


def caller_key(context: RequestContext) -> str:
    """The API key, otherwise the user, otherwise the address."""
    return _api_key(context) or _user_key(context) or _address_key(context)


def _user_key(context: RequestContext) -> str | None:
    identity = context.identity
    return f"u:{identity.id.hex}" if identity.id is not None and identity.kind == "user" else None


def _api_key(context: RequestContext) -> str | None:
    return f"k:{context.identity.key_id}" if context.identity.key_id is not None else None


def _tenant_key(context: RequestContext) -> str | None:
    tenant = context.identity.tenant_id
    return f"t:{tenant.hex}" if tenant is not None else None


def _address_key(context: RequestContext) -> str:
    address = context.client_address
    return _NO_ADDRESS if address is None else _network(address)


_CALLER_KEYS = {
    "caller": caller_key,
    "user": _user_key,
    "ip": _address_key,
    "api_key": _api_key,
    "tenant": _tenant_key,
}


@lru_cache(maxsize=4096)
def _network(address: str) -> str:
    """The addresses of one client: an IPv4 address, or an IPv6 network of 64 bits."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return f"i:{address[:_LONGEST_ADDRESS]}"
    if isinstance(parsed, ipaddress.IPv4Address):
        return f"i:{parsed}"
    if parsed.ipv4_mapped is not None:
        return f"i:{parsed.ipv4_mapped}"
    network = ipaddress.ip_network((parsed, _PREFIX_OF_ONE_CUSTOMER), strict=False)
    return f"i:{network.network_address}"


def _texts(arguments: tuple[str, ...], field: Field, variables: Mapping[str, Any]) -> Iterator[str]:
    """The texts at the first of these paths, such as ``input.email``, that has a value."""
    given = dict(field.arguments)
    for place in arguments:
        name, *members = place.split(".")
        if name not in given:
            continue
        value = at_path(value_of(given[name], variables), members)
        texts = [text for text in _items(value) if isinstance(text, str) and text.strip()]
        if texts:
            yield from texts
            return


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _email_key(text: str) -> str:
    """Hashed, so that addresses are not stored; equal for all spellings of an address."""
    plain = unicodedata.normalize("NFKC", text).strip().casefold()
    return "e:" + hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()[:32]

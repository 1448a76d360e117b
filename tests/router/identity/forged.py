"""Every way we know to make a token that its issuer did not: by name, ready to be sent.

The issuer publishes an RSA key ``k1``, an elliptic one ``e1`` and an Edwards one ``d1``. A second
issuer, ``legacy``, signs with a shared secret.
"""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, OKPAlgorithm

from tests.router.identity.tokens import LIFETIME, SigningKey, base64url, good_claims, raw_token

KEY, STRANGER = SigningKey("k1"), SigningKey("k1")
CURVE, EDWARDS = ec.generate_private_key(ec.SECP256R1()), ed25519.Ed25519PrivateKey.generate()
SECRET = b"0123456789abcdef0123456789abcdef"
LEGACY, LEGACY_AUDIENCE = "legacy", "legacy-api"
_TWICE = b'{"alg":"RS256","alg":"none","typ":"JWT","kid":"k1"}'
ROOT = {"roles": ["admin"], "permissions": ["admin:users"]}


def key_set() -> dict[str, Any]:
    """What the issuer publishes."""
    curve = json.loads(ECAlgorithm.to_jwk(CURVE.public_key()))
    edwards = json.loads(OKPAlgorithm.to_jwk(EDWARDS.public_key()))
    return {
        "keys": [
            KEY.jwk,
            {**curve, "kid": "e1", "alg": "ES256", "use": "sig"},
            {**edwards, "kid": "d1", "alg": "EdDSA", "use": "sig"},
        ]
    }


def good_token() -> str:
    return KEY.sign(good_claims())


def _head(alg: Any = "RS256", kid: Any = "k1", **more: Any) -> dict[str, Any]:
    return {"alg": alg, "typ": "JWT", "kid": kid, **more}


def _unsigned(alg: Any, **more: Any) -> str:
    return raw_token(_head(alg, **more), good_claims(**ROOT))


def _by_hmac(secret: bytes, alg: str = "HS256", kid: Any = "k1", **changes: Any) -> str:
    signed = raw_token(_head(alg, kid), good_claims(**ROOT, **changes)).rpartition(".")[0]
    digest = hmac.digest(secret, signed.encode(), getattr(hashlib, f"sha{alg[2:]}"))
    return f"{signed}.{base64url(digest)}"


def _by_key(header: Mapping[str, Any], **changes: Any) -> str:
    """Signed by the issuer itself, under a header that it would not write."""
    options = {"kid": "k1", **header}
    return jwt.PyJWS().encode(
        json.dumps(good_claims(**changes)).encode(), KEY.private, "RS256", headers=options
    )


def _by_raw_key(header: bytes, payload: bytes) -> str:
    """Signed by the issuer itself, byte for byte."""
    signed = f"{base64url(header)}.{base64url(payload)}"
    algorithm = jwt.get_algorithm_by_name("RS256")
    return f"{signed}.{base64url(algorithm.sign(signed.encode(), KEY.private))}"


def _by_stranger(**header: Any) -> str:
    return STRANGER.sign(good_claims(**ROOT), **header)


def _elliptic(signature: bytes) -> str:
    return raw_token(_head("ES256", "e1"), good_claims(**ROOT), signature)


def _public(encoding: Encoding) -> bytes:
    return KEY.private.public_key().public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)


def _parts(token: str) -> list[str]:
    return token.split(".")


def _with_payload_of_another() -> str:
    head, _, signature = _parts(good_token())
    return f"{head}.{_parts(raw_token({}, good_claims(**ROOT)))[1]}.{signature}"


def _with_header_of_another() -> str:
    _, payload, signature = _parts(good_token())
    return f"{_parts(raw_token(_head('PS256'), {}))[0]}.{payload}.{signature}"


def _with_a_bit_turned() -> str:
    head, payload, signature = _parts(good_token())
    raw = bytearray(base64.urlsafe_b64decode(signature + "=="))
    raw[7] ^= 1
    return f"{head}.{payload}.{base64url(bytes(raw))}"


def _json_serialized() -> str:
    head, payload, signature = _parts(good_token())
    return json.dumps({"protected": head, "payload": payload, "signature": signature})


def _nested() -> str:
    inner = good_token().encode()
    return _by_raw_key(json.dumps(_head(cty="JWT")).encode(), inner)


def forged_tokens() -> dict[str, str]:
    """Tokens by what is wrong with them; each must be refused as not valid."""
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    whole, now = json.dumps(good_claims()).encode(), int(time.time())
    signature = _parts(good_token())[2]
    head, payload, _ = _parts(good_token())
    jwk_text = json.dumps(KEY.jwk).encode()
    return {
        # no algorithm, in every spelling
        "none": _unsigned("none"),
        "None": _unsigned("None"),
        "NONE": _unsigned("NONE"),
        "nOnE": _unsigned("nOnE"),
        "none with a blank": _unsigned("none "),
        "empty algorithm": _unsigned(""),
        "null algorithm": _unsigned(None),
        "algorithm in a list": _unsigned(["RS256"]),
        "algorithm as an object": _unsigned({"alg": "RS256"}),
        "algorithm as a number": _unsigned(0),
        "none without a key id": _unsigned("none", kid=None),
        "none and the signature of another": f"{_unsigned('none')}{signature}",
        "algorithm in look-alike letters": _unsigned("RЅ256"),
        "algorithm in small letters": _unsigned("rs256"),
        # the public key, or something near it, as the secret
        "PEM as secret": _by_hmac(_public(Encoding.PEM)),
        "PEM as secret, stripped": _by_hmac(_public(Encoding.PEM).strip()),
        "DER as secret": _by_hmac(_public(Encoding.DER)),
        "JWK as secret": _by_hmac(jwk_text),
        "modulus as secret": _by_hmac(base64.urlsafe_b64decode(KEY.jwk["n"] + "==")),
        "PEM as secret, HS384": _by_hmac(_public(Encoding.PEM), "HS384"),
        "PEM as secret, HS512": _by_hmac(_public(Encoding.PEM), "HS512"),
        "empty secret": _by_hmac(b""),
        # one issuer's means in another's name
        "secret of the other issuer": _by_hmac(SECRET),
        "secret of the other issuer, no key id": _by_hmac(SECRET, kid=None),
        "key of the other issuer": KEY.sign(good_claims(iss=LEGACY, aud=LEGACY_AUDIENCE)),
        "other issuer under a key id": _by_hmac(SECRET, iss=LEGACY, aud=LEGACY_AUDIENCE),
        "other issuer, other algorithm": _by_hmac(
            SECRET, "HS512", None, iss=LEGACY, aud=LEGACY_AUDIENCE
        ),
        # a key that comes along
        "embedded key": _by_stranger(jwk=STRANGER.jwk),
        "embedded key under a new id": _by_stranger(jwk=STRANGER.jwk, kid="mine"),
        "address of a key set": _by_stranger(jku="http://127.0.0.1:9/jwks.json", kid="mine"),
        "address of a certificate": _by_stranger(x5u="http://127.0.0.1:9/cert.pem"),
        "certificate": _by_stranger(x5c=["MIIB"]),
        "thumbprint": _by_stranger(x5t="AAAA"),
        "stranger's key": _by_stranger(),
        # headers that demand what nobody here understands
        "unknown critical header": _by_key({"crit": ["shoe-size"], "shoe-size": 44}),
        "known header as critical": _by_key({"crit": ["kid"]}),
        "nothing critical": _by_key({"crit": []}),
        "critical in no list": _by_key({"crit": "exp"}),
        "packed": _by_stranger(zip="DEF"),
        "payload not encoded": _by_raw_key(json.dumps(_head(b64=False)).encode(), whole),
        # what is no access token
        "type of another token": _by_key({"typ": "logout+jwt"}),
        "type of a service token": _by_key({"typ": "service+jwt"}),
        "no type": _by_raw_key(b'{"alg":"RS256","kid":"k1"}', whole),
        "type in a list": _by_raw_key(b'{"alg":"RS256","kid":"k1","typ":["JWT"]}', whole),
        "nested": _nested(),
        "encrypted form": ".".join(["eyJhbGciOiJSU0EtT0FFUCJ9", "a", "b", "c", "d"]),
        "JSON form": _json_serialized(),
        # signatures
        "stripped": f"{head}.{payload}.",
        "without its dot": f"{head}.{payload}",
        "cut": good_token()[:-6],
        "longer": f"{good_token()}AAAA",
        "a bit turned": _with_a_bit_turned(),
        "all zero": raw_token(_head(), good_claims(**ROOT), bytes(256)),
        "payload of another": _with_payload_of_another(),
        "header of another": _with_header_of_another(),
        "PSS with the key for PKCS1": jwt.encode(
            good_claims(), KEY.private, "PS256", headers={"kid": "k1"}
        ),
        "longer hash with the same key": jwt.encode(
            good_claims(), KEY.private, "RS512", headers={"kid": "k1"}
        ),
        "elliptic zero": _elliptic(bytes(64)),
        "elliptic zero in DER": _elliptic(encode_dss_signature(0, 0)),
        "elliptic group order": _elliptic(order.to_bytes(32, "big") * 2),
        "elliptic one": _elliptic((1).to_bytes(32, "big") * 2),
        "elliptic empty": _elliptic(b""),
        "elliptic algorithm with the RSA key": raw_token(_head("ES256", "k1"), good_claims()),
        "RSA algorithm with the elliptic key": jwt.encode(
            good_claims(), KEY.private, "RS256", headers={"kid": "e1"}
        ),
        "Edwards zero": raw_token(_head("EdDSA", "d1"), good_claims(**ROOT), bytes(64)),
        "Edwards neutral": raw_token(
            _head("EdDSA", "d1"), good_claims(**ROOT), b"\x01" + bytes(63)
        ),
        # shapes
        "empty header": _by_raw_key(b"{}", whole),
        "header is no JSON": _by_raw_key(b"RS256", whole),
        "header is a list": _by_raw_key(b'[{"alg":"RS256","kid":"k1","typ":"JWT"}]', whole),
        "payload is a list": KEY.sign([good_claims()]),  # pyright: ignore[reportArgumentType]
        "payload is text": KEY.sign("root"),  # pyright: ignore[reportArgumentType]
        "payload is null": KEY.sign(None),  # pyright: ignore[reportArgumentType]
        "payload is no UTF-8": _by_raw_key(json.dumps(_head()).encode(), b'{"sub":"\xff"}'),
        "payload is empty": _by_raw_key(json.dumps(_head()).encode(), b""),
        "algorithm twice": f"{base64url(_TWICE)}.{payload}.",
        "subject twice": raw_token(_head(), {})[:-1].rpartition(".")[0]
        + "."
        + base64url(whole[:-1] + b',"sub":"x"}')
        + f".{signature}",
        "a blank inside": good_token().replace(".", ". ", 1),
        "a line break inside": good_token().replace(".", ".%0a", 1),
        "two dots more": f"{good_token()}..",
        "padded": f"{head}==.{payload}==.{signature}==",
        "letters of another base64": f"{head}.{payload}.{'+/' * 171}",
        "a letter of no base64": f"{head}.{payload}.{signature[:-4]}é!!!",
        "very deep": f"{base64url(json.dumps(_head()).encode())}."
        f"{base64url(b'[' * 2500 + b']' * 2500)}.AAAA",
        "very long": KEY.sign(good_claims(padding="x" * 9000)),
        "huge number": _by_raw_key(
            json.dumps(_head()).encode(), whole[:-1] + b',"exp":' + b"9" * 4000 + b"}"
        ),
        "no number": _by_raw_key(json.dumps(_head()).encode(), whole[:-1] + b',"exp":NaN}'),
        "half a letter": KEY.sign(good_claims(username="\ud800")),
        # claims
        "another audience": KEY.sign(good_claims(aud="another-api")),
        "audience in a list without us": KEY.sign(good_claims(aud=["a", "b"])),
        "audience as an object": KEY.sign(good_claims(aud={"a": "b"})),
        "another issuer": KEY.sign(good_claims(iss="https://evil.example")),
        "issuer with a slash more": KEY.sign(good_claims(iss="https://issuer.example/")),
        "not yet": KEY.sign(good_claims(nbf=now + LIFETIME // 2)),
        "says not from when it is good": KEY.sign(good_claims(nbf=None)),
        "good from a word on": KEY.sign(good_claims(nbf="now")),
        "good from an object on": KEY.sign(good_claims(nbf={"$gt": 0})),
        "good after its end": KEY.sign(good_claims(nbf=now + LIFETIME + 50)),
        "no id of its own": KEY.sign(good_claims(jti=None)),
        "an id that is a list": KEY.sign(good_claims(jti=["token-1"])),
        "nobody": KEY.sign(good_claims(sub=None, user_id=None)),
        "nobody by name": KEY.sign(good_claims(sub="", user_id="")),
        "everybody": KEY.sign(good_claims(sub="*", user_id="*")),
        "never ends": KEY.sign(good_claims(exp=None)),
        "ends in words": KEY.sign(good_claims(exp="9999999999999x")),
        "type with a blank": _by_key({"typ": "JWT "}),
        "type of an identity": _by_key({"typ": "id+jwt"}),
        "lives too long": KEY.sign(good_claims(exp=now + 10 * 365 * 86400)),
        "expires before it was issued to live for ever": KEY.sign(good_claims(iat=-(10**12))),
        "another's subject": KEY.sign(good_claims(sub="7f0c3b62-6a3a-4c4e-9f59-0b6a2b9c1d11")),
    }

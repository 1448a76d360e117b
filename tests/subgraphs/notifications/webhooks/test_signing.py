"""Receivers check what comes with the means that they have."""

import base64
import hashlib
import hmac
import json
import time
from uuid import uuid4

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from trellis.subgraphs.notifications.webhooks.signing import new_secret, signed_headers

BODY = b'{"event":"issue.created"}'


def now() -> int:
    return int(time.time())


@pytest.mark.parametrize(
    "secret",
    [new_secret(), "webhook-secret", "whsec_no base64", "ключ-ключ"],
    ids=["ours", "any text", "no base64", "not ASCII"],
)
def test_the_library_of_standard_webhooks_verifies(secret: str):
    headers = signed_headers(uuid4(), now(), BODY, [secret])
    is_theirs = secret.startswith("whsec_") and " " not in secret
    theirs = Webhook(secret if is_theirs else base64.b64encode(secret.encode()).decode())

    assert theirs.verify(BODY, headers) == json.loads(BODY)
    with pytest.raises(WebhookVerificationError):
        theirs.verify(BODY + b" ", headers)
    with pytest.raises(WebhookVerificationError):
        theirs.verify(BODY, {**headers, "webhook-id": str(uuid4())})
    with pytest.raises(WebhookVerificationError):
        theirs.verify(BODY, {**headers, "webhook-timestamp": str(now() - 1)})
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(BODY, headers)


def test_what_is_old_is_not_verified():
    secret = new_secret()
    headers = signed_headers(uuid4(), now() - 600, BODY, [secret])
    with pytest.raises(WebhookVerificationError, match="too old"):
        Webhook(secret).verify(BODY, headers)


def test_while_a_secret_is_replaced_either_verifies():
    new, old = new_secret(), new_secret()
    headers = signed_headers(uuid4(), now(), BODY, [new, old])
    assert Webhook(new).verify(BODY, headers) == Webhook(old).verify(BODY, headers)
    assert hub_signature(headers["X-Hub-Signature-256"], old)
    assert not hub_signature(headers["X-Hub-Signature-256"], new)


def test_the_hub_signature_is_that_of_the_body_under_the_secret_as_it_is_written():
    headers = signed_headers(uuid4(), 1_738_180_200, BODY, ["webhook-secret"])
    assert headers["X-Hub-Timestamp"] == "1738180200"
    # openssl dgst -sha256 -hmac webhook-secret
    assert headers["X-Hub-Signature-256"] == (
        "sha256=6c98fd4d8fd009dce702ffae9e6e4fa8cdfa5a515433eb890e6fe2373e974023"
    )


def test_secrets_are_never_the_same_and_long_enough():
    made = {new_secret() for _ in range(50)}
    assert len(made) == 50
    assert {len(base64.b64decode(one.removeprefix("whsec_"))) for one in made} == {32}


def hub_signature(given: str, secret: str) -> bool:
    """As a receiver checks it."""
    wanted = hmac.new(secret.encode(), BODY, hashlib.sha256).hexdigest()
    return hmac.compare_digest(given, f"sha256={wanted}")

"""Whether a report is Stripe's (https://docs.stripe.com/webhooks/signature)."""

from collections.abc import Iterable

from stripe import SignatureVerificationError, WebhookSignature

# Stripe's own advice: what is older is a copy that somebody has kept.
_TOLERANCE_SECONDS = 300


def is_valid(body: bytes, signature: str | None, secrets: Iterable[str]) -> bool:
    """Whether one of ``secrets`` has signed the body, and lately."""
    for secret in secrets:
        try:
            WebhookSignature.verify_header(body, signature, secret, _TOLERANCE_SECONDS)
            return True
        except (SignatureVerificationError, TypeError, UnicodeDecodeError):
            # A TypeError is a signature beyond ASCII, which hmac does not compare.
            continue
    return False

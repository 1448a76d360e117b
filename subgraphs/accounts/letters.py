"""What the letters say. Links are built from the configured address, never from a request."""

from subgraphs.accounts.mail import Letter


def verification_letter(to: str, token: str, public_url: str) -> Letter:
    return Letter(
        to,
        "Confirm your e-mail address",
        f"Open {_link(public_url, 'verify-email', token)}\n"
        f"or enter this code to confirm your address: {token}\n\n"
        "If you did not make an account you can ignore this letter.",
    )


def reset_letter(to: str, token: str, public_url: str) -> Letter:
    return Letter(
        to,
        "Choose a new password",
        f"Open {_link(public_url, 'reset-password', token)}\n"
        f"or enter this code to choose a new password within the hour: {token}\n\n"
        "If you did not ask for it you can ignore this letter; your password stays.",
    )


def invitation_letter(to: str, organization: str, token: str, public_url: str) -> Letter:
    return Letter(
        to,
        f"Join {' '.join(organization.split())}",
        f"You are invited to join {organization}. Sign in with this address, then\n"
        f"open {_link(public_url, 'accept-invitation', token)}\n"
        f"or enter this code: {token}",
    )


def api_key_letter(to: str, name: str) -> Letter:
    return Letter(
        to,
        "A new API key",
        f"A new API key was made with your account: {' '.join(name.split())}\n\n"
        "If that was not you, sign in, revoke it and choose a new password.",
    )


def _link(public_url: str, page: str, token: str) -> str:
    # After a # the token stays in the browser: it reaches no server log and no referrer.
    return f"{public_url.rstrip('/')}/{page}#token={token}"

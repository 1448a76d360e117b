"""What the letters say. Links are built from the configured address, never from a request."""

from trellis.subgraphs.accounts.mail import Letter


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


def new_email_letter(to: str, token: str, public_url: str) -> Letter:
    return Letter(
        to,
        "Confirm your new e-mail address",
        f"Open {_link(public_url, 'confirm-email', token)}\n"
        f"or enter this code to move your account here within the hour: {token}\n\n"
        "If you did not ask for it you can ignore this letter.",
    )


def email_wanted_letter(to: str) -> Letter:
    return Letter(
        to,
        "Your e-mail address is in use here",
        "Somebody wanted to move an account to this address, which has an account already.\n\n"
        "If that was you, sign in with this address, or choose a new password. If not, you can "
        "ignore this letter; nothing has changed.",
    )


def email_warning_letter(to: str) -> Letter:
    return Letter(
        to,
        "Your account is about to move",
        "Your account is to move to another e-mail address once that one is confirmed.\n\n"
        "If you did not ask for it, sign in and choose a new password now.",
    )


def email_changed_letter(to: str) -> Letter:
    return Letter(
        to,
        "Your e-mail address was changed",
        "Your account has moved to another e-mail address, as was asked for with its password.\n"
        "This address does not sign in any more.\n\n"
        "If that was not you, write to the people who run this platform at once.",
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

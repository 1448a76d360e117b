"""The texts of e-mails. Links are built from the configured address, never from a request."""

from trellis.subgraphs.mail_scope.mailer import Letter


def verification_letter(to: str, token: str, public_url: str) -> Letter:
    return Letter(
        to,
        "Confirm your e-mail address",
        f"Open {_link(public_url, 'verify-email', token)}\n"
        f"or enter this code to confirm your address: {token}\n\n"
        "If you did not create an account, you can ignore this e-mail.",
    )


def reset_letter(to: str, token: str, public_url: str) -> Letter:
    return Letter(
        to,
        "Choose a new password",
        f"Open {_link(public_url, 'reset-password', token)}\n"
        f"or enter this code to choose a new password within the hour: {token}\n\n"
        "If you did not request this, you can ignore this e-mail; your password does not change.",
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
        f"or enter this code to make this the address of your account within the hour: {token}\n\n"
        "If you did not request this, you can ignore this e-mail.",
    )


def email_wanted_letter(to: str) -> Letter:
    return Letter(
        to,
        "Your e-mail address is in use here",
        "Someone tried to change the address of another account to this one, which is in use.\n\n"
        "If that was you, sign in with this address, or choose a new password. If not, you can "
        "ignore this e-mail; nothing has changed.",
    )


def email_warning_letter(to: str) -> Letter:
    return Letter(
        to,
        "Your e-mail address is about to change",
        "Your account will change to another e-mail address when that address is confirmed.\n\n"
        "If you did not request this, sign in and choose a new password now.",
    )


def email_changed_letter(to: str) -> Letter:
    return Letter(
        to,
        "Your e-mail address was changed",
        "The e-mail address of your account was changed, confirmed by its password.\n"
        "You can no longer sign in with this address.\n\n"
        "If that was not you, contact the operators of this platform immediately.",
    )


def api_key_letter(to: str, name: str) -> Letter:
    return Letter(
        to,
        "A new API key",
        f"A new API key was created with your account: {' '.join(name.split())}\n\n"
        "If that was not you, sign in, revoke it and choose a new password.",
    )


def linked_letter(to: str, provider: str) -> Letter:
    return Letter(
        to,
        "A new way to sign in",
        f"Somebody signed in to your account by way of {provider}, for the first time. From now on "
        "that is a way to sign in, beside your password.\n\n"
        "If that was not you, somebody else has an account with your address there. Write to us.",
    )


def _link(public_url: str, page: str, token: str) -> str:
    # After a # the token stays in the browser: it reaches no server log and no referrer.
    return f"{public_url.rstrip('/')}/{page}#token={token}"

"""Input checks of accounts; each returns clean values or reports every problem."""

import re
from collections.abc import Mapping
from typing import Annotated, Any

from trellis.schema.directives import Constraint
from trellis.schema.inputs import InputProblems, is_storable
from trellis.schema.times import known_time_zones
from trellis.subgraphs.accounts.models import Profile
from trellis.subgraphs.accounts.passwords import MAX_LENGTH
from trellis.subgraphs.accounts.settings import RESERVED_USERNAMES, minimum_password

# Deliberately loose: whether an address exists is found out by writing to it.
_EMAIL = re.compile(r"[^@\s<>\"(),:;\\\[\]]+@[^@\s.<>]+(\.[^@\s.<>]+)+")
_USERNAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
_DOMAIN = re.compile(r"^([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}$")
_LANGUAGE = re.compile(r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,4})?$")
_PHONE = re.compile(r"^\+?[0-9][0-9 ()/.-]{3,30}$")
_EMAIL_LENGTH = 254
_USERNAME_LENGTHS = (3, 50)
_DISPLAY_NAME_LENGTHS = (2, 100)
_URL_LENGTH = 2000
_DOMAIN_LENGTH = 253
_PHONE_LENGTH = 32

# The types of input members whose checks are below.
Email = Annotated[str, Constraint(format="EMAIL", max_length=_EMAIL_LENGTH)]
Username = Annotated[
    str,
    Constraint(
        min_length=_USERNAME_LENGTHS[0],
        max_length=_USERNAME_LENGTHS[1],
        pattern=_USERNAME.pattern,
    ),
]
NewPassword = Annotated[
    str, Constraint(min_length=minimum_password(Profile.GRAPHQL), max_length=MAX_LENGTH)
]
DisplayName = Annotated[
    str, Constraint(min_length=_DISPLAY_NAME_LENGTHS[0], max_length=_DISPLAY_NAME_LENGTHS[1])
]
Url = Annotated[str, Constraint(format="URI", max_length=_URL_LENGTH)]
Domain = Annotated[str, Constraint(max_length=_DOMAIN_LENGTH, pattern=_DOMAIN.pattern)]
Phone = Annotated[str, Constraint(max_length=_PHONE_LENGTH, pattern=_PHONE.pattern)]
TimeZone = Annotated[str, Constraint(format="TIME_ZONE")]
Language = Annotated[str, Constraint(pattern=_LANGUAGE.pattern)]


def check_email(problems: InputProblems, value: str, *, field: str = "email") -> str:
    """An e-mail address in lower case."""
    email = problems.text(field, value, maximum=_EMAIL_LENGTH).lower()
    if email and not _EMAIL.fullmatch(email):
        problems.add(field, "INVALID_FORMAT", f"{field} is not an e-mail address.")
    return email


def check_username(problems: InputProblems, value: str | None) -> str | None:
    """A username: letters, digits, dot, dash and underscore."""
    if value is None:
        return None
    least, most = _USERNAME_LENGTHS
    username = problems.text("username", value, minimum=least, maximum=most)
    if username and not _USERNAME.fullmatch(username):
        message = "username may have letters, digits, dots, dashes and underscores."
        problems.add("username", "INVALID_FORMAT", message)
    if username.lower() in RESERVED_USERNAMES:
        problems.add("username", "INVALID_FORMAT", "username is a reserved word.")
    return username


def check_new_password(
    problems: InputProblems, value: str, profile: Profile, *, field: str = "password"
) -> None:
    """A password that somebody chooses. It is not stripped: blanks may be part of it."""
    minimum = minimum_password(profile)
    if not value:
        problems.add(field, "REQUIRED_FIELD_MISSING", f"{field} must not be empty.")
    elif len(value) < minimum:
        problems.add(field, "VALUE_TOO_SHORT", f"{field} needs at least {minimum} characters.")
    elif len(value) > MAX_LENGTH:
        problems.add(field, "VALUE_TOO_LONG", f"{field} may have {MAX_LENGTH} characters at most.")
    if not is_storable(value):
        problems.add(field, "INVALID_FORMAT", f"{field} contains characters that are not text.")


def check_url(problems: InputProblems, field: str, value: str | None) -> str | None:
    return problems.web_address(field, value, maximum=_URL_LENGTH)


def check_domain(problems: InputProblems, value: str | None) -> str | None:
    """A DNS name in lower case."""
    domain = problems.optional_text("domain", value, maximum=_DOMAIN_LENGTH)
    domain = domain.lower() if domain else None
    if domain is not None and not _DOMAIN.fullmatch(domain):
        problems.add("domain", "INVALID_FORMAT", "domain must be a name such as example.com.")
    return domain


def check_display_name(problems: InputProblems, value: str | None) -> str | None:
    if value is None:
        return None
    least, most = _DISPLAY_NAME_LENGTHS
    return problems.text("displayName", value, minimum=least, maximum=most)


def check_phone(problems: InputProblems, value: str | None) -> str | None:
    phone = problems.optional_text("phone", value, maximum=_PHONE_LENGTH)
    if phone is not None and not _PHONE.fullmatch(phone):
        problems.add("phone", "INVALID_FORMAT", "phone is not a phone number.")
    return phone


def check_language(problems: InputProblems, field: str, value: str | None) -> str:
    """A tag whose language is in lower case; clients may write it as they like."""
    if not _LANGUAGE.fullmatch(value or ""):
        problems.add(field, "INVALID_FORMAT", f"{field} must be a tag such as en or pt-BR.")
    language, dash, rest = (value or "").partition("-")
    return language.lower() + dash + rest


def check_profile_changes(
    problems: InputProblems, given: Mapping[str, Any], *, language_field: str = "language"
) -> dict[str, Any]:
    """The members of a profile that a client wants to set, clean, under their column names; what
    has only a limit was checked before. ``language_field`` is the member that gave the language."""
    changes = dict(given)
    if "display_name" in given:
        changes["display_name"] = check_display_name(problems, given["display_name"] or "")
    if "avatar_url" in given:
        changes["avatar_url"] = check_url(problems, "avatarUrl", given["avatar_url"])
    if "phone" in given:
        changes["phone"] = check_phone(problems, given["phone"])
    if "timezone" in given and given["timezone"] not in known_time_zones():
        message = "timezone must be a name such as UTC or Europe/Paris."
        problems.add("timezone", "INVALID_FORMAT", message)
    if "language" in given:
        changes["language"] = check_language(problems, language_field, given["language"])
    return changes

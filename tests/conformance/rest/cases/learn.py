"""The learning platform: signing in, sessions, the second factor and accounts."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import httpx
from pyotp.totp import TOTP

from tests.conformance.rest.asking import Ask, Case, by, changed
from tests.conformance.rest.world import AVATAR, LEARN_PASSWORD, Person, World

INVALID = (422, "VALIDATION_ERROR")
FORBIDDEN = (403, "FORBIDDEN")
CONFLICT = (409, None)
UNAUTHORIZED = (401, "UNAUTHORIZED")


def learner(world: World, **members: Any) -> Person:
    return world.fresh(profile="LEARN", displayName="Fay Fresh", **members)


def login(world: World) -> Ask:
    person = learner(world)
    return Ask(body={"email": person.email, "password": person.password})


def for_a_quarter_hour(_world: World, _ask: Ask, response: httpx.Response) -> list[str]:
    data = response.json()["data"]
    told = data["expiresIn"], data["user"]["role"], data["user"]["subscription"]["tier"]
    return [] if told == (900, "free_user", "free") else [f"told {told}"]


def register(world: World) -> Ask:
    return Ask(
        body={
            "email": world.new_names()[0],
            "password": LEARN_PASSWORD,
            "displayName": "Jane Learner",
            "acceptedTerms": True,
        }
    )


def known_address(world: World) -> Ask:
    return changed(register, email=world.fresh().email)(world)


def refresh(world: World) -> Ask:
    return Ask(body={"refreshToken": learner(world).refresh_token})


def rotates(world: World, ask: Ask, response: httpx.Response) -> list[str]:
    successor = response.json()["data"]["refreshToken"]
    again = ask.send(world, "POST", "/learn/api/v1/auth/refresh")
    family = Ask(body={"refreshToken": successor}).send(world, "POST", "/learn/api/v1/auth/refresh")
    ended = (again.status_code, family.status_code)
    return [] if ended == (401, 401) else [f"a spent token is answered with {ended}"]


def forgot(world: World) -> Ask:
    return Ask(body={"email": learner(world).email})


def reset(world: World) -> Ask:
    person = learner(world)
    Ask(body={"email": person.email}).send(world, "POST", "/learn/api/v1/auth/forgot-password")
    code = world.code_mailed_to(person.email, "password")
    return Ask(body={"token": code, "newPassword": "another-long-password"})


def logout(world: World) -> Ask:
    return Ask(token=learner(world).token)


def is_signed_out(world: World, ask: Ask, _response: httpx.Response) -> list[str]:
    again = ask.send(world, "GET", "/learn/api/v1/users/me")
    return [] if again.status_code == 401 else ["the token still works"]


def mfa(world: World) -> Ask:
    return Ask(token=learner(world).token)


def is_off(_world: World, _ask: Ask, response: httpx.Response) -> list[str]:
    return [] if response.json()["data"]["enabled"] is False else ["enabled"]


def begin_mfa(world: World) -> Ask:
    return Ask(token=learner(world).token, body={"password": LEARN_PASSWORD})


def confirm_mfa(world: World, ask: Ask, response: httpx.Response) -> list[str]:
    secret = response.json()["data"]["secret"]
    code = Ask(token=ask.token, body={"code": TOTP(secret).now()})
    confirmed = code.send(world, "POST", "/learn/api/v1/auth/mfa")
    status = Ask(token=ask.token).send(world, "GET", "/learn/api/v1/auth/mfa").json()["data"]
    right = confirmed.status_code == 201 and confirmed.json()["data"]["recoveryCodes"]
    return [] if right and status["enabled"] is True else [f"not enabled: {confirmed.text}"]


def with_mfa(world: World) -> tuple[Ask, list[str]]:
    """Somebody with a second factor, and their recovery codes."""
    ask = begin_mfa(world)
    secret = ask.send(world, "POST", "/learn/api/v1/auth/mfa").json()["data"]["secret"]
    confirm = replace(ask, body={"code": TOTP(secret).now()})
    confirmed = confirm.send(world, "POST", "/learn/api/v1/auth/mfa").json()["data"]
    return ask, confirmed["recoveryCodes"]


def begin_mfa_again(world: World) -> Ask:
    return with_mfa(world)[0]


def disable_mfa(world: World) -> Ask:
    ask, codes = with_mfa(world)
    return replace(ask, body={"password": LEARN_PASSWORD, "code": codes[0]})


def sessions(world: World) -> Ask:
    return Ask(token=learner(world).token)


def current_is_marked(_world: World, _ask: Ask, response: httpx.Response) -> list[str]:
    marks = [session["isCurrent"] for session in response.json()["data"]]
    return [] if marks == [True] else [f"current: {marks}"]


def two_sessions(world: World) -> Ask:
    person = learner(world)
    world.log_in(person.email, person.password, "LEARN")
    return Ask(token=person.token)


def one_is_left(world: World, ask: Ask, _response: httpx.Response) -> list[str]:
    left = ask.send(world, "GET", "/learn/api/v1/auth/sessions").json()["data"]
    return [] if [session["isCurrent"] for session in left] == [True] else [f"left: {left}"]


def other_session(world: World) -> Ask:
    ask = two_sessions(world)
    found = ask.send(world, "GET", "/learn/api/v1/auth/sessions").json()["data"]
    other = next(session["id"] for session in found if not session["isCurrent"])
    return replace(ask, path={"id": other})


def users(world: World) -> Ask:
    return Ask(token=world.token("ada"), query={"limit": 2, "sortBy": "email", "sortOrder": "asc"})


def cursors_lead_on_and_back(world: World, ask: Ask, response: httpx.Response) -> list[str]:
    first = response.json()
    after = {"cursor": first["meta"]["pagination"]["nextCursor"]}
    second = turn(world, ask, after)
    back = turn(world, ask, {"cursor": second["meta"]["pagination"]["prevCursor"]})
    addresses = [user["email"] for user in first["data"] + second["data"]]
    wrong = [] if addresses == sorted(set(addresses)) else [f"pages: {addresses}"]
    return wrong if back["data"] == first["data"] else [*wrong, "prevCursor leads elsewhere"]


def turn(world: World, ask: Ask, more: Mapping[str, Any]) -> Any:
    other = replace(ask, query={**ask.query, **more})
    return other.send(world, "GET", "/learn/api/v1/users").json()


def me(world: World) -> Ask:
    return Ask(token=learner(world).token)


def update_me(world: World) -> Ask:
    return Ask(
        token=learner(world).token,
        body={
            "displayName": "Jane",
            "avatarUrl": AVATAR,
            "bio": "Learns",
            "preferences": {
                "theme": "dark",
                "language": "de",
                "notifications": {"email": False, "push": True},
            },
        },
    )


def me_changed(world: World, ask: Ask, response: httpx.Response) -> list[str]:
    data = response.json()["data"]
    wrong = [name for name in ("displayName", "avatarUrl") if data[name] != ask.body[name]]
    query = "{ me { bio language preferences { theme notifications { email push inApp } } } }"
    told = world.graph(query, token=ask.token)["me"]
    kept = {
        "bio": "Learns",
        "language": "de",
        "preferences": {
            "theme": "DARK",
            "notifications": {"email": False, "push": True, "inApp": True},
        },
    }
    return wrong if told == kept else [*wrong, f"kept {told}"]


def usage(world: World) -> Ask:
    return Ask(token=learner(world).token)


def user(world: World) -> Ask:
    return Ask(token=world.token("alan"), path={"id": world.person_id("grace")})


def administrators_are_spared(world: World, ask: Ask, response: httpx.Response) -> list[str]:
    by_ada = replace(ask, token=world.token("ada"))
    other = by_ada.send(world, "GET", "/learn/api/v1/users/{id}")
    told = ("deprecation" in response.headers, "deprecation" in other.headers)
    return [] if told == (True, False) else [f"deprecated for others, for administrators: {told}"]


def new_user(world: World) -> Ask:
    return Ask(
        token=world.token("ada"),
        body={
            "email": world.new_names()[0],
            "password": LEARN_PASSWORD,
            "displayName": "New Teacher",
            "role": "instructor",
        },
    )


def is_instructor(_world: World, _ask: Ask, response: httpx.Response) -> list[str]:
    role = response.json()["data"]["role"]
    return [] if role == "instructor" else [f"role {role}"]


def known_user(world: World) -> Ask:
    return changed(new_user, email=world.fresh().email)(world)


def update_user(world: World) -> Ask:
    return Ask(
        token=world.token("ada"),
        path={"id": learner(world).id},
        body={"role": "instructor", "isActive": True},
    )


def update_colleague(world: World) -> Ask:
    ask = update_user(world)
    return replace(ask, token=world.token("alan"), path={"id": world.person_id("grace")})


def delete_user(world: World) -> Ask:
    return Ask(token=world.token("ada"), path={"id": learner(world).id})


def user_is_gone(world: World, ask: Ask, _response: httpx.Response) -> list[str]:
    again = ask.send(world, "GET", "/learn/api/v1/users/{id}")
    is_gone = again.status_code == 404 or "Fay" not in again.text
    return [] if is_gone else [f"the person is still there: {again.text}"]


def by_alan(ask: Any) -> Any:
    return by(ask, lambda world: world.token("alan"))


LEARN: Mapping[str, Case] = {
    "S4-auth-login": Case(
        login,
        {
            INVALID: changed(login, mfaCode="12"),
            UNAUTHORIZED: changed(login, password="something else"),
        },
        for_a_quarter_hour,
    ),
    "S4-auth-register": Case(
        register,
        {INVALID: changed(register, acceptedTerms=False), CONFLICT: known_address},
        for_a_quarter_hour,
    ),
    "S4-auth-refresh": Case(
        refresh,
        {
            INVALID: changed(refresh, refreshToken=None),
            UNAUTHORIZED: changed(refresh, refreshToken="no-such-token"),
        },
        rotates,
    ),
    "S4-auth-forgot-password": Case(forgot, {INVALID: changed(forgot, email="nobody")}),
    "S4-auth-reset-password": Case(
        reset,
        {
            INVALID: changed(reset, newPassword="elevenchars"),
            UNAUTHORIZED: changed(reset, token="no-such-token"),
        },
    ),
    "S4-auth-logout": Case(logout, check=is_signed_out),
    "S4-auth-mfa-get": Case(mfa, check=is_off),
    "S4-auth-mfa-enable": Case(
        begin_mfa,
        {INVALID: changed(begin_mfa, code="12"), CONFLICT: begin_mfa_again},
        confirm_mfa,
    ),
    "S4-auth-mfa-disable": Case(disable_mfa, {INVALID: changed(disable_mfa, code="000000")}),
    "S4-auth-sessions-list": Case(sessions, check=current_is_marked),
    "S4-auth-sessions-revoke-all": Case(two_sessions, check=one_is_left),
    "S4-auth-sessions-revoke": Case(other_session, check=one_is_left),
    "S4-users-list": Case(users, {FORBIDDEN: by_alan(users)}, cursors_lead_on_and_back),
    "S4-users-me": Case(me),
    "S4-users-me-update": Case(
        update_me, {INVALID: changed(update_me, preferences={"theme": "pink"})}, me_changed
    ),
    "S4-users-me-usage": Case(usage),
    "S4-users-get": Case(
        user,
        check=administrators_are_spared,
        unprovoked={FORBIDDEN: "strangers do not exist: 404"},
    ),
    "S4-users-create": Case(
        new_user,
        {
            INVALID: changed(new_user, role="emperor"),
            CONFLICT: known_user,
            FORBIDDEN: by_alan(new_user),
        },
        is_instructor,
    ),
    "S4-users-update": Case(
        update_user,
        {INVALID: changed(update_user, displayName="J"), FORBIDDEN: update_colleague},
        is_instructor,
    ),
    "S4-users-delete": Case(delete_user, {FORBIDDEN: by_alan(delete_user)}, user_is_gone),
}

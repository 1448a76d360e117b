"""Signing on, in and out of the personal task list."""

from collections.abc import Mapping

import httpx

from tests.conformance.rest.asking import Ask, Case, changed
from tests.conformance.rest.world import World


def sign_on(world: World) -> Ask:
    address, username = world.new_names()
    return Ask(body={"username": username, "password": "securepass123", "email": address})


def known_name(world: World) -> Ask:
    return changed(sign_on, username=world.fresh().username)(world)


def is_signed_in(world: World, _ask: Ask, response: httpx.Response) -> list[str]:
    out = Ask(token=response.json()["token"]).send(world, "POST", "/todo/api/user/logout")
    return [] if out.status_code == 204 else ["the token does not work"]


def sign_in(world: World) -> Ask:
    person = world.fresh()
    return Ask(body={"username": person.username, "password": person.password})


def sign_out(world: World) -> Ask:
    return Ask(token=world.fresh(profile="TODO").token)


def is_revoked(world: World, ask: Ask, _response: httpx.Response) -> list[str]:
    again = ask.send(world, "POST", "/todo/api/user/logout")
    return [] if again.status_code == 401 else ["the token still works"]


TODO: Mapping[str, Case] = {
    "S3-user-sign-on": Case(
        sign_on,
        {(400, None): changed(sign_on, password=None), (409, None): known_name},
        is_signed_in,
    ),
    "S3-user-sign-in": Case(
        sign_in, {(401, None): changed(sign_in, password="something else")}, is_signed_in
    ),
    "S3-user-sign-out": Case(sign_out, check=is_revoked),
}

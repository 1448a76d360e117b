"""The users of the shop."""

from collections.abc import Mapping
from uuid import uuid4

import httpx

from tests.conformance.rest.asking import Ask, Case, changed
from tests.conformance.rest.world import World

INVALID = (422, None)


def sign_up(world: World) -> Ask:
    address, username = world.new_names()
    return Ask(
        body={
            "email": address,
            "username": username,
            "password": "password123",
            "first_name": "John",
            "last_name": "Doe",
            "phone": "+1234567890",
        }
    )


def known_address(world: World) -> Ask:
    return changed(sign_up, email=world.fresh().email)(world)


def known_name(world: World) -> Ask:
    return changed(sign_up, username=world.fresh().username)(world)


def is_unverified(_world: World, _ask: Ask, response: httpx.Response) -> list[str]:
    told = response.json()["is_active"], response.json()["is_verified"]
    return [] if told == (True, False) else [f"is_active, is_verified: {told}"]


def user(world: World) -> Ask:
    person = world.fresh(phone="+1234567890")
    changes = {"bio": "Software developer", "country": "USA", "city": "San Francisco"}
    query = """mutation Change($input: UpdateProfileInput!) {
      updateMyProfile(input: $input) { user { id } } }"""
    world.graph(query, {"input": changes}, person.token)
    return Ask(token=person.token, path={"user_id": person.id})


def update_user(world: World) -> Ask:
    person = world.fresh()
    return Ask(
        token=person.token,
        path={"user_id": person.id},
        body={"first_name": "Jane", "last_name": "Smith", "phone": "+1234567891"},
    )


def update_colleague(world: World) -> Ask:
    return Ask(
        token=world.token("alan"),
        path={"user_id": world.person_id("grace")},
        body={"first_name": "Not Grace"},
    )


def members_changed(_world: World, ask: Ask, response: httpx.Response) -> list[str]:
    return [name for name, value in ask.body.items() if response.json()[name] != value]


def verify(world: World) -> Ask:
    person = world.fresh()
    code = world.code_mailed_to(person.email, "Confirm")
    return Ask(path={"user_id": person.id}, body={"verification_token": code})


def is_verified(_world: World, _ask: Ask, response: httpx.Response) -> list[str]:
    return [] if response.json()["is_verified"] is True else ["is_verified is not true"]


def unknown_user(world: World) -> Ask:
    ask = verify(world)
    return Ask(path={"user_id": str(uuid4())}, body=ask.body)


def events(world: World) -> Ask:
    ask = verify(world)
    ask.send(world, "POST", "/commerce/api/users/{user_id}/verify")
    return Ask(token=world.token("ada"), path=ask.path)


def in_order(_world: World, _ask: Ask, response: httpx.Response) -> list[str]:
    told = [(event["created_at"], event["event_type"]) for event in response.json()["events"]]
    kinds = [kind for _, kind in told]
    right = kinds[:1] == ["user_created"] and "user_verified" in kinds
    in_time = [time for time, _ in told] == sorted(time for time, _ in told)
    if not right or not in_time:
        return [f"events: {told}"]
    data = {event["event_type"]: set(event["data"]) for event in response.json()["events"]}
    wanted = {
        "user_created": {"email", "username", "created_at"},
        "user_verified": {"verified_at"},
    }
    return [f"data of {kind}: {data[kind]}" for kind in wanted if data[kind] != wanted[kind]]


def events_of_colleague(world: World) -> Ask:
    return Ask(token=world.token("alan"), path={"user_id": world.person_id("grace")})


COMMERCE: Mapping[str, Case] = {
    "S2-users-create": Case(
        sign_up,
        {
            (409, "USER_001"): known_address,
            (409, "USER_002"): known_name,
            INVALID: changed(sign_up, email="not-an-address"),
        },
        is_unverified,
    ),
    "S2-users-get": Case(user),
    "S2-users-update": Case(
        update_user,
        {INVALID: changed(update_user, phone="none"), (403, None): update_colleague},
        members_changed,
    ),
    "S2-users-verify": Case(
        verify,
        {
            (400, "USER_003"): changed(verify, verification_token="no-such-token"),
            (404, "USER_004"): unknown_user,
        },
        is_verified,
    ),
    "S2-users-events": Case(events, {(403, None): events_of_colleague}, in_order),
}

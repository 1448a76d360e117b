"""The chapters in their order."""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

from tests.end_to_end.story import chapters
from tests.end_to_end.story.clients import FROM_THE_BEGINNING, Person
from tests.subgraphs.notifications.receiver import receiving

_NOTIFIED = "subscription($after: String) { notificationReceived(after: $after) { type title } }"


async def happens(url: str, letter_to: Callable[[str], Awaitable[str]]) -> None:
    """Tell the whole story at the server at ``url``; ``letter_to`` waits for the letter to an
    address, and gives its text."""
    async with AsyncExitStack() as stack:
        learner, teacher = Person(url), Person(url)
        for person in (learner, teacher):
            stack.push_async_callback(person.close)
        await chapters.register(learner, letter_to)
        await chapters.sign_in_teacher(teacher)
        live = await stack.enter_async_context(learner.live())
        topics = await stack.enter_async_context(learner.topics())
        story = chapters.Story(
            learner,
            teacher,
            receiver=await stack.enter_async_context(receiving()),
            live=live,
            topics=topics,
            alerts=await live.subscribe(_NOTIFIED, after=FROM_THE_BEGINNING),
            told=await topics.subscribe("notifications"),
        )
        await chapters.pay(story, await chapters.order_course(story))
        await chapters.learn(story)
        await chapters.chat(story)
        await chapters.watch_code(story)
        await chapters.run_code(story)
        await chapters.plan_and_read(story)
        await chapters.hear_by_webhook(story)
        await chapters.leave(story)

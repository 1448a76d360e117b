"""graphql-core's execution in a process that has others to serve."""

import asyncio
import warnings
from collections.abc import Awaitable, Iterable, Sequence
from functools import partial
from inspect import isawaitable
from time import monotonic
from typing import Any, TypeVar

from graphql import GraphQLOutputType, GraphQLResolveInfo, GraphQLResolveInfoHelpers
from graphql.execution.incremental import IncrementalExecutor
from graphql.pyutils import AwaitableOrValue, Path, gather_with_cancel

from trellis.router.pace import Share, turn

LONG = 50
"""Items of a list that is worth a look at the clock; shorter ones take a few milliseconds."""

FREE_FIELDS = 200
"""Fields with a coroutine that an operation may have before it takes turns: about 20 ms of work,
and nearly all operations have less."""

SLICE_SECONDS = 0.005

Result = TypeVar("Result")


class SlicedExecutor(IncrementalExecutor):
    """Completes long lists with pauses, and takes turns when there is much to wait for. The
    standard one completes all items in one go: for ten thousand entities that is a second in which
    the process hears nobody.

    Nothing else differs. Coroutines of resolvers begin when the whole list has been gone through,
    as always, so what they ask of dataloaders is one batch.
    """

    _awaited = 0
    _share: Share | None = None

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        # The standard helpers are methods of the executor, which holds them: a cycle, in which the
        # context and all rows of its loaders would wait for the collector.
        self.async_helpers = GraphQLResolveInfoHelpers(
            gather=_gather, track=partial(_settle, self.background_futures)
        )

    async def with_abort_signal(self, awaitable: Awaitable[Result]) -> Result:
        """Await what a resolver gave. No abort signal is ever given here."""
        self._awaited += 1
        if self._awaited > FREE_FIELDS:
            try:
                await self._turn()
            except BaseException:
                if asyncio.iscoroutine(awaitable):
                    awaitable.close()
                raise
        result = await awaitable
        if self._awaited > FREE_FIELDS:  # thousands may come at once, from one dataloader
            await self._turn()
        return result

    async def _turn(self) -> None:
        if self._share is None:
            self._share = Share()
        await turn(self._share)

    def complete_iterable_value(
        self,
        item_type: GraphQLOutputType,
        field_details_list: Any,
        info: GraphQLResolveInfo,
        path: Path,
        items: Iterable[Any],
        position_context: Any,
    ) -> AwaitableOrValue[list[Any]]:
        given = item_type, field_details_list, info, path
        is_long = type(items) is list and len(items) > LONG
        if not is_long or self.get_stream_usage(field_details_list, path):
            return super().complete_iterable_value(*given, items, position_context)
        return self._complete_in_slices(*given, items, position_context)  # type: ignore[arg-type]

    async def _complete_in_slices(
        self,
        item_type: GraphQLOutputType,
        field_details_list: Any,
        info: GraphQLResolveInfo,
        path: Path,
        items: list[Any],
        position_context: Any,
    ) -> list[Any]:
        completed: list[Any] = []
        unfinished: list[int] = []
        ends = monotonic() + SLICE_SECONDS
        try:
            for index, item in enumerate(items):
                if monotonic() > ends:
                    await asyncio.sleep(0)
                    await self._turn()
                    ends = monotonic() + SLICE_SECONDS
                rest = item_type, field_details_list, info, path.add_key(index), position_context
                if self.is_awaitable(item):
                    completed.append(self.complete_awaitable_list_item_value(item, *rest))
                    unfinished.append(index)
                elif self.complete_list_item_value(item, completed, *rest):
                    unfinished.append(index)
        except BaseException as failure:
            left = [completed[index] for index in unfinished]
            left += [item for item in items[len(completed) :] if self.is_awaitable(item)]
            completed.clear()
            self._give_up(left, failure)
            raise
        if unfinished:
            results = await self.gather_async_work([completed[index] for index in unfinished])
            for index, result in zip(unfinished, results, strict=True):
                completed[index] = result
        return completed

    def _give_up(self, left: list[Awaitable[Any]], failure: BaseException) -> None:
        """What nobody will await: run for its errors, as graphql-core does, or dropped where the
        whole execution is cancelled."""
        if isinstance(failure, Exception):
            if left:
                self.settle_in_background(left)
            return
        with warnings.catch_warnings():
            # They hold others that were never awaited: that is what is meant.
            warnings.simplefilter("ignore", RuntimeWarning)
            for one in left:
                if asyncio.iscoroutine(one):
                    one.close()
            one = None
            left.clear()


def _gather(values: Sequence[Awaitable[Any]]) -> Awaitable[list[Any]]:
    """``info.async_helpers.gather``"""
    return gather_with_cancel(*values)


def _settle(background: set[asyncio.Future[Any]], values: Sequence[Any]) -> None:
    """``info.async_helpers.track``: run what nobody awaits to its end."""
    if left := [value for value in values if isawaitable(value)]:
        future = asyncio.gather(*left, return_exceptions=True)
        background.add(future)
        future.add_done_callback(background.discard)


class LongExecutor(SlicedExecutor):
    """Takes turns from the start: for operations that are known to be long."""

    _awaited = FREE_FIELDS

"""What chat keeps of other subgraphs: who there is, whose a file is, who is in a course."""

from collections.abc import Mapping
from typing import Any

from trellis.db.replica import Replica
from trellis.db.unit_of_work import UnitOfWork
from trellis.schema.events.accounts import STREAM as ACCOUNTS
from trellis.schema.events.accounts import SubscriptionChanged, UserEvent
from trellis.schema.events.files import STREAM as FILES
from trellis.schema.events.files import FileDeleted, FileUpdated, FileUploaded
from trellis.schema.events.learning import (
    COURSE_STATES,
    CourseEvent,
    EnrollmentCreated,
    EnrollmentEnded,
    EnrollmentEvent,
)
from trellis.schema.events.learning import STREAM as LEARNING
from trellis.subgraphs.chat.models import Person
from trellis.subgraphs.chat.use_cases import upkeep
from trellis.subgraphs.people_scope.people import people_replica


def _columns_of_person(event: UserEvent) -> Mapping[str, Any]:
    return {"handle": event.username.lower()}


async def apply_learning(uow: UnitOfWork, event: CourseEvent | EnrollmentEvent) -> None:
    """Courses and enrolments by one reader, so that a course is known before who is in it."""
    if isinstance(event, CourseEvent):
        await upkeep.keep_course(uow, event)
    else:
        await upkeep.keep_enrollment(uow, event)


REPLICAS: tuple[Replica[Any], ...] = (
    people_replica(Person, deleted=upkeep.forget_person, more=_columns_of_person),
    # By a name of its own: it keeps another position in the same stream.
    Replica(
        ACCOUNTS,
        (SubscriptionChanged,),
        upkeep.keep_subscription,
        name="subscriptions-from-accounts",
    ),
    Replica(FILES, (FileUploaded, FileUpdated, FileDeleted), upkeep.keep_file),
    Replica(LEARNING, (*COURSE_STATES, EnrollmentCreated, EnrollmentEnded), apply_learning),
)

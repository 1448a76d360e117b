"""What arguments of the learning subgraph refer to, and how its objects are reached."""

from tests.subgraphs.tenants.meaning import FREE, Meanings

_DESCRIPTION = "What somebody has to know before the first lesson."

MEANINGS = Meanings(
    # The first course is archived, so that nobody sees it but those who learn and teach in it.
    counts={"course": 2, "lesson": 3, "enrollment": 3, "image": 1},
    by_name={
        "courseId": "course",
        "instructorId": "user",
        "lessonId": "lesson",
        "lessonIds": "lesson",
        "thumbnailFileId": "image",
        **dict.fromkeys(("category", "videoUrl", "thumbnailUrl", "title", "content"), FREE),
    },
    by_coordinate={
        "Query.course.id": "course",
        "Query.lesson.id": "lesson",
        "Query.enrollment.id": "enrollment",
        "Mutation.updateCourse.id": "course",
        "Mutation.deleteCourse.id": "course",
        "Mutation.updateLesson.id": "lesson",
        "Mutation.deleteLesson.id": "lesson",
        "Subscription.courseUpdated.id": "course",
    },
    good_texts={
        "videoUrl": "https://example.com/film.mp4",
        "thumbnailUrl": "https://example.com/picture.png",
    },
    good_values={
        "CreateCourseInput.description": _DESCRIPTION,
        "UpdateCourseInput.description": _DESCRIPTION,
        "CreateLessonInput.position": 1,
        "UpdateLessonInput.position": 1,
    },
    entrances={
        "Course": 'course(id: "$course")',
    },
    makes_no_difference={
        "UpdateProgressInput.lessonIds": "whoever teaches completes nothing: test_progress.py",
    },
    object_streams={
        "courseUpdated": (
            "subscription($id: ID!, $after: String) { courseUpdated(id: $id, after: $after) "
            "{ id title } }",
            "course",
        ),
        "enrollmentUpdated": (
            "subscription($id: ID!, $after: String) { enrollmentUpdated(courseId: $id, "
            "after: $after) { id progress user { id } eventCursor } }",
            "course",
        ),
    },
    # That somebody was enrolled, which was announced when it ended; and that they are gone.
    keeps_deleted=frozenset({"outbox", "deleted_person"}),
)

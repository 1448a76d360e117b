"""Per-request batches: whatever the number of rows, one statement per kind of question."""

from trellis.db.loaders import BatchLoaders
from trellis.db.storage import Storage
from trellis.schema.identity import Identity
from trellis.subgraphs.chat import message_queries, presence_queries, queries


class Loaders(BatchLoaders):
    def __init__(self, storage: Storage, caller: Identity) -> None:
        super().__init__(storage, caller)
        self.channel = self.rows(queries.channels_by_id)
        self.course_channel = self.rows(queries.channels_by_course)
        self.channels = self.lists(queries.channels_of)
        self.own_membership = self.rows(queries.own_memberships)
        self.members = self.lists(queries.members_of)
        self.member_counts = self.parts(queries.member_counts)
        self.owners = self.parts(queries.owners)
        self.people_of_direct = self.parts(queries.people_of_direct)
        self.message = self.rows(message_queries.messages_by_id)
        self.messages = self.lists(message_queries.messages_of)
        self.latest_message = self.rows(message_queries.latest_messages)
        self.place = self.rows(message_queries.places_by_id)
        self.replies = self.lists(message_queries.replies_of)
        self.reply_counts = self.parts(message_queries.reply_counts)
        self.revisions = self.parts(message_queries.revisions_by_message)
        self.mentions = self.parts(message_queries.mentions_by_message)
        self.reactions = self.rows(message_queries.reactions_by_message)
        self.reacting_people = self.parts(message_queries.people_by_reaction)
        self.presence = self.rows(presence_queries.presence_by_person)

"""What arguments of the chat subgraph refer to, and how its objects are reached."""

from tests.subgraphs.tenants.meaning import FREE, Meanings

_CHANNEL_FIELDS = (
    "updateChannel",
    "archiveChannel",
    "restoreChannel",
    "deleteChannel",
    "joinChannel",
    "leaveChannel",
    "addChannelMembers",
    "removeChannelMember",
    "setChannelRole",
    "markChannelRead",
)
_MESSAGE_FIELDS = (
    "editMessage",
    "addMessageReaction",
    "removeMessageReaction",
)

MEANINGS = Meanings(
    counts={"channel": 2, "direct_channel": 1, "message": 3, "direct_message": 1, "chat_file": 1},
    by_name={"content": FREE, "language": FREE},
    by_coordinate={
        "Query.channel.id": "channel",
        "Query.message.id": "message",
        **dict.fromkeys((f"Mutation.{name}.id" for name in _CHANNEL_FIELDS), "channel"),
        **dict.fromkeys((f"Mutation.{name}.id" for name in _MESSAGE_FIELDS), "message"),
        # Of those in the first channel nothing is left when this is tried.
        "Mutation.deleteMessage.id": "direct_message",
        "Mutation.markChannelRead.messageId": "message",
        "Mutation.startTyping.channelId": "channel",
        "SendMessageInput.channelId": "channel",
        "SendMessageInput.replyToId": "message",
        "SendMessageInput.attachments": "chat_file",
        "CreateChannelInput.memberIds": "user",
        "Mutation.openDirectMessage.userId": "user",
        "Mutation.addChannelMembers.userIds": "user",
        "Mutation.removeChannelMember.userId": "user",
        "Mutation.setChannelRole.userId": "user",
        "Mutation.addMessageReaction.type": FREE,
        "Mutation.removeMessageReaction.type": FREE,
        **{
            f"{type}.messages.{name}Message": "message"
            for type in ("Channel", "GroupChannel")
            for name in ("before", "after")
        },
        "DirectChannel.messages.beforeMessage": "direct_message",
        "DirectChannel.messages.afterMessage": "direct_message",
        "Subscription.messageSent.channelId": "channel",
        "Subscription.presenceChanged.channelId": "channel",
        "Subscription.typingStarted.channelId": "channel",
    },
    good_texts={"type": "thumbs_up"},
    entrances={
        "Message": 'message(id: "$message")',
        "GroupChannel": 'channel(id: "$channel") { ... on GroupChannel',
        "DirectChannel": 'channel(id: "$direct_channel") { ... on DirectChannel',
    },
    object_streams={
        "messageSent": (
            "subscription($id: ID!, $after: String) { messageSent(channelId: $id, after: $after) "
            "{ id content eventCursor author { id } channelId } }",
            "channel",
        ),
        "presenceChanged": (
            "subscription($id: ID!, $after: String) { presenceChanged(channelId: $id, "
            "after: $after) { user { id } status eventCursor } }",
            "channel",
        ),
        "typingStarted": (
            "subscription($id: ID!, $after: String) { typingStarted(channelId: $id, after: $after) "
            "{ user { id } channelId eventCursor } }",
            "channel",
        ),
    },
    # Who wrote what, who has had a direct channel with whom, who there is, and what was announced.
    keeps_deleted=frozenset({"message", "channel", "person", "outbox", "file"}),
)

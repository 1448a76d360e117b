"""The event socket: stored subscriptions that clients subscribe to by name, as JSON messages."""

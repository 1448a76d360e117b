"""The server's side of every connection, before any application: places, deadlines, framing."""

"""Web Push: messages for browsers by the push services of their makers (RFC 8030, 8291, 8292)."""

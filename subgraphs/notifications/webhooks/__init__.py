"""Webhooks: events of all domains, posted to the programs that have asked for them."""

"""Subscriptions that a payment service (Stripe) collects for: it reports what changes."""

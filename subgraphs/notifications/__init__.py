"""Notifications for people, in the app, by e-mail and push, and webhooks for programs."""

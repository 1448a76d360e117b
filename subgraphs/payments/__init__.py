"""Payments of orders: charges and refunds by a payment provider, each exactly once."""

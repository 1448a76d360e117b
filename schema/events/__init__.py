"""The events that subgraphs publish for others: one module for each stream.

These classes are the contract between subgraphs. Their JSON is stored in outboxes and read by
whoever begins late, so a field is only ever added, and with a default.
"""

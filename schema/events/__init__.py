"""What happened, as other subgraphs may read it: one module for each owner of a stream.

These classes are the contract between subgraphs. Their JSON is stored in outboxes and read by
whoever begins late, so a field is only ever added, and with a default.
"""

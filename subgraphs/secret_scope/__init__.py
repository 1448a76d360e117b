"""What domains share that keep secrets which have to be read back: sealed, under a key outside of
their databases (docs/decisions/0021).
"""

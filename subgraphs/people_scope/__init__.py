"""What domains share that refer to people and teams of accounts: a copy of who there is.

Each domain has its own rows of it in its own database (docs/decisions/0008, 0044).
"""

"""What the domains that know workflows share: their definition, and who may take which transition.

Each domain has its own rows of it in its own database (docs/decisions/0044, 0081).
"""

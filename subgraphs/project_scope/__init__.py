"""What every domain within projects shares: a copy of projects and who sees what by it.

Each domain has its own rows of it in its own database (docs/decisions/0008, 0044).
"""

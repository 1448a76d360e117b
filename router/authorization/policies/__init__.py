"""The functions behind ``@policy``: which exist, where they are evaluated, what they decide."""

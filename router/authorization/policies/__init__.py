"""The functions behind ``@policy``: which exist, where they are asked, what they say."""

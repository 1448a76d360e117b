"""Courses with lessons, who is enrolled in them, and how far they have come."""

"""Reporting: figures of projects, people and hours, and reports that are generated from them."""

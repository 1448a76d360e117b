"""Time that people spend: entries, one running timer for each person, weekly timesheets."""

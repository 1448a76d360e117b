"""Who people are and how they prove it: users, organizations, teams, sessions, tokens."""

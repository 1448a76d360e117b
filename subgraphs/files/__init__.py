"""Files that people upload, what they are attached to, and with whom they are shared."""

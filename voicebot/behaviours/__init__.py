"""What a session does besides answering: one function each, attached to a live call."""

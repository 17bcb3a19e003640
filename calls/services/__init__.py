"""All writes to calls."""

"""Simulated callers: scenarios in YAML, played as text or as sound, judged on the database and the transcript."""

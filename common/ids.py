"""Identifiers people and programs see."""

import secrets

_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"


def random_id(length: int = 16) -> str:
    """A random lower-case id without look-alike characters (31 letters: 16 of them hold 79 bits)."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))

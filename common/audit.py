"""How the audit log shows what must not be read there."""


def hidden(value: str) -> str:
    """That a secret changed is worth knowing, its hash is not."""
    return "••••" if value and value != "None" else ""

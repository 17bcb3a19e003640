"""What the layers above may listen to. Sent inside the sender's transaction."""

from django.dispatch import Signal

demo_seeded = Signal()
"""`seed_demo` has made departments and people."""

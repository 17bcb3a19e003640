"""HTTP routes of the receptionist."""

from ninja import Router

router = Router(tags=["receptionist"])

"""Finding a way to reach the caller in what was typed. Pure."""

import re

_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789")
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,4}")
_PHONE = re.compile(r"(?<![\w@.])\+?\(?\d[\d\s().-]{5,22}\d(?![\w@])")


def find_contact(text: str) -> str:
    """The first email address or phone number (7 to 15 digits) in the text, else an empty string."""
    plain = text.translate(_DIGITS)
    if email := _EMAIL.search(plain):
        return email.group().rstrip(".-")
    phones = (" ".join(match.group().split()) for match in _PHONE.finditer(plain))
    return next((phone for phone in phones if 7 <= sum(char.isdigit() for char in phone) <= 15), "")

"""What must not be stored, taken out of what a caller said: card numbers and passwords. Pure."""

import re

from voicebot.receptionist.files import kept
from voicebot.receptionist.lexicon import any_of, lexicons

CARD, SECRET = "[card number]", "[secret]"
_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789")
# 13 to 19 digits, in groups or not, that begin as the issuers' do.
_CARD = re.compile(r"(?<![\d+])[2-6](?:[ -]?\d){12,18}(?!\d)")


@kept
def _secret() -> re.Pattern[str]:
    """A word for a secret in any language, `[secrets]` of the lexicons, and what is said to be one."""
    words = any_of(text for item in lexicons() for text in item.secrets.get("words", ()))
    links = any_of(text for item in lexicons() for text in item.secrets.get("is", ()))
    link = rf"(?:\s*(?:{links}|[:=])\s*|\s+(?=\S*\d))"
    return re.compile(rf"((?<!\w)(?:{words})(?!\w){link})(\S+)", re.IGNORECASE)


def redact(text: str) -> str:
    """The text without card numbers, and without what is said to be a password, PIN or security code."""
    plain = text.translate(_DIGITS)
    for found in reversed(list(_CARD.finditer(plain))):
        if _is_card(found.group()):
            text = text[: found.start()] + CARD + text[found.end() :]
    return _secret().sub(rf"\1{SECRET}", text)


def _is_card(number: str) -> bool:
    """By Luhn's check digit."""
    digits = [int(char) for char in number if char.isdigit()]
    doubled = (digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2])
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0

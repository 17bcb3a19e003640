"""What must not be stored, taken out of what a caller said: card numbers and passwords. Pure."""

import re

CARD, SECRET = "[card number]", "[secret]"
_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789")
# 13 to 19 digits, in groups or not, that begin as the issuers' do.
_CARD = re.compile(r"(?<![\d+])[2-6](?:[ -]?\d){12,18}(?!\d)")
_WORD = (
    r"passwords?|passcode|passphrase|pin(?: code| number)?|cvv2?|cvc2?|security code|one[- ]time code|otp"
    r"|كلم[ةه] (?:المرور|السر)|الرقم السري|رمز (?:التحقق|الأمان)|الباسورد"
)
_LINK = r"(?:\s*(?:\bis\b|\bare\b|[:=]|هو|هي)\s*|\s+(?=\S*\d))"
_SECRET = re.compile(rf"((?<!\w)(?:{_WORD})(?!\w){_LINK})(\S+)", re.IGNORECASE)


def redact(text: str) -> str:
    """The text without card numbers, and without what is said to be a password, PIN or security code."""
    plain = text.translate(_DIGITS)
    for found in reversed(list(_CARD.finditer(plain))):
        if _is_card(found.group()):
            text = text[: found.start()] + CARD + text[found.end() :]
    return _SECRET.sub(rf"\1{SECRET}", text)


def _is_card(number: str) -> bool:
    """By Luhn's check digit."""
    digits = [int(char) for char in number if char.isdigit()]
    doubled = (digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2])
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0

"""Arabic: modern standard, without case endings, as it is read out."""

import re
from datetime import date

from voicebot.receptionist.spoken.words import Amount

_ONES = (
    *("صفر", "واحد", "اثنان", "ثلاثة", "أربعة", "خمسة", "ستة", "سبعة", "ثمانية", "تسعة", "عشرة"),
    *("أحد عشر", "اثنا عشر", "ثلاثة عشر", "أربعة عشر", "خمسة عشر", "ستة عشر", "سبعة عشر", "ثمانية عشر", "تسعة عشر"),
)
# Before what is feminine.
_ONES_F = (
    *("صفر", "واحدة", "اثنتان", "ثلاث", "أربع", "خمس", "ست", "سبع", "ثماني", "تسع", "عشر"),
    *("إحدى عشرة", "اثنتا عشرة", "ثلاث عشرة", "أربع عشرة", "خمس عشرة", "ست عشرة", "سبع عشرة", "ثماني عشرة", "تسع عشرة"),
)
_TENS = ("", "", "عشرون", "ثلاثون", "أربعون", "خمسون", "ستون", "سبعون", "ثمانون", "تسعون")
_HUNDREDS = (*("", "مئة", "مئتان", "ثلاثمئة", "أربعمئة", "خمسمئة", "ستمئة", "سبعمئة", "ثمانمئة", "تسعمئة"),)
# One, two, three to ten, eleven to ninety-nine, hundreds.
_SCALES = (
    (1_000_000_000, ("مليار", "ملياران", "مليارات", "مليارًا", "مليار")),
    (1_000_000, ("مليون", "مليونان", "ملايين", "مليونًا", "مليون")),
    (1_000, ("ألف", "ألفان", "آلاف", "ألفًا", "ألف")),
)
_HOURS = (
    *("الثانية عشرة", "الواحدة", "الثانية", "الثالثة", "الرابعة", "الخامسة", "السادسة", "السابعة", "الثامنة"),
    *("التاسعة", "العاشرة", "الحادية عشرة"),
)
_MINUTES = {0: "", 15: " والربع", 20: " والثلث", 30: " والنصف", 40: " إلا ثلثًا", 45: " إلا ربعًا"}
_BEFORE = 40  # minutes from which the next hour is named
_ORDINALS = (*("", "الأول", "الثاني", "الثالث", "الرابع", "الخامس", "السادس", "السابع", "الثامن", "التاسع", "العاشر"),)
_MONTHS = (
    *("يناير", "فبراير", "مارس", "أبريل", "مايو", "يونيو", "يوليو"),
    *("أغسطس", "سبتمبر", "أكتوبر", "نوفمبر", "ديسمبر"),
)
# One, two, three to ten, eleven to ninety-nine, hundreds.
_MONEY = {
    "SAR": ("ريال", "ريالان", "ريالات", "ريالًا", "ريال"),
    "AED": ("درهم", "درهمان", "دراهم", "درهمًا", "درهم"),
    "EGP": ("جنيه", "جنيهان", "جنيهات", "جنيهًا", "جنيه"),
    "USD": ("دولار", "دولاران", "دولارات", "دولارًا", "دولار"),
    "EUR": ("يورو", "يورو", "يورو", "يورو", "يورو"),
}
_CENTS = {
    "SAR": ("هللة", "هللتان", "هللات", "هللة", "هللة"),
    "AED": ("فلس", "فلسان", "فلوس", "فلسًا", "فلس"),
    "EGP": ("قرش", "قرشان", "قروش", "قرشًا", "قرش"),
    "USD": ("سنت", "سنتان", "سنتات", "سنتًا", "سنت"),
    "EUR": ("سنت", "سنتان", "سنتات", "سنتًا", "سنت"),
}
_SIGNS = {
    "@": "آت",
    ".": "نقطة",
    "/": "شرطة مائلة",
    "-": "شرطة",
    "_": "شرطة سفلية",
    ":": "نقطتان",
    "+": "زائد",
    "?": "علامة استفهام",
    "=": "يساوي",
    "&": "و",
    "%": "بالمئة",
    "#": "رقم",
}
_FEMININE = frozenset(
    {
        *("دقائق", "ثوان", "ثواني", "ثوانٍ", "سنوات", "ساعات", "مرات", "مكالمات", "رسائل", "ليال", "ليالي"),
        *("خطوات", "بطاقات", "فواتير", "صفحات", "غرف", "شرائح", "باقات"),
    }
)
# Nouns that say two by themselves.
_DUALS = {
    "دقيقة": "دقيقتين",
    "ساعة": "ساعتين",
    "سنة": "سنتين",
    "مرة": "مرتين",
    "يوم": "يومين",
    "شهر": "شهرين",
    "أسبوع": "أسبوعين",
    "شخص": "شخصين",
}
_COUNTED = frozenset(_DUALS) | {"دقائق", "عميل", "متصل", "طلب", "كيلومتر"}
_SHORT = {
    r"(?<!\w)د\.\s?(?=\w)": "الدكتور ",
    r"(?<!\w)أ\.\s?(?=\w)": "الأستاذ ",
    r"(?<!\w)م\.\s?(?=\w)": "المهندس ",
    r"(?<!\w)ش\.\s?(?=\w)": "شارع ",
    r"(?<!\w)ص\.\s?ب\.?": "صندوق بريد",
    r"(?<!\w)إلخ\.?(?!\w)": "إلى آخره",
    r"(?<!\w)ت:\s?": "هاتف ",
    r"\s&\s": " و",
}
_ABBREVIATIONS = {re.compile(pattern): word for pattern, word in _SHORT.items()}


def cardinal(value: int, *, feminine: bool = False) -> str:
    """A count, below a thousand milliards."""
    if value < 20:
        return (_ONES_F if feminine else _ONES)[value]
    for scale, forms in _SCALES:
        if value >= scale:
            many, rest = divmod(value, scale)
            return _and(_scaled(many, forms), rest, feminine=feminine)
    if value >= 100:
        return _and(_HUNDREDS[value // 100], value % 100, feminine=feminine)
    ten, one = divmod(value, 10)
    ones = _compound(one, feminine=feminine)
    return f"{ones} و{_TENS[ten]}" if one else _TENS[ten]


def _compound(one: int, *, feminine: bool) -> str:
    """A unit before tens: twenty-one days, but one-and-twenty minutes has a form of its own."""
    if feminine and one == 1:
        return "إحدى"
    if feminine and one == 8:
        return "ثمان"
    return (_ONES_F if feminine else _ONES)[one]


def _and(first: str, rest: int, *, feminine: bool) -> str:
    return f"{first} و{cardinal(rest, feminine=feminine)}" if rest else first


def _scaled(many: int, forms: tuple[str, ...]) -> str:
    if many <= 2:
        return forms[many - 1]
    # Three hundred: the word loses its ending before what is counted.
    told = cardinal(many)
    if many % 100 == 0 and told.endswith("مئتان"):
        told = told.removesuffix("ان") + "ا"
    return f"{told} {form_of(many, forms)}"


def form_of(count: int, forms: tuple[str, ...]) -> str:
    """What is counted, in the form its number wants."""
    if count in (1, 2):
        return forms[count - 1]
    last = count % 100
    if 3 <= last <= 10:
        return forms[2]
    return forms[3] if last >= 11 else forms[4]


def counted(count: int, forms: tuple[str, ...]) -> str:
    """Number and noun together: one and two are said by the noun."""
    if count == 0:
        return f"صفر {forms[4]}"
    if count == 1:
        return f"{forms[0]} {_ONES_F[1] if _is_feminine(forms[0]) else _ONES[1]}"
    if count == 2:
        return forms[1]
    told = cardinal(count, feminine=_is_feminine(forms[0]))
    if told.endswith("مئتان"):
        told = told.removesuffix("ان") + "ا"
    return f"{told} {form_of(count, forms)}"


def _is_feminine(noun: str) -> bool:
    plain = noun.rstrip("ًٌٍَُِ")
    return plain in _FEMININE or plain.endswith("ة")


class Arabic:
    """See Words."""

    pause = "، "

    def number(self, value: int, noun: str = "") -> str:
        """Agrees with the noun after it."""
        told = cardinal(value, feminine=_is_feminine(noun))
        # Two hundred loses its ending before what is counted.
        return told.removesuffix("ن") if noun in _COUNTED and told.endswith(("مئتان", "ألفان")) else told

    def few(self, value: int, noun: str) -> str:
        """One minute, "two minutes" in one word: for the nouns whose dual is known."""
        if noun not in _DUALS:
            return ""
        return _DUALS[noun] if value == 2 else f"{noun} {(_ONES_F if _is_feminine(noun) else _ONES)[1]}"

    def decimal(self, whole: int, figures: str) -> str:
        """Twelve comma five; figures that begin with a nought one by one."""
        after = self.digits(figures) if figures.startswith("0") or len(figures) > 2 else cardinal(int(figures))
        return f"{cardinal(whole)} فاصلة {after}"

    def ordinal(self, value: int) -> str:
        """The first to the tenth; beyond, the number."""
        return _ORDINALS[value] if 1 <= value < len(_ORDINALS) else cardinal(value)

    def digits(self, figures: str) -> str:
        """Figure by figure."""
        return " ".join(_ONES[int(figure)] for figure in figures)

    def time(self, hour: int, minute: int, part: str) -> str:
        """The ninth and a half; the half of the day where it was written, or is told by the hour."""
        half = {"am": " صباحًا", "pm": " مساءً", "said": ""}.get(part, " مساءً" if hour > 12 else "")
        named = hour + 1 if minute in _MINUTES and minute >= _BEFORE else hour
        told = _MINUTES.get(minute) if minute in _MINUTES else f" و{_minutes(minute)}"
        return f"{_HOURS[named % 12]}{told}{half}"

    def date(self, day: date) -> str:
        """The sixteenth of a month is said as its number."""
        first = "الأول من" if day.day == 1 else cardinal(day.day)
        return f"{first} {_MONTHS[day.month - 1]} {cardinal(day.year)}"

    def money(self, amount: Amount) -> str:
        """Three riyals and fifty halalas, each in the form its number wants."""
        told = counted(amount.units, _MONEY[amount.currency])
        return f"{told} و{counted(amount.cents, _CENTS[amount.currency])}" if amount.cents else told

    def percent(self, number: str) -> str:
        """Of a hundred."""
        return f"{number} بالمئة"

    def span(self, low: str, high: str) -> str:
        """Three to five."""
        return f"{low} إلى {high}"

    def sign(self, sign: str) -> str:
        """By its name."""
        return _SIGNS.get(sign, "")

    def written_out(self, text: str) -> str:
        """The doctor for his letter, and so on."""
        for pattern, word in _ABBREVIATIONS.items():
            text = pattern.sub(word, text)
        return text


def _minutes(minute: int) -> str:
    return counted(minute, ("دقيقة", "دقيقتان", "دقائق", "دقيقة", "دقيقة"))


ARABIC = Arabic()

"""The words for days and hours, English and Arabic, as `normalise` spells them."""

from voicebot.receptionist.normalise import normalise


def _spelled(words: dict[str, int]) -> dict[str, int]:
    return {normalise(word): value for word, value in words.items()}


DAYS = _spelled({
    "monday": 0, "tuesday": 1, "wednesday": 2, "thursday": 3, "friday": 4, "saturday": 5, "sunday": 6,
    "الاثنين": 0, "الإثنين": 0, "الثلاثاء": 1, "الأربعاء": 2, "الخميس": 3, "الجمعة": 4, "السبت": 5, "الأحد": 6,
})  # fmt: skip
NEAR = _spelled({
    "day after tomorrow": 2, "tomorrow": 1, "tomorow": 1, "tommorow": 1, "tommorrow": 1, "tmrw": 1, "tonight": 0,
    "today": 0, "this morning": 0, "this afternoon": 0, "this evening": 0, "next week": 7,
    "بعد غد": 2, "بعد غدا": 2, "بعد بكرة": 2, "بعد بكرا": 2, "غدا": 1, "غد": 1, "الغد": 1, "بكرة": 1, "بكرا": 1,
    "باكر": 1, "اليوم": 0, "الليلة": 0, "هذا المساء": 0, "هذا الصباح": 0, "الأسبوع القادم": 7, "الأسبوع المقبل": 7,
    "الأسبوع الجاي": 7,
})  # fmt: skip
MONTHS = _spelled({
    "january": 1, "february": 2, "march": 3, "april": 4, "may": 5, "june": 6, "july": 7, "august": 8, "september": 9,
    "october": 10, "november": 11, "december": 12,
    "يناير": 1, "فبراير": 2, "مارس": 3, "أبريل": 4, "إبريل": 4, "مايو": 5, "يونيو": 6, "يوليو": 7, "أغسطس": 8,
    "سبتمبر": 9, "أكتوبر": 10, "نوفمبر": 11, "ديسمبر": 12,
})  # fmt: skip
HOURS = _spelled({
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12,
    "الواحدة": 1, "الثانية": 2, "الثالثة": 3, "الرابعة": 4, "الخامسة": 5, "السادسة": 6, "السابعة": 7, "الثامنة": 8,
    "التاسعة": 9, "العاشرة": 10, "الحادية عشرة": 11, "الحادية عشر": 11, "الثانية عشرة": 12, "الثانية عشر": 12,
    "واحدة": 1, "ثنتين": 2, "اثنين": 2, "ثلاثة": 3, "أربعة": 4, "خمسة": 5, "ستة": 6, "سبعة": 7, "ثمانية": 8,
    "تسعة": 9, "عشرة": 10, "احدى عشر": 11, "حداشر": 11, "احدعش": 11, "اثنا عشر": 12, "اثنعشر": 12, "اتناشر": 12,
})  # fmt: skip
COUNTS = HOURS | _spelled({
    "a": 1, "an": 1, "a couple of": 2, "couple of": 2, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40,
    "forty five": 45, "fifty": 50, "sixty": 60, "ninety": 90,
    "ثلاث": 3, "أربع": 4, "خمس": 5, "ست": 6, "سبع": 7, "ثمان": 8, "ثماني": 8, "تسع": 9, "عشر": 10,
    "خمس عشرة": 15, "عشرين": 20, "ثلاثين": 30, "أربعين": 40, "خمسين": 50,
})  # fmt: skip
MINUTES_PAST = _spelled({
    "five": 5, "ten": 10, "quarter": 15, "a quarter": 15, "twenty": 20, "half": 30,
    "النصف": 30, "نصف": 30, "نص": 30, "النص": 30, "ربع": 15, "الربع": 15, "ربعا": 15,
    "ثلث": 20, "الثلث": 20, "ثلثا": 20,
})  # fmt: skip
MINUTES_SAID = _spelled({
    "five": 5, "ten": 10, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "forty five": 45, "fifty": 50,
})  # fmt: skip
# Minutes of one of each.
UNITS = _spelled({
    "minute": 1, "minutes": 1, "min": 1, "mins": 1, "hour": 60, "hours": 60, "hr": 60, "hrs": 60, "day": 1440,
    "days": 1440, "week": 10080, "weeks": 10080,
    "دقيقة": 1, "دقائق": 1, "دقايق": 1, "ساعة": 60, "ساعات": 60, "يوم": 1440, "أيام": 1440, "أسبوع": 10080,
})  # fmt: skip
PAIRS = _spelled({"دقيقتين": 2, "ساعتين": 120, "يومين": 2880, "أسبوعين": 20160})

# Part of the day → the hours it has, and from when "in the morning" alone is meant.
PARTS = {
    "morning": ("am", 9), "noon": ("noon", 12), "afternoon": ("pm", 14), "evening": ("evening", 18),
    "night": ("night", 20),
}  # fmt: skip
PART_WORDS = {
    normalise(word): part
    for part, words in {
        "morning": ("in the morning", "this morning", "morning", "am", "a.m", "صباحا", "الصباح", "صباح", "الصبح",
                    "الصبحية", "ص", "هذا الصباح"),
        "afternoon": ("in the afternoon", "this afternoon", "afternoon", "pm", "p.m", "بعد الظهر", "العصر", "عصرا",
                      "بعد العصر", "م"),
        "noon": ("noon", "midday", "at noon", "ظهرا", "الظهر"),
        "evening": ("in the evening", "this evening", "evening", "tonight", "مساء", "مساءً", "المساء", "هذا المساء",
                    "المغرب", "العشاء"),
        "night": ("at night", "night", "ليلا", "الليل", "الليلة", "بالليل"),
    }.items()
    for word in words
}  # fmt: skip
# Half the day each is without an hour beside it: "10 pm" is no time of the afternoon by itself.
MARKS = frozenset(normalise(word) for word in ("am", "a.m", "pm", "p.m", "ص", "م"))
GREETINGS = tuple(
    normalise(text)
    for text in ("good morning", "good afternoon", "good evening", "good night", "صباح الخير", "صباح النور",
                 "مساء الخير", "مساء النور", "تصبح على خير")
)  # fmt: skip
SOON = tuple(
    normalise(text)
    for text in ("as soon as possible", "as soon as", "asap", "right now", "right away", "any time", "anytime",
                 "whenever", "immediately", "now", "في أقرب وقت", "بأقرب وقت", "بأسرع وقت", "في أسرع وقت", "الآن",
                 "حالا",
                 "فورا", "أي وقت")
)  # fmt: skip

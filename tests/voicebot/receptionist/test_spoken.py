"""What is said aloud for what is written."""

import asyncio
import random
from collections.abc import AsyncIterator

import pytest

from voicebot.receptionist.prompts import book, languages
from voicebot.receptionist.spoken import speak
from voicebot.receptionist.spoken.arabic import cardinal
from voicebot.receptionist.spoken.stream import spoken_stream

ENGLISH = [
    ("You are number 3 in line.", "You are number three in line."),
    ("You are number 12 in line.", "You are number twelve in line."),
    ("about 5 minutes", "about five minutes"),
    ("1,250 parcels", "one thousand two hundred and fifty parcels"),
    ("12.5 kg", "twelve point five kg"),
    ("It is 0.", "It is zero."),
    ("the 1st and the 22nd", "the first and the twenty-second"),
    ("15% off", "fifteen percent off"),
    ("2.5 % more", "two point five percent more"),
    ("in 3-5 days", "in three to five days"),
    ("10–12 working days", "ten to twelve working days"),
    ("at 9:30", "at nine thirty"),
    ("at 9:05 pm", "at nine oh five p m"),
    ("at 12:00", "at noon"),
    ("at 9 in the morning", "at nine o’clock in the morning"),
    ("9 p.m. today", "nine p m today"),
    ("today at 9:30 in the evening", "today at nine thirty in the evening"),
    ("on 2026-11-16", "on the sixteenth of November, twenty twenty-six"),
    ("on 16/11/2026.", "on the sixteenth of November, twenty twenty-six."),
    ("on 3.1.2027", "on the third of January, twenty twenty-seven"),
    ("$1", "one dollar"),
    ("$1,250.50", "one thousand two hundred and fifty dollars and fifty cents"),
    ("12.01 USD", "twelve dollars and one cent"),
    ("€20", "twenty euros"),
    ("20.00 EUR", "twenty euros"),
    ("SAR 99", "ninety-nine riyals"),
    ("15 AED", "fifteen dirhams"),
    ("EGP 2.50", "two Egyptian pounds and fifty piastres"),
    ("Call 0501234567.", "Call zero five zero, one two three, four five six seven."),
    ("+966 50 123 4567", "plus nine six six, five zero, one two three, four five six seven"),
    ("order 88231", "order eight eight two three one"),
    ("#42", "four two"),
    ("Ticket AB-1207 is open", "Ticket A B, one two zero seven is open"),
    ("dave.b@example.com", "dave dot b at example dot com"),
    ("anna_2@mail.example.org!", "anna underscore two at mail dot example dot org!"),
    ("See https://example.com/help.", "See example dot com slash help."),
    ("www.example.com", "www dot example dot com"),
    ("Dr. Hill & Sons, e.g. you", "Doctor Hill and Sons, for example you"),
    ("version 1.8.9", "version 1.8.9"),
    ("Nothing to change here.", "Nothing to change here."),
]
ARABIC = [
    ("حوالي 3 دقائق", "حوالي ثلاث دقائق"),
    ("حوالي 10 دقائق", "حوالي عشر دقائق"),
    ("حوالي 11 دقيقة", "حوالي إحدى عشرة دقيقة"),
    ("حوالي 25 دقيقة", "حوالي خمس وعشرون دقيقة"),
    ("حوالي 103 دقائق", "حوالي مئة وثلاث دقائق"),
    ("بعد 2 يوم", "بعد يومين"),
    ("مرة 1 ساعة", "مرة ساعة واحدة"),
    ("5 أيام", "خمسة أيام"),
    ("12 شهرًا", "اثنا عشر شهرًا"),
    ("21 يومًا", "واحد وعشرون يومًا"),
    ("200 طلب", "مئتا طلب"),
    ("ترتيبك هو 2.", "ترتيبك هو اثنان."),
    ("٣ دقائق", "ثلاث دقائق"),
    ("1 ريال", "ريال واحد"),
    ("2 ريال", "ريالان"),
    ("3 ريال", "ثلاثة ريالات"),
    ("11 ريال", "أحد عشر ريالًا"),
    ("99 SAR", "تسعة وتسعون ريالًا"),
    ("100 ر.س", "مئة ريال"),
    ("200 ريال", "مئتا ريال"),
    ("1,250.50 ريال", "ألف ومئتان وخمسون ريالًا وخمسون هللة"),
    ("15 درهم", "خمسة عشر درهمًا"),
    ("3.05 AED", "ثلاثة دراهم وخمسة فلوس"),
    ("7 جنيه", "سبعة جنيهات"),
    ("$20", "عشرون دولارًا"),
    ("2 دولار", "دولاران"),
    ("50 يورو", "خمسون يورو"),
    ("الساعة 9 صباحًا", "الساعة التاسعة صباحًا"),
    ("الساعة 9:30 مساءً", "الساعة التاسعة والنصف مساءً"),
    ("الساعة 2:15", "الساعة الثانية والربع"),
    ("الساعة 2:45", "الساعة الثالثة إلا ربعًا"),
    ("الساعة 14:20", "الساعة الثانية والثلث مساءً"),
    ("الساعة 12:05", "الساعة الثانية عشرة وخمس دقائق"),
    ("الساعة ٨:٣٠ ص", "الساعة الثامنة والنصف صباحًا"),
    ("2026-11-16", "ستة عشر نوفمبر ألفان وستة وعشرون"),
    ("1/1/2027", "الأول من يناير ألفان وسبعة وعشرون"),
    ("خصم 15٪", "خصم خمسة عشر بالمئة"),
    ("12.5", "اثنا عشر فاصلة خمسة"),
    ("من 3-5 أيام", "من ثلاثة إلى خمسة أيام"),
    ("رقم الطلب 88231", "رقم الطلب ثمانية ثمانية اثنان ثلاثة واحد"),
    ("رقم 12 في قائمة الانتظار", "رقم اثنا عشر في قائمة الانتظار"),
    ("الرمز 4071", "الرمز أربعة صفر سبعة واحد"),
    ("اتصل على 0501234567", "اتصل على صفر خمسة صفر، واحد اثنان ثلاثة، أربعة خمسة ستة سبعة"),
    ("dave@example.com", "dave آت example نقطة com"),
    ("مـــرحبًا", "مرحبًا"),
    ("د. سالم", "الدكتور سالم"),
    ("ص.ب 12", "صندوق بريد اثنا عشر"),
    ("ﻣﺮﺣﺒﺎ", "مرحبا"),
    ("لا شيء هنا يتغير.", "لا شيء هنا يتغير."),
]


@pytest.mark.parametrize(("written", "said"), ENGLISH)
def test_english_is_said_as_people_say_it(written, said):
    assert speak(written, "en") == said


@pytest.mark.parametrize(("written", "said"), ARABIC)
def test_arabic_is_said_as_people_say_it(written, said):
    assert speak(written, "ar") == said


@pytest.mark.parametrize(
    ("value", "masculine", "feminine"),
    [
        (0, "صفر", "صفر"),
        (8, "ثمانية", "ثماني"),
        (11, "أحد عشر", "إحدى عشرة"),
        (12, "اثنا عشر", "اثنتا عشرة"),
        (21, "واحد وعشرون", "إحدى وعشرون"),
        (28, "ثمانية وعشرون", "ثمان وعشرون"),
        (100, "مئة", "مئة"),
        (2000, "ألفان", "ألفان"),
        (3000, "ثلاثة آلاف", "ثلاثة آلاف"),
        (11_000, "أحد عشر ألفًا", "أحد عشر ألفًا"),
        (200_000, "مئتا ألف", "مئتا ألف"),
        (1_000_002, "مليون واثنان", "مليون واثنتان"),
    ],
)
def test_arabic_numbers_agree(value, masculine, feminine):
    assert (cardinal(value), cardinal(value, feminine=True)) == (masculine, feminine)


def test_another_language_has_its_numbers():
    assert speak("Vous êtes numéro 3, 71 minutes.", "fr") == "Vous êtes numéro trois, soixante et onze minutes."


def test_a_language_nobody_knows_keeps_its_figures():
    assert speak("3 kilo", "xx") == "3 kilo"


@pytest.mark.parametrize("language", languages())
def test_no_fixed_sentence_is_changed(language):
    for key, text in book(language).sentences.items():
        assert speak(text, language) == text, key


def stream(pieces: list[str], language: str) -> str:
    async def written() -> AsyncIterator[str]:
        for piece in pieces:
            yield piece

    async def collected() -> str:
        return "".join([part async for part in spoken_stream(lambda: language)(written())])

    return asyncio.run(collected())


@pytest.mark.parametrize(
    ("language", "cases"), [("en", ENGLISH), ("ar", [case for case in ARABIC if "ﻣ" not in case[0]])]
)
def test_a_text_in_pieces_is_said_like_the_whole(language, cases):
    text = " and then, ".join(written for written, _ in cases)
    whole = speak(text, language)
    chance = random.Random(7)  # the same cuts every time
    for _ in range(6):
        cuts = sorted(chance.sample(range(1, len(text)), 60))
        pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
        assert stream(pieces, language) == whole


def test_a_number_cut_in_two_is_one_number():
    assert stream(["It costs $1", "2", ".50 to", "day."], "en") == "It costs twelve dollars and fifty cents today."


async def test_plain_words_do_not_wait_for_the_end():
    async def written() -> AsyncIterator[str]:
        yield "Good morning, how are you today my "
        raise RuntimeError("nothing comes after")

    parts = spoken_stream(lambda: "en")(written())
    assert await anext(aiter(parts)) == "Good morning, how are you today "

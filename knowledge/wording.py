"""The words a text is found by, in English and Arabic. Pure.

Stems are cut here and not by the database: SQLite's full-text index knows no Arabic, PostgreSQL's other English rules,
and an article must be found by the same question on both.
"""

from functools import lru_cache

from common.normalise import normalise, tokens

_ENGLISH_SMALL = """
a an the i you my me your yours is are am be been being do does did to of for in on at it its and or but not no
please can could would will with have has had that this there here what how when where which who whom whose why
want need know tell about if so just like get got some any im id we us our ours should shall may might was were by
from as than then them they he she his her their also too very much many more most such out up down off over into
per long ive youre dont cant isnt lets let say says said make makes take takes give gives go goes thing things
really still yes hello hi hey thanks thank sorry ok okay r u ur pls
"""
_ARABIC_SMALL = """
في من الى على عن مع هل ما ماذا متى اين كيف كم لماذا لما هذا هذه ذلك تلك هو هي هم نحن انا انت انتم لكم لك لي له لها
عندي عندكم عندك ان أن إن او أو و ثم لا لم لن قد كان كانت يكون تكون هناك هنا التي الذي الذين كل بعض أي اي بعد قبل
عند منذ حتى اذا إذا لو يا اريد أريد ابغى بدي ممكن هلا شو ايش إيش وش وين فين ليش ازاي إزاي امتى قديش بكم كذلك ايضا
أيضا جدا فقط غير بين يمكن يمكنني استطيع أستطيع تستطيعون لديكم لديك لدي مرحبا اهلا شكرا نعم لو سمحت فضلك السلام
عليكم به بها فيه فيها منه منها عليه عليها
"""
_SMALL = frozenset(normalise(_ENGLISH_SMALL).split()) | frozenset(normalise(_ARABIC_SMALL).split())

_LEAST = 3  # letters that a stem keeps
_HISSING = ("sses", "shes", "ches", "xes", "zes")
_VOWELS = "aeiouy"
_ARABIC_FRONTS = ("وبال", "وال", "بال", "كال", "فال", "ولل", "لل", "ال")
_ARABIC_PERSONS = "ايتن"  # I, he, you, we, in front of a verb
_ARABIC_BACKS = ("تها", "كم", "هم", "نا", "ها", "ات", "ون", "ين", "ان", "تي", "ته", "يه", "ه", "ي")


def terms(text: str) -> tuple[str, ...]:
    """The stems of the words that carry a text's meaning, each once, in their order."""
    return tuple(dict.fromkeys(stem(word) for word in tokens(text) if word not in _SMALL))


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """A normalised word without its commonest endings; in Arabic without article, `و` and pronouns, too."""
    if not word.isalpha():
        return word
    return _english(word) if word.isascii() else _arabic(word)


def _english(word: str) -> str:
    if len(word) <= _LEAST:
        return word
    for cut in (_plural, _verb, _noun, _last_vowel):
        word = cut(word)
    return word


def _plural(word: str) -> str:
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    if word.endswith(_HISSING):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def _verb(word: str) -> str:
    """'shipping' and 'shipped' → 'ship'."""
    if word.endswith("ied"):
        return f"{word[:-3]}y"
    for ending in ("ing", "ed"):
        rest = word.removesuffix(ending)
        if rest != word and len(rest) >= _LEAST and any(char in _VOWELS for char in rest):
            return _undoubled(rest)
    return word


def _noun(word: str) -> str:
    """'payment' → 'pay', 'cancellation' → 'cancel'."""
    for ending in ("ation", "ment"):
        rest = word.removesuffix(ending)
        if rest != word and len(rest) >= _LEAST:
            return _undoubled(rest)
    return word


def _undoubled(word: str) -> str:
    return word[:-1] if len(word) > _LEAST and word[-1] == word[-2] and word[-1] != "s" else word


def _last_vowel(word: str) -> str:
    """'price' and 'pricing' share a stem, as do 'deliver' and 'delivery'."""
    return word[:-1] if word[-1] in "ey" and len(word) > _LEAST + 1 else word


def _arabic(word: str) -> str:
    """Khoja's and Larkey's 'light' stem: what stands before and after the word, never inside it."""
    for front in _ARABIC_FRONTS:
        if word.startswith(front) and len(word) - len(front) >= _LEAST:
            word = word.removeprefix(front)
            break
    else:
        if word.startswith("و") and len(word) > _LEAST + 1:
            word = word[1:]
    back = next((back for back in _ARABIC_BACKS if word.endswith(back) and len(word) - len(back) >= _LEAST), "")
    word = word.removesuffix(back)
    return word[1:] if word[0] in _ARABIC_PERSONS and len(word) > _LEAST else word

"""How English words sound, in the recogniser's phones (ARPAbet).

Common words come from the CMU dictionary in the pocketsphinx wheel; names of departments that are
not in it are pronounced by eSpeak and mapped from IPA.
"""

from collections.abc import Collection, Mapping
from pathlib import Path

import pocketsphinx

from voicebot.offline.espeak import VOICES, engine

# Longest first: affricates and diphthongs before their parts.
_IPA_TO_PHONES: Mapping[str, str] = {
    "tʃ": "CH", "dʒ": "JH", "aɪ": "AY", "aʊ": "AW", "eɪ": "EY", "oʊ": "OW", "ɔɪ": "OY",
    "əʊ": "OW", "iə": "IY AH", "ɑːɹ": "AA R", "ɔːɹ": "AO R", "ʊɹ": "UH R", "ɪɹ": "IH R",
    "ɛɹ": "EH R", "ɜː": "ER", "iː": "IY", "uː": "UW", "ɑː": "AA", "ɔː": "AO", "əl": "AH L",
    "p": "P", "b": "B", "t": "T", "d": "D", "k": "K", "ɡ": "G", "g": "G", "f": "F", "v": "V",
    "θ": "TH", "ð": "DH", "s": "S", "z": "Z", "ʃ": "SH", "ʒ": "ZH", "h": "HH", "m": "M",
    "n": "N", "ŋ": "NG", "l": "L", "ɹ": "R", "r": "R", "j": "Y", "w": "W", "ɾ": "D", "ʔ": "T",
    "ɪ": "IH", "i": "IY", "ᵻ": "IH", "ɛ": "EH", "e": "EH", "æ": "AE", "a": "AE", "ʌ": "AH",
    "ə": "AH", "ɐ": "AH", "ɚ": "ER", "ʊ": "UH", "u": "UW", "ɔ": "AO", "ɒ": "AA", "ɑ": "AA",
    "o": "OW", "x": "K",
}  # fmt: skip
_LONGEST = max(map(len, _IPA_TO_PHONES))


def pronunciations(words: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Word → its pronunciations; words nobody can say are left out."""
    _look_up(set(words) - _known.keys())
    return {word: ways for word in words if (ways := _known[word])}


# What was looked up so far: a process meets the same few hundred words again and again, and the
# whole dictionary would cost it 28 MB. Filled with whole values, so a race only does work twice.
_known: dict[str, tuple[str, ...]] = {}


def _look_up(words: set[str]) -> None:
    if not words:
        return
    found: dict[str, tuple[str, ...]] = {}
    path = pocketsphinx.get_model_path("en-us/cmudict-en-us.dict")
    with Path(path).open(encoding="utf-8") as lines:
        for line in lines:
            entry, _, phones = line.rstrip().partition(" ")
            word = entry.partition("(")[0]  # a second way is written `word(2)`
            if word in words:
                found[word] = (*found.get(word, ()), phones)
    for word in words:
        _known[word] = found.get(word) or _spelled_out(word)


def _spelled_out(word: str) -> tuple[str, ...]:
    phones = ipa_to_phones(engine().phonemes(word, VOICES["en"]))
    return (phones,) if phones else ()


def ipa_to_phones(ipa: str) -> str:
    """IPA to ARPAbet; marks without a phone of their own (stress, length) fall away."""
    phones: list[str] = []
    place = 0
    while place < len(ipa):
        for length in range(min(_LONGEST, len(ipa) - place), 0, -1):
            phone = _IPA_TO_PHONES.get(ipa[place : place + length])
            if phone:
                phones.append(phone)
                place += length
                break
        else:
            place += 1
    return " ".join(phones)

"""What the features of a voice are on average, and whether a voice is like those the recogniser expects. Pure.

In the order of pocketsphinx' thirteen cepstra, which calls the means CMN (cepstral mean normalisation).
"""

from math import sqrt

Means = tuple[float, ...]

# Of the phrases and voices in tests/voicebot/spoken_set.py, and how far they are spread.
USUAL: Means = (55.86, -1.89, -0.79, 20.59, -14.76, -0.28, -9.62, -7.29, -3.58, -5.69, 8.04, -9.0, 3.83)
_SPREAD: Means = (2.0, 4.8, 4.8, 9.2, 8.1, 5.9, 10.7, 9.8, 5.1, 7.0, 5.1, 7.7, 8.5)
# A telephone's voices are 2.6 to 3.4 of those spreads away, the set's own 0.6 to 1.6.
_UNUSUAL = 1.35
# The means an utterance began with count as so many of its frames (cmn_live.h, CMN_WIN); of longer ones the count of
# frames begins anew (CMN_WIN_HWM), and their own are most of what is left.
_PRIOR_FRAMES, _MOST_FRAMES = 500, 800


def told(means: Means) -> str:
    """As the decoder takes them."""
    return ",".join(f"{mean:.5f}" for mean in means)


def own_means(learned: str, frames: int) -> Means:
    """An utterance's own, from what the decoder, which began with the usual ones, has after that many frames of it."""
    after = tuple(map(float, learned.split(",")))
    if not 0 < frames <= _MOST_FRAMES - _PRIOR_FRAMES:
        return after
    both = _PRIOR_FRAMES + frames
    return tuple((a * both - u * _PRIOR_FRAMES) / frames for a, u in zip(after, USUAL, strict=True))


def is_unusual(means: Means) -> bool:
    """Whether a voice is so unlike the usual ones that it has to be compared with itself."""
    away = [(own - u) / spread for own, u, spread in zip(means, USUAL, _SPREAD, strict=True)]
    return sqrt(sum(each**2 for each in away) / len(away)) > _UNUSUAL

"""One caller's turn as the voice detector hears it. Pure: a probability for each window in, a step out."""

from enum import Enum, auto

from voicebot.turn_taking.config import WINDOW, TurnTaking


class Step(Enum):
    """What has just become so."""

    BEGAN = auto()
    PAUSED = auto()
    WENT_ON = auto()
    OVER = auto()


class TurnClock:
    """`hear` each window; after PAUSED say by `judged` how much silence makes the turn over."""

    def __init__(self, config: TurnTaking) -> None:
        self._config = config
        self.reset()

    def reset(self) -> None:
        """Nobody speaks."""
        self.speech = 0.0
        self.silence = 0.0
        self._talking = False
        self._loud = 0.0
        self._paused = False
        self._needed: float | None = None
        self._cut = False

    @property
    def talking(self) -> bool:
        """Whether a turn has begun and is not over."""
        return self._talking

    @property
    def is_over(self) -> bool:
        """Whether the silence has lasted as long as what was said needs, or the turn was cut off for its length."""
        return self._needed is not None and (self._cut or self.silence >= self._needed)

    def judged(self, needed: float) -> None:
        """The turn is over after this many seconds of silence, unless the caller goes on."""
        if self._paused:
            self._needed = needed

    def hear(self, probability: float) -> Step | None:
        """The next window."""
        return self._go_on(probability) if self._talking else self._wait(probability)

    def _wait(self, probability: float) -> Step | None:
        self._loud = self._loud + WINDOW if probability >= self._config.loud else 0.0
        if self._loud < self._config.least_speech:
            return None
        self._talking, self.speech, self._loud = True, self._loud, 0.0
        return Step.BEGAN

    def _go_on(self, probability: float) -> Step | None:
        if self._cut:
            return Step.OVER if self.is_over else None
        # After a pause it takes as much to be heard again as at the beginning: a breath is no word.
        threshold = self._config.loud if self.silence else self._config.quiet
        if probability >= threshold:
            return self._speak()
        self.silence += WINDOW + self._loud
        self._loud = 0.0
        if not self._paused and self.silence >= self._config.guess:
            self._paused = True
            return Step.PAUSED
        return Step.OVER if self.is_over else None

    def _speak(self) -> Step | None:
        if self.silence:
            self._loud += WINDOW
            if self._loud < self._config.least_speech:
                return None
        self.speech += self._loud or WINDOW
        went_on = self._paused
        self.silence, self._loud, self._paused, self._needed = 0.0, 0.0, False, None
        if self.speech >= self._config.longest_turn:
            # Nobody speaks for so long without a pause: over as soon as it is recognised.
            self._cut = self._paused = True
            return Step.PAUSED
        return Step.WENT_ON if went_on else None

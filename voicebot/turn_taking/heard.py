"""What the ears hear, as livekit-agents' detector of voices.

One of its own beside them hears the end of a word later than they do: what is left of it would be taken for somebody
who speaks over the reply to it.
"""

from weakref import WeakSet

from livekit.agents import vad

from voicebot.turn_taking.config import WINDOW, TurnTaking

# Of longer silence nothing more is to be known: the session would be woken thirty times a second.
_NEWS_SECONDS = 0.5


class HeardVAD(vad.VAD):
    """Speaks to its streams when it is told what was heard."""

    def __init__(self, config: TurnTaking) -> None:
        super().__init__(capabilities=vad.VADCapabilities(update_interval=WINDOW))
        self._config = config
        self._streams: WeakSet[_Stream] = WeakSet()

    def stream(self) -> vad.VADStream:
        stream = _Stream(self, self._config)
        self._streams.add(stream)
        return stream

    def hear(self, probability: float) -> None:
        """The next window, in the ears' own opinion."""
        for stream in list(self._streams):
            stream.hear(probability)


class _Stream(vad.VADStream):
    """`speech`, `silence`: seconds of it in a row, up to the last window."""

    def __init__(self, owner: HeardVAD, config: TurnTaking) -> None:
        self._config = config
        self._at = 0.0
        self._reset()
        super().__init__(owner)

    def _reset(self) -> None:
        self._speaking = False
        self._spoken = 0.0
        self._speech = 0.0
        self._silence = 0.0

    async def _main_task(self) -> None:
        """The sound itself goes to the ears; a flush ends what is being said."""
        async for item in self._input_ch:
            if isinstance(item, self._FlushSentinel):
                self._reset()

    def hear(self, probability: float) -> None:
        if self._event_ch.closed:
            return
        self._at += WINDOW
        threshold = self._config.quiet if self._speaking else self._config.loud
        if probability >= threshold:
            self._speech, self._silence = self._speech + WINDOW, 0.0
        else:
            self._speech, self._silence = 0.0, self._silence + WINDOW
        if self._speaking:
            self._spoken += WINDOW
        elif self._speech:
            # The session pauses the AI at the second window.
            self._speaking, self._spoken = True, self._speech
            self._tell(vad.VADEventType.START_OF_SPEECH)
        if self._speaking or self._silence < _NEWS_SECONDS:
            self._tell(vad.VADEventType.INFERENCE_DONE, probability)
        if self._speaking and self._silence >= self._config.sound_over:
            self._speaking, self._spoken = False, max(0.0, self._spoken - self._silence)
            self._tell(vad.VADEventType.END_OF_SPEECH)
            self._spoken = 0.0

    def _tell(self, kind: vad.VADEventType, probability: float = 0.0) -> None:
        event = vad.VADEvent(
            kind,
            samples_index=round(self._at * 16_000),
            timestamp=self._at,
            speech_duration=self._spoken,
            silence_duration=self._silence,
            probability=probability,
            speaking=self._speaking,
            raw_accumulated_silence=self._silence,
            raw_accumulated_speech=self._speech,
        )
        self._event_ch.send_nowait(event)

"""What happened, as lines of the transcript in the caller's language, for whoever reads the call later."""

from calls.models import Call
from calls.services.transcript import add_segment
from calls.states import EndReason, Language, Speaker
from queueing.models import Agent, QueueEntry

_EN, _AR = Language.EN.value, Language.AR.value

WORDS: dict[str, dict[str, str]] = {
    "queued": {_EN: "Waiting for a person in {department}.", _AR: "في انتظار موظف في قسم {department}."},
    "joined": {_EN: "{agent} joined the call.", _AR: "انضم {agent} إلى المكالمة."},
    "lost": {_EN: "The connection to {agent} was lost.", _AR: "انقطع الاتصال مع {agent}."},
    "returned": {_EN: "{agent} is back.", _AR: "عاد {agent} إلى المكالمة."},
    "not_reached": {_EN: "{agent} could not be connected.", _AR: "تعذر توصيل {agent}."},
    "back_in_line": {
        _EN: "Back in line for {department}, at the old place.",
        _AR: "عودة إلى الانتظار في قسم {department} في المكان نفسه.",
    },
    "handed_on": {
        _EN: "{agent} handed the call on to {department}.",
        _AR: "حوّل {agent} المكالمة إلى قسم {department}.",
    },
    "taken_over": {_EN: "{agent} took the call over.", _AR: "تولى {agent} المكالمة."},
    "guest_joined": {_EN: "{agent} joined the call as well.", _AR: "انضم {agent} إلى المكالمة أيضا."},
    "guest_left": {_EN: "{agent} left the call.", _AR: "غادر {agent} المكالمة."},
    "handed_back": {
        _EN: "{agent} left the rest to the assistant.",
        _AR: "ترك {agent} ما بقي للمساعد الآلي.",
    },
    "handed_over": {
        _EN: "{agent} handed the call over to {other}.",
        _AR: "حوّل {agent} المكالمة إلى {other}.",
    },
    "refused_timed_out": {
        _EN: "Nobody in {department} could answer in time.",
        _AR: "لم يتمكن أحد في قسم {department} من الرد.",
    },
    "refused_closed": {_EN: "{department} is closed.", _AR: "قسم {department} مغلق."},
    "refused_full": {_EN: "The line for {department} is full.", _AR: "قائمة انتظار قسم {department} ممتلئة."},
    "refused_unstaffed": {_EN: "Nobody in {department} is at work.", _AR: "لا يوجد موظف في قسم {department} الآن."},
    "refused_removed": {
        _EN: "{department} cannot take this call.",
        _AR: "لا يستطيع قسم {department} استقبال هذه المكالمة.",
    },
    "moved": {
        _EN: "Now waiting for {department}, with the time waited so far.",
        _AR: "الانتظار الآن لدى قسم {department}، مع احتساب وقت الانتظار السابق.",
    },
    "callback": {_EN: "A callback was asked for.", _AR: "طُلبت معاودة الاتصال."},
    "callback_due": {
        _EN: "A callback is due; {department} is asked.",
        _AR: "حان موعد معاودة الاتصال من قسم {department}.",
    },
    "withdrawn": {_EN: "The caller no longer waits for a person.", _AR: "لم يعد المتصل ينتظر موظفا."},
}

ENDINGS: dict[EndReason, dict[str, str]] = {
    EndReason.CONTAINED: {_EN: "The AI ended the call.", _AR: "أنهى المساعد الآلي المكالمة."},
    EndReason.CUSTOMER_HANGUP: {_EN: "The caller hung up.", _AR: "أنهى المتصل المكالمة."},
    EndReason.AGENT_HANGUP: {_EN: "The agent hung up.", _AR: "أنهى الموظف المكالمة."},
    EndReason.ABANDONED: {_EN: "The caller left while waiting.", _AR: "غادر المتصل أثناء الانتظار."},
    EndReason.CALLER_LOST: {_EN: "The caller's connection was lost.", _AR: "انقطع اتصال المتصل."},
    EndReason.NO_AGENT: {
        _EN: "The call ended because nobody could answer.",
        _AR: "انتهت المكالمة لأن أحدا لم يتمكن من الرد.",
    },
    EndReason.CALLBACK: {_EN: "The call ended; a callback is promised.", _AR: "انتهت المكالمة مع وعد بمعاودة الاتصال."},
    EndReason.NO_ANSWER: {_EN: "The customer did not answer.", _AR: "لم يرد العميل."},
    EndReason.CALLED_AGAIN: {_EN: "The customer has called again.", _AR: "عاود العميل الاتصال بنفسه."},
    EndReason.FAILED: {_EN: "The call failed.", _AR: "تعذر إتمام المكالمة."},
}


def tell_entry(
    entry: QueueEntry, what: str, *, agent: Agent | None = None, other: Agent | None = None, turn: object = ""
) -> None:
    """One line about an entry; `turn` tells repeated happenings apart. Inside the change's unit of work."""
    language = Call.objects.values_list("language", flat=True).get(pk=entry.call_id)
    words = WORDS[what].get(language, WORDS[what][_EN])
    names = {"agent": agent.name if agent is not None else "", "other": other.name if other is not None else ""}
    text = words.format(department=entry.department.name(language), **names)
    key = f"system:{what}:{entry.pk}" + (f":{turn}" if turn else "")
    add_segment(entry.call_id, key=key, speaker=Speaker.SYSTEM, text=text, language=language)


def tell_end(call: Call) -> None:
    """The last line of a call: how it ended."""
    endings = ENDINGS[EndReason(call.end_reason)]
    text = endings.get(call.language, endings[_EN])
    add_segment(call.pk, key="system:ended", speaker=Speaker.SYSTEM, text=text, language=call.language)

"""The receptionist as text: facts, sentences, tools, rules and engines; no Django, no livekit."""

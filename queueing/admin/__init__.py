"""The admin's pages of calls and of queueing: one module a subject."""

from queueing.admin import agents, callbacks, departments, history, skills, supervision

__all__ = ["agents", "callbacks", "departments", "history", "skills", "supervision"]

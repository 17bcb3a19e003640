"""A contact centre on a virtual clock: the real matcher, invented callers. Pure; knows no database."""

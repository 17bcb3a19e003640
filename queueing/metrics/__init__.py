"""Measurements: raw facts, the formulas over them, their reading and their telling."""

"""All writes of queueing.

Rows are locked in one order everywhere: call, entry, offers, transfer, agent, streams.
"""

"""A NetSuite that fails like NetSuite: a real HTTP server for development, demonstrations and tests.

It stands alone. Nothing here imports Django or a sibling package, and the client under test shares no code
with it, so that one wrong idea about the protocol cannot hide on both sides. Start it with
``python -m netsuite.simulator``.
"""

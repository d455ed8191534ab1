"""A warehouse and the WMS that speaks for it, as bad as they are: for development, demonstrations and tests.

It stands alone: nothing here imports Django or the house, and it words and signs its messages with code of its own,
so that one wrong idea of the contract cannot hide on both sides. Its command is `wms_simulator`.
"""

"""Celery's Redis transport without handing messages back when the connection is lost.

Handing back needs the very connection that is gone, and kombu 5.7 then ends the worker with an
AttributeError when it held a message it had not yet started. Ours are wake-up calls: nothing needs them back.
"""

from kombu.transport import redis


class Channel(redis.Channel):
    do_restore = False


class Transport(redis.Transport):
    Channel = Channel

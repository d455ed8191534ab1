from netsuite.models.attempts import PushAttempt, PushDecision
from netsuite.models.lease import DrainLease
from netsuite.models.pushes import Push

__all__ = ["DrainLease", "Push", "PushAttempt", "PushDecision"]

"""The simulator process, the movable clock and the processes that may be killed: those of the NetSuite tests."""

from tests.netsuite.conftest import forks, later, operator, simulator, simulator_process

__all__ = ["forks", "later", "operator", "simulator", "simulator_process"]

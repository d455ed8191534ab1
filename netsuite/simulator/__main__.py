"""``python -m netsuite.simulator``."""

from netsuite.simulator.command_line import main

if __name__ == "__main__":
    main()

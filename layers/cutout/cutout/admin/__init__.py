"""The operator's command line: `python -m cutout.admin --help`.

Each command is a function of its arguments and the stores that returns what to print; only `__main__` touches the world.
"""

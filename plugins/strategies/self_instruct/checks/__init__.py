"""Checks of a conversation that a model wrote: a module a check, `check` runs them all."""

from vlit_hub.plugins.strategies.self_instruct.checks.checking import Checked, check

__all__ = ["Checked", "check"]

"""Self-instruct: a language model writes instructions and responses from visual clues (Li et al. 2024, section 4.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vlit_hub.hookspecs import hookimpl

if TYPE_CHECKING:
    from vlit_hub.strategy import Strategy


@hookimpl
def register_strategies() -> list[Strategy]:
    """The strategy `self_instruct`."""
    from vlit_hub.plugins.strategies.self_instruct.strategy import SelfInstruct

    return [SelfInstruct()]

"""Conversations by rule: turns whose every statement follows from the annotations, chained to conversations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vlit_hub.hookspecs import hookimpl

if TYPE_CHECKING:
    from vlit_hub.strategy import Strategy


@hookimpl
def register_strategies() -> list[Strategy]:
    """The strategy `rule_conversations`."""
    from vlit_hub.plugins.strategies.rule_conversations.strategy import RuleConversations

    return [RuleConversations()]

"""Leaks: a conversation that speaks of the text the model was given, instead of the picture.

Reading what stands on a sign, or the caption under a photo in a newspaper, is none: a match that is about something written on a
thing in the picture doesn't count.
"""

from __future__ import annotations

import re

from vlit_hub.plugins.strategies.self_instruct.checks.turns import Conversation, plain
from vlit_hub.wording.sentences import sentences

__all__ = ["leaks"]

_GIVEN = (
    r"(?:given|provided|supplied|above|following|textual|text|written|visual|image|picture|scene|detailed|original|"
    r"short|accompanying)"
)
_SAYS = r"(?:mentions?|describes?|specif(?:y|ies)|states?|indicates?|notes?)"
_SAID = r"(?:mentioned|specified|stated|described|listed|indicated|noted|given|provided)"
_PATTERNS = [
    rf"\b(?:the|this|that|your|its|these|those|given|provided)\s+(?:{_GIVEN}\s+){{0,2}}descriptions?\b",
    r"\b(?:image|picture|photo|given|provided)\s+descriptions?\b",
    rf"\b(?:the|these|those|given|provided|image|its)\s+(?:{_GIVEN}\s+)?captions?\b",
    r"\b(?:as|is|are|was|were) captioned\b",
    r"\b(?:the|these|those|image|object|given|provided)\s+annotations?\b",
    r"\bannotators?\b|\bannotated (?:as|objects?|boxes|in the (?:image|picture|data))\b",
    r"\b(?:given|provided|supplied)\s+(?:text|information|info|details?|data|context|clues?|labels?|content|"
    r"facts|passage|input|sentences?)\b",
    r"\b(?:information|info|details|context|data|facts|text|clues)\s+(?:(?:that )?(?:is|was|are|were|has been|"
    r"have been|I was|I've been|I am)\s+)?"
    r"(?:given|provided|supplied)\b",
    r"\b(?:based on|according to|going by|judging by) the (?:\w+ )?(?:text|passage|sentences|information|data)\b",
    rf"\b{_SAID} in the (?:\w+ )?(?:text|passage|sentences|information|data|list)\b",
    rf"\b(?:the|this) (?:{_GIVEN} )?(?:text|passage) (?:also |only )?(?:{_SAYS}|(?:does not|doesn't|did not|"
    rf"didn't) (?:{_SAYS}|say))\b",
    r"\b(?:text|sentences|information|details) above(?=[,.;:!?]|$)",
    r"\bas (?:already |was |is |also |explicitly )?(?:mentioned|stated|described|noted|specified|indicated)\b"
    r"(?! (?:earlier|before|previously|a moment|in my|on|by)\b)",
    rf"(?:\bnot|n't|\bnever) (?:been )?(?:\w+ly )?{_SAID.replace('|given|provided', '')}\b",
    r"\b(?:no|any) (?:explicit |specific |direct )?mention of\b(?: (?:an?|the|any))?(?: \w+)?",
    r"\b(?:according to|based on|from|in) the (?:\w+ )?clues\b(?! (?:in|from|within|of) the (?:image|picture|"
    r"photo|scene))",
    r"\bclues (?:say|state|mention|tell|list)\b",
    r"\b(?:object|detection)s? (?:list|labels?|detections?)\b|\blist of (?:\w+ )?objects\b|\bdetected objects\b",
    r"\bground[- ]truth\b|\bmeta ?data\b|\bin the data ?set\b",
    r"\bthe prompt\b(?=[,.;:!?]| (?:says|states|mentions|given|above|does|asks))",
    r"\b\d+ (?:out )?of (?:10|ten) (?:annotators|people|respondents|answers)\b",
    r"\b(?:most|several|different) (?:people|respondents) (?:answered|who were asked|asked|agreed)\b|"
    r"\b(?:people|those) (?:who were )?asked gave\b",
    r"\bquestion[- ]and[- ]answer pairs?\b|\bquestion[- ]answer pairs?\b",
    r"\bI (?:was|am|have been|'ve been) (?:told|given|provided with|informed)\b|\binformation I (?:have|"
    r"was given|received)\b",
    r"\b(?:image|picture|photo|scene) (?:is|was) (?:described|captioned|label+ed|annotated|tagged)\b",
]
_LEAK = re.compile("|".join(f"(?:{pattern})" for pattern in _PATTERNS), re.IGNORECASE)

# Written, printed or shown on a thing.
_THINGS = (
    r"(?:advert\w*|awning|back|badge|bag|banner|base|bench|billboard|blackboard|board|boat|book|bottle|box|"
    r"brochure|building|bus|cake|can|"
    r"cap|car|card|chalkboard|clock|container|cover|cup|device|display|door|flyer|frame|front|hat|jacket|jar|"
    r"jersey|keyboard|label|laptop|"
    r"leaflet|letter|license plate|machine|magazine|map|margin|menu|meter|monitor|mug|newspaper|notebook|notice|"
    r"package|packaging|page|"
    r"painting|panel|paper|placard|plane|plaque|plate|post|postcard|poster|receipt|schedule|screen|shelf|shirt|"
    r"shop|side|sign|signs|sticker|"
    r"stone|store|suitcase|surfboard|t-shirt|tag|television|ticket|timetable|tower|train|truck|tv|uniform|van|"
    r"wall|watch|website|whiteboard|"
    r"window|wrapper)"
)
_ON_A_THING = re.compile(
    r"^(?:\s+\w+)?\s+(?:on|in|under|below|beneath|underneath|beside|at|along|across|by|of|above|from|next to) "
    rf"(?:the|a|an|this|that|its|her|his|their|each|one)\s+(?:[\w'-]+\s+){{0,3}}?(?:{_THINGS}|(?:photo|picture|"
    rf"photograph) (?:on|in))\b"
    r"|^\s+(?:printed|written|painted|engraved|handwritten|carved|displayed|embroidered) (?:on|in|across|above|"
    r"below|under)\b",
    re.IGNORECASE,
)

_BOX = re.compile(
    r"\bbounding[- ]box(?:es)?\b|\b(?:box|pixel|object) coordinates\b|\bcoordinates of (?:the|its) (?:box|object)",
    re.IGNORECASE,
)
_NUMBERS = re.compile(r"[\[(]\s*\d+(?:\.\d+)?(?:\s*,\s*\d+(?:\.\d+)?){3}\s*[\])]")
_ASKS_FOR_BOX = re.compile(r"\bbox(?:es)?\b|\bcoordinates?\b|\bpixels?\b|\bregion\b|\[\s*\d", re.IGNORECASE)
_THANKS = re.compile(r"\bthank(?:s| you) for (?:the|that|this|your)\b", re.IGNORECASE)


def leaks(conversation: Conversation) -> list[str]:
    """Reasons, each with the words that gave it away: `leaks the clues: 'the description'`."""
    found: dict[str, None] = {}
    boxes_asked = False
    for user, assistant in conversation:
        for text in (user, assistant):
            found |= dict.fromkeys(words for sentence in sentences(text) for words in _in_sentence(sentence))
        boxes_asked |= bool(_ASKS_FOR_BOX.search(user))
        if not boxes_asked:
            found |= dict.fromkeys(match[0].lower() for match in _BOX.finditer(plain(assistant)))
            found |= dict.fromkeys("box in numbers" for _ in _NUMBERS.finditer(assistant))
    return [f"leaks the clues: {words!r}" for words in found]


def _in_sentence(sentence: str) -> list[str]:
    if _THANKS.search(sentence):
        return []
    whole = plain(sentence)
    return [match[0].lower() for match in _LEAK.finditer(whole) if not _ON_A_THING.match(whole[match.end() :])]

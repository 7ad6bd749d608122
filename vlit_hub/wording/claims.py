"""What a text says is in the picture.

CHAIR (Rohrbach et al. 2018, "Object Hallucination in Image Captioning") takes every object word of a caption for a claim. A
conversation also denies, asks, supposes, compares and speaks of the world at large, so a mention counts only where the text says
of the picture that something is there. Read narrowly: what is found is worth a look.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from vlit_hub.wording.naming import Mention, mentions
from vlit_hub.wording.sentences import sentences

__all__ = ["claims", "says_otherwise"]

_CLAUSE = re.compile(
    r"(?:[,;:]|\u2014|\u2013| - )\s*|\s+(?=(?:but|while|whereas|although|though|however|because|so that|and there)\b)",
    re.IGNORECASE,
)

# After one of these a clause doesn't say that what it names is there.
_DENIES = re.compile(
    r"\b(?:no(?! (?:doubt|more|longer|fewer|less|other))|not(?! only\b| just\b| far\b| alone\b)|never|neither|"
    r"nor|none|without|lacks?|lacking|"
    r"absent|absence of|missing|free of|instead of|rather than|unlike|nothing|nobody|cannot|can't|devoid of|"
    r"except(?: for)?)\b|n't\b(?! only\b| just\b| far\b| alone\b)",
    re.IGNORECASE,
)
_SUPPOSES = re.compile(
    r"\b(?:would|could|might|may|should|can|if|whether|unless|imagine|suppose|maybe|perhaps|possibly|probably|"
    r"likely|presumably|seems?|"
    r"appears?|appearing|suggest\w*|impl(?:y|ies|ying)|usually|often|typically|generally|commonly|sometimes|"
    r"always|frequently|normally|"
    r"traditionally|historically|many people|most people|some people|people (?:often|who|like|love|enjoy|use|"
    r"tend)|such as|for example|"
    r"for instance|e\.g\.|designed|intended|meant|suitable|ideal|perfect|popular|used (?:to|for|by|as|in)|"
    r"known (?:for|as|to)|famous|"
    r"will|expect\w*|need\w*|help\w*|require\w*|allow\w*|makes? it|important|essential|as if|as though|or)\b",
    re.IGNORECASE,
)
_COMPARES = re.compile(
    r"\b(?:like|resembl\w+|similar to|reminiscent|compared? (?:to|with)|than|as \w+ as|shaped?|size of|mistaken|"
    r"mistake|confused?|"
    r"looks? like|type of|kind of|form of|instead|imitat\w+|style of|short for|stands for|means|called|word|"
    r"term|letters?|reads?(?! (?:an?|the|his|her|their)\b)|says?|"
    r"saying|spell\w*|named|brand|invented|history|cent(?:ury|uries)|breed)\b",
    re.IGNORECASE,
)

# What follows a mention: it is not there ("a dog is not visible"), a thing is made for it ("a child's bike"), or it stands
# behind the camera.
_NOT = r"(?:(?:is|are|was|were|do|does|has|have|can|could)(?: not|n't)|cannot|can't)"
_THERE = (
    r"(?:visible|present|shown|seen|be seen|in (?:the|this|sight|view)|there|here|any|anywhere|appear|depicted|included|part of|"
    r"be spotted|be found|pictured)"
)
_ELSEWHERE = re.compile(
    rf"^(?:\s+\w+){{0,3}}?\s+{_NOT} (?:\w+ )?{_THERE}\b|^(?:\s+\w+){{0,3}}?\s+(?:is|are) (?:absent|missing|nowhere)\b"
    r"|^'s? (?:\w+ )?(?:bedroom|bike|blankets?|book|clothes|clothing|drawing|room|shoes|toys?|umbrella|bathroom|restroom)\b"
    r"|^ (?:who (?:took|is taking)|taking|behind the camera|viewing|looking at the (?:picture|image|photo))",
    re.IGNORECASE,
)

# Or it is about all of a kind: "a dog needs", "a car can be".
_OF_ALL = re.compile(
    r"^ (?:\w+ )?(?:would|could|might|may|can|needs?|will|should|usually|often|typically|generally)\b", re.IGNORECASE
)

# Bare plurals speak of the world ("dogs need walks"), unless the sentence is about what is to be seen.
_HERE = re.compile(
    r"\b(?:there (?:are|is|were)|there's|i (?:can )?see|you can see|visible|seen|picture|image|photo\w*|scene|"
    r"background|foreground|"
    r"behind|in front of|next to|beside|nearby|left|right|corner|shows?|depicts?|features?|captures?|contains?|"
    r"includes?|including|"
    r"has|with|holding|wearing|carrying|riding|sitting|standing|walking|parked|lined|placed|surrounded|filled|"
    r"scattered|resting|lying|"
    r"leaning|flying|playing|grazing|swimming|eating|posing|gathered|arranged|hanging|waiting|along|two|three|"
    r"four|five|six|seven|"
    r"eight|nine|ten|several|some|few|many|various|multiple|numerous|a couple of|a group of|a pair of|\d+)\b",
    re.IGNORECASE,
)
_SPECIFIC = re.compile(
    r"\b(?:an?|the|this|that|these|those|one|two|three|four|five|six|seven|eight|nine|ten|several|some|many|few|"
    r"another|other|his|her|"
    r"their|its|each|both|\d+)(?:\s+[\w'-]+){0,5}\s*$",
    re.IGNORECASE,
)

# "a table for six people", "a sign for children".
_FOR = re.compile(r"\bfor (?:\w+ )?$", re.IGNORECASE)

# "a dog, a cat or horse": what goes on an enumeration without a verb of its own.
_GOES_ON = re.compile(
    r"^(?:(?:and|or|nor|as well as|even)\s+)?(?:(?:an?|the|some|any|no|two|three|several|\d+)\s+)?"
    r"(?:[\w'-]+(?:\s+|[.!]?$)){1,8}$",
    re.IGNORECASE,
)
_VERB = re.compile(
    r"\b(?:is|are|was|were|has|have|sits?|stands?|lies|looks?|shows?|see|there|it|they|he|she|yes|no)\b|'s\b|ing\b",
    re.IGNORECASE,
)


def claims(text: str) -> list[tuple[str, ...]]:
    """What a text says is in the picture: each time the categories of COCO that the word may mean, the likeliest first.

    >>> claims("There is no cat, but a dog sits by the bike.")
    [('dog',), ('bicycle', 'motorcycle')]
    """
    said = (sentence for sentence in sentences(text) if not sentence.endswith("?"))
    return [mention.categories for sentence in said for mention in _claims(sentence)]


def says_otherwise(words: str) -> bool:
    """Whether what follows these words isn't said to be there."""
    return bool(_DENIES.search(words) or _SUPPOSES.search(words) or _COMPARES.search(words))


def _claims(sentence: str) -> Iterator[Mention]:
    """The mentions of a sentence that say that something is there."""
    spared = False  # whether the clause before denies or supposes, and an enumeration that goes on does so too
    found = list(mentions(sentence))
    for start, end in _clauses(sentence) if found else ():
        clause = sentence[start:end]
        inherits = spared and bool(_GOES_ON.match(clause)) and not _VERB.search(clause)
        named = [mention for mention in found if start <= mention.start < end]
        said = [not inherits and _is_claim(sentence, start, end, mention) for mention in named]
        yield from (mention for mention, is_said in zip(named, said, strict=True) if is_said)
        spared = inherits or (not any(said[-1:]) and says_otherwise(clause) and len(clause.split()) > 1)


def _is_claim(sentence: str, start: int, end: int, mention: Mention) -> bool:
    """Whether a mention in the clause between `start` and `end` says that something is there."""
    before, after = sentence[start : mention.start], sentence[mention.end : end]
    if (
        says_otherwise(sentence[start : mention.end])
        or _ELSEWHERE.match(after)
        or _OF_ALL.match(after)
        or _FOR.search(before)
    ):
        return False
    if mention.plural:
        return bool(_HERE.search(sentence))
    return bool(_SPECIFIC.search(before) or _HERE.search(before))


def _clauses(sentence: str) -> Iterable[tuple[int, int]]:
    start = 0
    for match in _CLAUSE.finditer(sentence):
        if match.start() > start:
            yield start, match.start()
        start = match.end()
    if start < len(sentence):
        yield start, len(sentence)

"""Indicators of texts as a Python function that is mapped over records: what `benchmarks/quality.py` compares with.

Written as one would who knows Python: regular expressions compiled once, words looked up in a cache, NumPy for the 64 hashes.
Each gives the columns of the indicator, so that the numbers can be compared too.
"""

from __future__ import annotations

_WORDS = r"""
import re
EDGES = re.compile(r"^[\W_]+|[\W_]+$")
def words_of(text):
    return [word for word in (EDGES.sub("", piece) for piece in text.lower().split()) if word]
def dialogue(record):
    turns = [part for turn in record["history"] for part in (turn["instruction"], turn["response"])]
    return "\n".join([*turns, record["instruction"], *filter(None, [record["input"]["text"]]), record["response"]])
"""
_ALL = ["instruction", "input", "response", "history"]

FUNCTIONS: dict[str, tuple[list[str], str]] = {
    "lengths": (
        _ALL,
        """
def measure(record):
    asked = len(record["instruction"].split()) + len(record["input"]["text"].split())
    answered = len(record["response"].split())
    return {"instruction_words": asked, "response_words": answered, "turns": 1 + len(record["history"])}
""",
    ),
    "text_repetition": (
        ["response"],
        _WORDS
        + """
def measure(record):
    words = words_of(record["response"])
    grams = list(zip(words, words[1:], words[2:]))
    return {"text_repetition": 1 - len(set(grams)) / len(grams) if grams else None}
""",
    ),
    "text_readability_unigram": (
        _ALL,
        _WORDS
        + """
import functools, math
from vlit_hub.plugins.quality.text_readability_unigram import TextReadabilityUnigram, _log_probability
LOADED = TextReadabilityUnigram().load(TextReadabilityUnigram.Options(), "cpu")
@functools.cache
def log_of(word):
    return _log_probability(word, LOADED)
def measure(record):
    logs = [log for log in map(log_of, words_of(dialogue(record))) if not math.isnan(log)]
    return {"text_readability_unigram": sum(logs) / len(logs) if logs else None}
""",
    ),
    "personal_data": (
        _ALL,
        _WORDS
        + """
from vlit_hub.plugins.quality import personal_data as given
EMAIL, PHONE, PLATE, ABOUT = (re.compile(one) for one in (given._EMAIL, given._PHONE, given._PLATE, given._ABOUT_PLATES))
def measure(record):
    text = dialogue(record)
    plates = len(PLATE.findall(text)) if ABOUT.search(text) else 0
    emails = len(EMAIL.findall(text)) if "@" in text else 0
    return {"personal_emails": emails, "personal_phones": len(PHONE.findall(text)), "personal_plates": plates}
""",
    ),
    "unsafe_words": (
        _ALL,
        _WORDS
        + """
from vlit_hub.plugins.quality.unsafe_words import UnsafeWords
LIST = re.compile(UnsafeWords().load(UnsafeWords.Options(), "cpu"))
def measure(record):
    return {"unsafe_words": len(LIST.findall(dialogue(record)))}
""",
    ),
    "object_granularity_complexity_chunks": (
        ["instruction", "input"],
        _WORDS
        + r"""
from vlit_hub.plugins.quality.stop_words import stop_words
STOP, BREAK = stop_words(), re.compile(r"(^|\s)[^\w\s'\u2019-]+|[^\w\s'\u2019-]+(\s|$)|\n")
def measure(record):
    count, within = 0, False
    for word in words_of(BREAK.sub(" the ", record["instruction"] + "\n" + record["input"]["text"])):
        content = word not in STOP
        count += content and not within
        within = content
    return {"instruction_elements_chunks": count}
""",
    ),
    "text_word_order": (
        ["response"],
        _WORDS
        + """
import collections, math
PAIRS, FIRSTS, SECONDS = collections.Counter(), collections.Counter(), collections.Counter()
def count(record):
    words = words_of(record["response"])
    PAIRS.update(zip(words, words[1:])); FIRSTS.update(words[:-1]); SECONDS.update(words[1:])
def before(data):
    data.map(count, load_from_cache_file=False)
    PAIRS["all"] = sum(FIRSTS.values())
def measure(record):
    words = words_of(record["response"])
    scores = [
        math.log((PAIRS[pair] - 0.5) / (FIRSTS[pair[0]] * SECONDS[pair[1]] / PAIRS["all"] + 0.5))
        for pair in zip(words, words[1:])
    ]
    return {"text_word_order": sum(scores) / len(scores) if scores else None}
""",
    ),
    "text_copies": (
        [*_ALL, "id", "source"],
        _WORDS
        + """
import collections, zlib
import numpy as np
TIMES, PLUS = np.random.default_rng(0).integers(0, 1 << 32, (2, 64), dtype=np.uint32) | np.uint32(1)
SEEN, LINKS = {}, collections.defaultdict(set)
def measure(record):
    words = words_of(dialogue(record))
    pairs = [zlib.crc32(" ".join(pair).encode()) for pair in zip(words, words[1:])] or [0]
    least = (np.array(pairs, np.uint32)[:, None] * TIMES + PLUS).min(axis=0)
    image, id = tuple(record["source"]["image_ids"]), record["id"]
    for band in range(16):
        first, other = SEEN.setdefault((image, band, least[4 * band : 4 * band + 4].tobytes()), (id, least))
        if first != id and (other == least).mean() >= 0.8:
            LINKS[first].add(id)
    return {"text_copies": None}
""",
    ),
}

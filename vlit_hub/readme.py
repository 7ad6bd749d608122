"""README.md of a dataset's folder: what vlit-hub generates and what people write, in one file.

Generated text stands in blocks, between comments that a reader doesn't see:

    <!-- vlit-hub:begin counts 1f0c2a9b -->
    ...
    <!-- vlit-hub:end counts -->

The digits are a digest of the block as it was generated. So a block that somebody edited is told from one that only got
old, and a new version of the card replaces the latter alone. Whatever stands outside of blocks belongs to people. The YAML
is handled likewise, key by key; the digests of its generated values are in one comment below it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xxhash

from vlit_hub import front_matter
from vlit_hub.errors import InputError
from vlit_hub.front_matter import FrontMatter, digest, dump

__all__ = ["Block", "Card", "Merged", "compose", "merge", "parse", "read"]

# What load_dataset reads: always as generated, but for configs of other names that somebody added.
_LOADING = ("configs", "dataset_info")

_YAML = re.compile(r"<!-- vlit-hub:yaml ?(?P<digests>[^>]*?) ?-->\n*")
_BLOCK = re.compile(
    r"<!-- vlit-hub:begin (?P<name>[\w-]+) (?P<digest>[0-9a-f]{8}) -->\n(?P<text>.*?)"
    r"^<!-- vlit-hub:end (?P=name) -->(?:\n|\Z)",
    re.DOTALL | re.MULTILINE,
)
_MARKER = re.compile(r"<!-- vlit-hub:(?:begin|end)[^>]*-->")


@dataclass(frozen=True)
class Block:
    """A generated part of the card.

    Attributes:
        name: Its name, unique in a card.
        text: Its Markdown, with no blank lines around.
        digest: Of the text as it was generated.
    """

    name: str
    text: str
    digest: str

    @property
    def edited(self) -> bool:
        """Whether somebody changed it after it was generated."""
        return _text_digest(self.text) != self.digest

    def __str__(self) -> str:
        """The block between its comments."""
        inside = f"\n{self.text}\n\n" if self.text else ""
        return f"<!-- vlit-hub:begin {self.name} {self.digest} -->\n{inside}<!-- vlit-hub:end {self.name} -->\n"


@dataclass(frozen=True)
class Card:
    """A card, taken apart.

    Attributes:
        front: Its YAML.
        generated: Digests of the YAML values as they were generated, by key.
        pieces: Generated blocks, and the text between them.
    """

    front: FrontMatter
    generated: dict[str, str]
    pieces: list[Block | str]

    @property
    def blocks(self) -> dict[str, Block]:
        """The generated blocks, by name."""
        return {piece.name: piece for piece in self.pieces if isinstance(piece, Block)}

    def wrote(self, key: str) -> bool:
        """Whether the value of this key is a person's."""
        return key in self.front.values and digest(self.front.values[key]) != self.generated.get(key)


@dataclass(frozen=True)
class Merged:
    """What a merge came to.

    Attributes:
        text: The card.
        kept: What somebody had changed and the merge therefore left as it was: `block NAME`, `YAML key NAME`.
    """

    text: str
    kept: tuple[str, ...] = ()


def compose(front: Mapping[str, Any], blocks: Mapping[str, str]) -> str:
    """A card of generated parts alone.

    Args:
        front: The YAML's values.
        blocks: Markdown by name, in order; those without text are left out.
    """
    # texts of the data that a block shows must not end it
    texts = {name: text.strip("\n").replace("<!-- vlit-hub:", "<! -- vlit-hub:") for name, text in blocks.items()}
    pieces = [Block(name, text, _text_digest(text)) for name, text in texts.items() if text]
    digests = {key: digest(value) for key, value in front.items()}
    return _write((dump(key, value) for key, value in front.items()), digests, _join(pieces))


def parse(text: str, name: str = "README.md") -> Card:
    """Take a card apart.

    Raises:
        InputError: Its YAML is broken, or the comments around a block are.
    """
    text = text.replace("\r\n", "\n")
    front, body = front_matter.parse(text, name)
    above = text.count("\n", 0, len(text) - len(body))
    match = _YAML.search(body)
    generated = dict(pair.split("=", 1) for pair in match["digests"].split() if "=" in pair) if match else {}
    pieces: list[Block | str] = []
    end = 0
    for found in _BLOCK.finditer(body):
        pieces += [body[end : found.start()], Block(found["name"], found["text"].strip("\n"), found["digest"])]
        end = found.end()
    pieces.append(body[end:])
    _check_markers(body, pieces, above, name)
    pieces = [_YAML.sub("", piece) if isinstance(piece, str) else piece for piece in pieces]
    return Card(front, generated, [piece for piece in pieces if piece])


def read(file: Path) -> str:
    """The text of a README.md, with newlines as `\\n`; empty where there is none.

    Raises:
        InputError: It is no UTF-8 text, its YAML is broken, or the comments around a block are.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")  # some editors put a byte order mark in front
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError as error:
        raise InputError(file, f"byte {error.start} isn't UTF-8", "Save it as UTF-8 text.") from None
    parse(text, str(file))
    return text


def merge(old: str, new: str, *, force: bool = False) -> Merged:
    """A newly generated card, with what people wrote into the old one.

    - Text outside of blocks stays where it is. Paragraphs that only the new card has outside of blocks are added.
    - A block is replaced, unless somebody edited it. One that the new card hasn't is emptied; its comments stay, as its place.
      A block that the old card lacks goes below the block that comes before it in the new card.
    - A YAML value is replaced, unless it isn't the one that was generated. Keys that somebody took out stay out, added keys
      stay in. `configs` and `dataset_info` are always replaced; configs of other names stay.

    Where both cards were edited, the old one's edit stays.

    Args:
        old: The card that is there: on disk, or online. May be empty, or written wholly by hand.
        new: The card to take its place, from `compose` or from an earlier merge.
        force: Replace edited blocks and generated YAML keys too. Text outside of blocks stays even so.

    Raises:
        InputError: The YAML of a card is broken, or the comments around a block are.
    """
    if not old.strip():
        return Merged(new)
    ours, theirs = parse(new), parse(old)
    texts, tail, kept = _merge_front(theirs, ours, force)
    pieces, edited = _merge_blocks(theirs, ours, force)
    _insert_missing(pieces, theirs, ours)
    return Merged(_write([*texts, tail], ours.generated, _join(pieces)), tuple(kept + edited))


def _merge_front(theirs: Card, ours: Card, force: bool) -> tuple[list[str], str, list[str]]:
    texts, kept = [], []
    for key, value in theirs.front.values.items():
        in_ours = key in ours.front.values
        if key in _LOADING and in_ours:
            texts.append(dump(key, _with_other_configs(value, ours.front.values[key])))
        elif not theirs.wrote(key) or (force and key in ours.generated):
            texts += [ours.front.texts[key]] if in_ours else []
        else:
            texts.append(theirs.front.texts[key])
            if in_ours and value != ours.front.values[key]:
                kept.append(f"YAML key {key}")
    for key in ours.front.values:
        if key in theirs.front.values:
            continue
        if key in theirs.generated and key not in _LOADING and not ours.wrote(key) and not force:
            kept.append(f"YAML key {key} (taken out)")
        else:
            texts.append(ours.front.texts[key])
    return texts, theirs.front.tail, kept


def _with_other_configs(theirs: Any, ours: Any) -> Any:
    """Our configs (or infos), and those of other names that are there."""
    mine = ours if isinstance(ours, list) else [ours]
    names = [config.get("config_name", "default") for config in mine]
    others = [
        config
        for config in (theirs if isinstance(theirs, list) else [theirs])
        if isinstance(config, dict) and config.get("config_name", "default") not in names
    ]
    return [*mine, *others] if others else ours


def _merge_blocks(theirs: Card, ours: Card, force: bool) -> tuple[list[Block | str], list[str]]:
    pieces: list[Block | str] = []
    kept = []
    for piece in theirs.pieces:
        if isinstance(piece, str):
            pieces.append(piece)
        elif not piece.edited or force:
            pieces.append(ours.blocks.get(piece.name) or Block(piece.name, "", _text_digest("")))
        else:
            pieces.append(piece)
            if piece.name not in ours.blocks or ours.blocks[piece.name].text != piece.text:
                kept.append(f"block {piece.name}")
    return pieces, kept


def _insert_missing(pieces: list[Block | str], theirs: Card, ours: Card) -> None:
    """Put what only our card has into `pieces`, below what comes before it in our card."""
    there = "\n\n".join(piece for piece in theirs.pieces if isinstance(piece, str))
    known = {paragraph.strip() for paragraph in there.split("\n\n")}
    place = 0 if any(isinstance(piece, Block) for piece in pieces) else len(pieces)
    for piece in ours.pieces:
        if isinstance(piece, Block) and piece.name in theirs.blocks:
            place = 1 + next(n for n, one in enumerate(pieces) if isinstance(one, Block) and one.name == piece.name)
            continue
        if isinstance(piece, str):
            news = [paragraph for paragraph in piece.split("\n\n") if paragraph.strip() not in known]
            if not "".join(news).strip():
                continue
            piece = "\n\n".join(part.strip("\n") for part in news) + "\n"
        pieces.insert(place, piece)
        place += 1


def _join(pieces: Iterable[Block | str]) -> str:
    """The pieces, with at least one blank line around every block."""
    text, block_above = "", False
    for piece in pieces:
        below = str(piece)
        if text and (block_above or isinstance(piece, Block)):
            newlines = len(text) - len(text.rstrip("\n")) + len(below) - len(below.lstrip("\n"))
            text += "\n" * (2 - newlines)
        text += below
        block_above = isinstance(piece, Block)
    return text.strip("\n")


def _check_markers(body: str, pieces: Iterable[Block | str], above: int, name: str) -> None:
    seen = set()
    for piece in pieces:
        if stray := _MARKER.search(piece if isinstance(piece, str) else piece.text):
            line = above + body.count("\n", 0, body.index(stray[0])) + 1
            where = "has no partner" if isinstance(piece, str) else f"stands within the block {piece.name}"
            reason = f"line {line}: {stray[0]} {where}"
            raise InputError(name, reason, "Put back the comment that was lost, or take this one out.")
        if isinstance(piece, Block):
            if piece.name in seen:
                raise InputError(name, f"the block {piece.name} is there twice", "Take one of the two out.")
            seen.add(piece.name)


def _write(texts: Iterable[str], generated: Mapping[str, str], body: str) -> str:
    digests = " ".join(f"{key}={value}" for key, value in generated.items())
    return f"---\n{''.join(texts)}---\n<!-- vlit-hub:yaml {digests} -->\n\n{body}\n"


def _text_digest(text: str) -> str:
    """Of the text without trailing blanks, which editors take away."""
    bare = "\n".join(line.rstrip() for line in text.strip("\n").splitlines())
    return f"{xxhash.xxh3_64_intdigest(bare.encode()):016x}"[:8]

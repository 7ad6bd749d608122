"""Elements of instructions by spaCy and by stanza, with parsers that are trained here on a few sentences.

How well trained parsers find what a sentence speaks of can't be seen here; what is made of their dependencies can.
"""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.quality.making import record, write
from vlit_hub import plugin_manager
from vlit_hub.errors import ModelError, UsageError
from vlit_hub.quality.engine import score
from vlit_hub.quality.measured import Measured
from vlit_hub.quality.models.parsing import Parser

NAME = "object_granularity_complexity"

# word, place of the head, dependency
PARSED = (
    (("Describe", 0, "ROOT"), ("the", 2, "det"), ("photo", 0, "dobj"), (".", 0, "punct")),
    (
        *(("What", 1, "det"), ("color", 2, "attr"), ("is", 2, "ROOT"), ("the", 5, "det"), ("fire", 5, "compound")),
        *(("hydrant", 2, "nsubj"), ("in", 5, "prep"), ("the", 8, "det"), ("background", 6, "pobj"), ("?", 2, "punct")),
    ),
    (("Count", 0, "ROOT"), ("big", 2, "amod"), ("dogs", 0, "dobj"), ("and", 2, "cc"), ("cats", 2, "conj")),
)
ELEMENTS = (2, 4, 4)


def test_without_spacy_or_its_model_it_says_what_to_install(tmp_path: Path) -> None:
    dataset = write(tmp_path / "d", {"train": [[record(0)]]})
    with pytest.raises(UsageError, match=r"python -m spacy download"):
        score(dataset, [NAME], {NAME: {"model": "no_such_model"}})
    with pytest.raises(UsageError, match=r"stanza\.download\("):
        score(dataset, [NAME], {NAME: {"parser": "stanza", "model": str(tmp_path / "xx")}})


@pytest.fixture(scope="module")
def parser(tmp_path_factory: pytest.TempPathFactory) -> Path:
    spacy: Any = pytest.importorskip("spacy", reason="spaCy isn't installed: pip install spacy")
    from spacy.tokens import Doc
    from spacy.training import Example

    random.seed(0)
    spacy.util.fix_random_seed(0)
    nlp = spacy.blank("en")
    nlp.add_pipe("parser", config={"min_action_freq": 1})
    examples = []
    for sentence in PARSED:
        words, heads, deps = (list(part) for part in zip(*sentence, strict=True))
        told = Doc(nlp.vocab, words=words, heads=heads, deps=deps)
        examples.append(Example(Doc(nlp.vocab, words=words), told))
    optimizer = nlp.initialize(lambda: examples)
    for _ in range(60):
        nlp.update(examples, sgd=optimizer)
    folder = tmp_path_factory.mktemp("parser")
    nlp.to_disk(folder)
    return folder


def test_elements_are_counted_by_dependencies(tmp_path: Path, parser: Path) -> None:
    texts = [" ".join(word for word, _, _ in sentence) for sentence in PARSED]
    rows = [record(n, instruction=text) for n, text in enumerate([*texts, texts[0]])]
    dataset = write(tmp_path / "d", {"train": [rows[:2], rows[2:]]})
    score(dataset, [NAME], {NAME: {"model": str(parser)}})
    found = Measured(dataset).read(["instruction_elements"])["instruction_elements"].to_list()
    assert found == [*ELEMENTS, ELEMENTS[0]]


UD = (
    (
        ("Describe", 0, "root", "VERB"),
        ("the", 3, "det", "DET"),
        ("photo", 1, "obj", "NOUN"),
        (".", 1, "punct", "PUNCT"),
    ),
    (
        *(("Count", 0, "root", "VERB"), ("his", 4, "nmod:poss", "PRON"), ("big", 4, "amod", "ADJ")),
        *(
            ("dogs", 1, "obj", "NOUN"),
            ("and", 6, "cc", "CCONJ"),
            ("cats", 4, "conj", "NOUN"),
            (".", 1, "punct", "PUNCT"),
        ),
    ),
)
UD_ELEMENTS = (2, 4)


@pytest.fixture(scope="module")
def stanza_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Models of stanza, trained on two sentences by its own programs, and laid out as those that it fetches."""
    pytest.importorskip("stanza", reason="stanza isn't installed: pip install stanza")
    import torch
    from stanza.models import parser, tagger, tokenizer

    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("stanza")
    conllu, texts, ends = "", "", ""
    for words in UD:
        for number, (word, head, dependency, tag) in enumerate(words, 1):
            space = "SpaceAfter=No" if number == len(words) - 1 else "_"
            conllu += f"{number}\t{word}\t{word}\t{tag}\t{tag}\t_\t{head}\t{dependency}\t_\t{space}\n"
        conllu += "\n"
        *inner, last = (word for word, *_ in words)
        texts += f"{' '.join(inner)}{last}\n\n"
        ends += "0".join("0" * (len(word) - 1) + "1" for word in inner) + "2\n\n"  # 1 ends a word, 2 a sentence
    for name, content in (("a.conllu", conllu), ("a.txt", texts), ("a.ends", ends), ("mwt.json", "{}")):
        (folder / name).write_text(content)
    trees, text, labels = (str(folder / name) for name in ("a.conllu", "a.txt", "a.ends"))
    about = ["--lang", "en", "--shorthand", "en_tiny", "--save_name", "tiny.pt", "--device", "cpu", "--save_dir"]
    told = ["--txt_file", text, "--label_file", labels, "--dev_txt_file", text, "--dev_label_file", labels]
    told += [
        "--dev_conll_gold",
        trees,
        "--conll_file",
        str(folder / "out"),
        "--mwt_json_file",
        str(folder / "mwt.json"),
    ]
    told += ["--steps", "200", "--eval_steps", "200", "--max_seqlen", "40", "--lr0", "0.01"]
    tokenizer.main([*told, *about, str(folder / "en" / "tokenize")])
    told = ["--train_file", trees, "--eval_file", trees, "--output_file", str(folder / "out"), "--no_pretrain"]
    told += ["--batch_size", "100", "--num_layers", "1", "--dropout", "0", "--word_dropout", "0", "--word_cutoff", "0"]
    for size in ("hidden_dim", "char_hidden_dim", "word_emb_dim", "char_emb_dim", "transformed_dim"):
        told += [f"--{size}", "16"]
    for name, program, steps in (("pos", tagger, "60"), ("depparse", parser, "100")):
        program.main([*told, "--max_steps", steps, "--eval_interval", steps, *about, str(folder / "en" / name)])
    chosen = {"tokenize": "tiny", "pos": "tiny", "lemma": "identity", "depparse": "tiny"}
    english = {"default_processors": chosen, "packages": {"default": chosen}, "default_dependencies": {}}
    english |= {name: {"tiny": {"md5": ""}} for name in ("tokenize", "pos", "depparse")}
    (folder / "resources.json").write_text(json.dumps({"en": english}))
    return folder / "en"


def test_elements_are_counted_by_universal_dependencies(tmp_path: Path, stanza_models: Path) -> None:
    texts = [" ".join(word for word, *_ in words).replace(" .", ".") for words in UD]
    dataset = write(tmp_path / "d", {"train": [[record(n, instruction=text) for n, text in enumerate(texts)]]})
    given = {"parser": "stanza", "model": str(stanza_models)}
    entry = score(dataset, [NAME], {NAME: given}, "cpu")["indicators"][NAME]
    found = Measured(dataset).read(["instruction_elements"])["instruction_elements"].to_list()
    assert tuple(found) == UD_ELEMENTS and entry["revision"].startswith("stanza ")
    broken = tmp_path / "broken" / "en"
    shutil.copytree(stanza_models.parent, broken.parent)
    (broken / "depparse" / "tiny.pt").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    with pytest.raises(ModelError, match=r"can't be loaded .* stanza\.download") as raised:
        score(dataset, [NAME], {NAME: {**given, "model": str(broken)}}, "cpu")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("label", "counts"),
    [
        ("nsubj:pass", True),
        ("obl", True),
        ("acl:relcl", True),
        ("det:predet", False),
        ("nmod:poss", False),
        ("", False),
    ],
)
def test_a_subtype_counts_as_its_type(label: str, counts: bool) -> None:
    class Says(Parser):
        def dependencies(self, texts: Sequence[str]) -> Iterator[list[str]]:
            return iter([[label, "root"]] * len(texts))

    indicator: Any = plugin_manager.indicators()[NAME]
    records = pl.DataFrame({"instruction": ["a", None], "input.text": ["", None]})
    found = indicator.measure(records, indicator.Options(), Says())
    assert found["instruction_elements"].to_list() == [1 + counts, None]


def test_a_model_without_a_parser_is_refused(tmp_path: Path) -> None:
    spacy: Any = pytest.importorskip("spacy", reason="spaCy isn't installed: pip install spacy")
    spacy.blank("en").to_disk(tmp_path / "blank")
    indicator = plugin_manager.indicators()[NAME]
    with pytest.raises(ModelError, match="has no parser"):
        indicator.load(indicator.Options(model=str(tmp_path / "blank")), "cpu")  # type: ignore[call-arg]
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match="can't be loaded"):
        indicator.load(indicator.Options(model=str(tmp_path / "empty")), "cpu")  # type: ignore[call-arg]

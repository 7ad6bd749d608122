import polars as pl
import pytest

from vlit_hub.wording.tidying import (
    one_end_mark,
    tidy_questions,
    tidy_sentences,
    tidy_spaces,
)

SENTENCES = [
    ("A dog runs.", "A dog runs."),
    ("a dog runs", "A dog runs."),
    (" a  dog\truns \n", "A dog runs."),
    ("a dog\nruns. ", "A dog runs."),
    ("A dog runs .", "A dog runs."),
    ("A dog runs,", "A dog runs."),
    ("A dog runs -", "A dog runs."),
    ("A dog runs..", "A dog runs."),
    ("a dog runs ..", "A dog runs."),
    ("A dog runs...", "A dog runs..."),
    ("A dog runs!", "A dog runs!"),
    ("Is it a dog?", "Is it a dog?"),
    ('A sign says "stop."', 'A sign says "stop."'),
    ('A sign says "stop"', 'A sign says "stop".'),
    ("A dog (brown)", "A dog (brown)."),
    ("élan vital", "Élan vital."),
    ("A café", "A café."),
    ("\u00a0A dog\u00a0", "A dog."),
    ("一只 狗", "一只 狗。"),
    ("一只狗。", "一只狗。"),
    ("3 dogs", "3 dogs."),
    ("McDonald's", "McDonald's."),
    ("", ""),
    (None, ""),
    ("   ", ""),
    (".", "."),
    ("a", "A."),
]


def test_sentences_alone_and_in_a_column():
    given = [before for before, _ in SENTENCES]
    wanted = [after for _, after in SENTENCES]
    assert tidy_sentences(pl.Series(given, dtype=pl.String())).to_list() == wanted
    for before, after in SENTENCES:
        assert tidy_sentences(pl.Series([before], dtype=pl.String())).to_list() == [after]


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("What is it?", "What is it?"),
        ("what is it", "What is it?"),
        ("What is it ?", "What is it?"),
        ("What is it??", "What is it?"),
        ("What is it.", "What is it?"),
        (" what  is it", "What is it?"),
        ("name the sport", "Name the sport."),
        ("Describe the scene.", "Describe the scene."),
        ("Name the sport?", "Name the sport?"),
        ("", ""),
    ],
)
def test_questions(given, wanted):
    assert tidy_questions(pl.Series([given])).to_list() == [wanted]


def test_spaces():
    given = pl.Series([" a  b ", "a b", None, "\n", "a\u3000b", "x "])
    assert tidy_spaces(given).to_list() == ["a b", "a b", "", "", "a\u3000b", "x"]


def test_no_texts():
    assert tidy_sentences(pl.Series([], dtype=pl.String())).to_list() == []


def test_one_end_mark():
    sentences = pl.Series(["It is st..", "It is st.", "Is it so?.", 'It says "st.".', "st."])
    values = pl.Series(["st.", "st", "so?", "st.", "st."])
    assert one_end_mark(sentences, values).to_list() == ["It is st.", "It is st.", "Is it so?", 'It says "st.".', "st."]

import numpy as np
import polars as pl
import pytest

from vlit_hub.drafting.templates import TemplateFault, Templates, parse


def test_templates_of_all_shapes_are_filled_in_their_rows():
    texts = ["{a} and {b}", "plain", "{b}, then {a}", "only {a}", "{a}", "{{{a}}}"]
    chosen = np.array([0, 1, 2, 3, 4, 5, 0, 1])
    columns = {"a": pl.Series([f"a{n}" for n in range(8)]), "b": pl.Series([f"b{n}" for n in range(8)])}
    wanted = [texts[number].format(a=f"a{row}", b=f"b{row}") for row, number in enumerate(chosen)]
    assert Templates(texts).fill(chosen, columns).to_list() == wanted


def test_no_rows():
    assert Templates(["{a}", "b"]).fill(np.zeros(0, np.int64), {"a": pl.Series([], dtype=pl.String())}).to_list() == []


def test_which_mention_a_placeholder():
    assert Templates(["{a}", "b", "{a}{b}"]).mention(frozenset({"b"})).tolist() == [False, False, True]


@pytest.mark.parametrize("broken", ["{a", "a}", "{}", "{a!r}", "{a:>3}", "{0}", "{a.b}"])
def test_broken_templates(broken):
    with pytest.raises(TemplateFault):
        parse(broken)

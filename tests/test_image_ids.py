import pytest

from vlit_hub.image_ids import image_id, image_id_series


@pytest.mark.parametrize(("key", "number"), [("9", 9), ("000000296284", 296284), ("0", 0)])
def test_digits_are_the_number(key, number):
    assert image_id(key) == number


@pytest.mark.parametrize("key", ["0a1b2c3d4e5f6071", "vg-9", "", "²", "-3", "9" * 19])
def test_other_keys_are_negative(key):
    assert -(2**63) <= image_id(key) < 0


def test_a_series_keeps_order_and_repeats():
    assert image_id_series(["7", "x", "7"], "file.json").to_list() == [7, image_id("x"), 7]

import pytest

from tests.by_hand import annotations_of
from vlit_hub.drafting.boxes import write_boxes


def _write(box, box_format, **image):
    annotations = annotations_of(
        images=[{"image_id": 1, **image}], objects=[{"image_id": 1, "category": "dog", "box": box}]
    )
    boxes = write_boxes(annotations.objects, annotations.images, box_format)
    return boxes.text[0], boxes.fault[0]


@pytest.mark.parametrize(
    ("box", "box_format", "text"),
    [
        ((10.4, 20.6, 99.5, 240.2), "pixel", "[10, 21, 100, 240]"),
        ((0, 0, 640, 480), "pixel", "[0, 0, 640, 480]"),
        ((0, 0, 640, 480), "unit", "[0.000, 0.000, 1.000, 1.000]"),
        ((160, 120, 320, 240), "unit", "[0.250, 0.250, 0.500, 0.500]"),
        ((160, 120, 320, 241), "thousand", "[250, 250, 500, 502]"),
        ((0, 1, 70_000, 200_000.6), "pixel", "[0, 1, 70000, 200001]"),
        # Sides that rounding would make equal are rounded outwards.
        ((10.1, 20, 10.3, 30), "pixel", "[10, 20, 11, 30]"),
        ((0, 479.6, 640, 480), "pixel", "[0, 479, 640, 480]"),
        ((320.01, 0, 320.02, 480), "thousand", "[500, 0, 501, 1000]"),
        ((320.01, 0, 320.02, 480), "unit", "[0.500, 0.000, 0.501, 1.000]"),
    ],
)
def test_a_box_is_written(box, box_format, text):
    assert _write(box, box_format) == (text, None)


@pytest.mark.parametrize(
    ("box", "box_format", "image", "fault"),
    [
        ((5, 5, 5, 9), "pixel", {}, "the box is empty"),
        ((5, 9, 8, 5), "pixel", {}, "the box is empty"),
        ((None, None, None, None), "pixel", {}, "has no box"),
        ((1, 1, 9, 9), "unit", {"width": None}, "the image's size is unknown"),
        ((1, 1, 9, 9), "thousand", {"height": None}, "the image's size is unknown"),
        ((1, 1, 9, 9), "pixel", {"width": None, "height": None}, None),
    ],
)
def test_a_box_that_cannot_be_written(box, box_format, image, fault):
    assert _write(box, box_format, **image)[1] == fault

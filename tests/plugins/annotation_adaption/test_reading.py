import polars as pl
import pytest


def _word(text, x, y, height=20, width=40, **more):
    return {"image_id": 1, "text": text, "box": (x, y, x + width, y + height), **more}


def _image(drafts):
    return drafts.filter(pl.col("key") == "*")


def _words(drafts):
    return drafts.filter(pl.col("key") != "*")


def test_an_image_is_read_line_by_line(annotations_of, drafts_of):
    rows = [
        _word("down", 10, 100),
        _word("right", 200, 12),
        _word("here", 120, 95),
        _word("left", 10, 10),
        _word("middle", 90, 8),
    ]
    (draft,) = _image(drafts_of(annotations_of(texts=rows), style="short")).iter_rows(named=True)
    assert draft["response"] == "left middle right\ndown here"
    assert draft["granularity"] == "global"
    assert [region["label"] for region in draft["regions"]] == ["left", "middle", "right", "down", "here"]


def test_high_text_beside_small_text_is_a_line_of_its_own(annotations_of, drafts_of):
    rows = [
        _word("BIG", 10, 0, height=100, width=200),
        _word("one", 220, 5, height=10),
        _word("two", 220, 40, height=10),
    ]
    (draft,) = _image(drafts_of(annotations_of(texts=rows), style="short")).iter_rows(named=True)
    assert draft["response"].split("\n") == ["one", "two", "BIG"]


def test_illegible_text_is_left_out(annotations_of, drafts_of):
    rows = [_word("STOP", 0, 0), _word(None, 0, 50, legible=False), _word("guess", 0, 90, legible=False)]
    drafts = drafts_of(annotations_of(texts=rows), style="short")
    assert _image(drafts)["response"].to_list() == ["STOP"]
    assert _words(drafts)["response"].to_list() == ["STOP"]


def test_an_image_with_legible_text_that_is_not_transcribed_is_rejected(annotations_of, drafts_of):
    rows = [_word("STOP", 0, 0, text_id=1), _word("", 0, 50, text_id=2), _word(None, 0, 90, text_id=3)]
    drafts = drafts_of(annotations_of(texts=rows))
    reason = "legible text without a transcription"
    assert _image(drafts)["reject_reason"].to_list() == [reason]
    assert _words(drafts)["reject_reason"].to_list() == [None, reason, reason]


@pytest.mark.parametrize(
    ("text", "height", "reason"),
    [
        ("Wellington", 90, "text that runs up or down: its lines aren't known"),
        ("Wellington", 60, None),  # one and a half times as high as wide
        ("10", 90, None),  # narrow letters
    ],
)
def test_an_image_with_text_that_runs_down_is_not_read_whole(annotations_of, drafts_of, text, height, reason):
    rows = [_word("STOP", 0, 0, text_id=1), _word(text, 100, 0, height=height, width=40, text_id=2)]
    drafts = drafts_of(annotations_of(texts=rows))
    assert _image(drafts)["reject_reason"].to_list() == [reason]
    assert _words(drafts)["reject_reason"].to_list() == [None, None]


def test_a_word_is_read_by_its_box(annotations_of, drafts_of):
    rows = [_word(" Hotel ", 10.4, 20.6, text_id=9)]
    (draft,) = _words(drafts_of(annotations_of(texts=rows), style="short")).iter_rows(named=True)
    assert draft["response"] == "Hotel"
    assert draft["key"] == "9"
    assert draft["granularity"] == "region"
    assert "[10, 21, 50, 41]" in draft["instruction"] + draft["text"]
    (region,) = draft["regions"]
    assert region["label"] == "Hotel"
    assert region["bbox"] == pytest.approx([10.4, 20.6, 50.4, 40.6], abs=1e-4)


@pytest.mark.parametrize(
    ("text", "reason"), [("&", "punctuation only"), ("...", "punctuation only"), ("5", None), ("ö", None)]
)
def test_punctuation_is_no_word(annotations_of, drafts_of, text, reason):
    drafts = drafts_of(annotations_of(texts=[_word(text, 0, 0)]))
    assert _words(drafts)["reject_reason"].to_list() == [reason]
    assert _image(drafts)["reject_reason"].to_list() == [None]


def test_of_two_sources_one_reads_an_image(annotations_of, drafts_of):
    rows = [_word("STOP", 0, 0, source="textocr", text_id=1), _word("Stop", 1, 1, source="coco_text", text_id=2)]
    drafts = drafts_of(annotations_of(texts=rows), style="short")
    assert _image(drafts).select("response", "sources").rows() == [("Stop", ["coco_text"])]
    assert len(_words(drafts)) == 2

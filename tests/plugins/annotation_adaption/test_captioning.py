import polars as pl

NO_IMAGE = "not a caption: says that there is no image"


def test_a_caption_keeps_its_words_and_is_tidied(annotations_of, drafts_of):
    rows = [{"image_id": 7, "caption": " a man  rides\na horse ", "caption_id": 31, "source": "coco_captions"}]
    (draft,) = drafts_of(annotations_of(captions=rows)).iter_rows(named=True)
    assert draft["response"] == "A man rides a horse."
    assert draft["key"] == "31"
    assert draft["sources"] == ["coco_captions"]
    assert draft["reject_reason"] is None
    assert draft["text"] == ""


CAPTIONS = [
    ("I am unable to see an image above.", NO_IMAGE),
    ("I am unable to see the image above", NO_IMAGE),
    ("i can't see the picture.", NO_IMAGE),
    ("There is no image here to provide a caption for.", NO_IMAGE),
    ("no image", NO_IMAGE),
    ("There is no picture to describe", NO_IMAGE),
    ("Image not available", NO_IMAGE),
    ("The image is not available.", NO_IMAGE),
    ("Image unavailable", NO_IMAGE),
    ("This photo couldn't be loaded", NO_IMAGE),
    ("The picture does not load.", NO_IMAGE),
    ("N/A", NO_IMAGE),
    ("none", NO_IMAGE),
    ("No caption", NO_IMAGE),
    ("", "empty"),
    ("   ", "empty"),
    (None, "empty"),
    (".", "not a caption: no words"),
    ("12 34", "not a caption: no words"),
    ("http://example.com/a.jpg", "not a caption: a web address"),
    ("www.example.com", "not a caption: a web address"),
    # These look like the above and are captions.
    ("There is no picture on the wall.", None),
    ("No image quality can hide that this is a cat.", None),
    ("Image of a cat", None),
    ("The picture is not hung straight.", None),
    ("I can't see the picture behind the man.", None),
    ("None of the people look at the camera.", None),
    ("A website, www.example.com, on a screen", None),
    ("Cat", None),
    ("一只猫", None),
]


def test_junk_is_rejected_and_nothing_else(annotations_of, drafts_of):
    rows = [{"image_id": image, "caption": caption} for image, (caption, _) in enumerate(CAPTIONS)]
    drafts = drafts_of(annotations_of(captions=rows))
    found = [(CAPTIONS[image][0], reason) for image, reason in drafts.select("image_id", "reject_reason").rows()]
    assert found == CAPTIONS


def test_a_caption_that_repeats_one_of_its_image_is_rejected(annotations_of, drafts_of):
    texts = ["A dog runs.", "a dog  runs", "A DOG RUNS!", "A dog ran.", "A dog sits."]
    rows = [{"image_id": 1, "caption": text} for text in texts] + [{"image_id": 2, "caption": "A dog runs."}]
    drafts = drafts_of(annotations_of(captions=rows))
    repeated = "the same as another caption of the image"
    assert drafts["reject_reason"].to_list() == [None, repeated, repeated, None, None, None]


def test_each_style_has_its_instructions(annotations_of, drafts_of):
    captions = annotations_of(captions=[{"image_id": n, "caption": f"A dog {n}."} for n in range(300)])
    short = set(drafts_of(captions, style="short")["instruction"])
    full = set(drafts_of(captions, style="sentence")["instruction"])
    both = set(drafts_of(captions, style="both")["instruction"])
    assert len(short) >= 20
    assert len(full) >= 20
    assert not short & full
    assert both == short | full


def test_two_sources_with_one_id_in_an_image_have_keys_apart(annotations_of, drafts_of):
    rows = [
        {"image_id": 1, "caption": "A dog.", "caption_id": 5, "source": "a"},
        {"image_id": 1, "caption": "A cat.", "caption_id": 5, "source": "b"},
        {"image_id": 2, "caption": "A cow.", "caption_id": 5, "source": "b"},
    ]
    drafts = drafts_of(annotations_of(captions=rows))
    assert drafts.select("image_id", "key").rows() == [(1, "a:5"), (1, "b:5"), (2, "5")]
    assert drafts["sources"].to_list() == [["a"], ["b"], ["b"]]
    assert drafts.select(pl.struct("image_id", "key").n_unique()).item() == 3

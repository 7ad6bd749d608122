import pytest

ANSWERS = ["two"] * 6 + ["three"] * 4


def test_the_majority_answers_and_its_share_is_kept(annotations_of, drafts_of, question):
    rows = [question(1, "how many gulls  are there", ANSWERS, question_id=1000)]
    (draft,) = drafts_of(annotations_of(questions=rows), style="short").iter_rows(named=True)
    assert draft["response"] == "two"
    assert draft["annotator_agreement"] == pytest.approx(0.6)
    assert draft["key"] == "1000"
    assert draft["sources"] == ["vqa"]
    assert "How many gulls are there?" in (draft["instruction"] + draft["text"])


def test_the_question_stands_once_in_instruction_or_text(annotations_of, drafts_of, question):
    rows = [question(n, f"What is number {n}?", ANSWERS) for n in range(1, 400)]
    drafts = drafts_of(annotations_of(questions=rows))
    for draft in drafts.iter_rows(named=True):
        asked = f"What is number {draft['image_id']}?"
        assert (asked in draft["instruction"]) != (draft["text"] == asked)
    assert 0 < (drafts["text"] == "").sum() < len(drafts)


def test_a_sentence_has_the_answer_and_one_end_mark(annotations_of, drafts_of, question):
    rows = [
        question(n, "Where is it?", [answer] * 3) for n, answer in enumerate(["main st.", "on table", "wait!"] * 40, 1)
    ]
    drafts = drafts_of(annotations_of(questions=rows), style="sentence")
    for draft in drafts.iter_rows(named=True):
        answer = ["main st.", "on table", "wait!"][(draft["image_id"] - 1) % 3]
        assert answer in draft["response"]
        assert not draft["response"].endswith(("..", "!."))
        assert draft["response"][0].isupper()


def test_ties_are_kept_or_dropped(annotations_of, drafts_of, question):
    questions = annotations_of(questions=[question(1, "What?", ["a", "a", "b", "b"]), question(2, "What?", ["a"])])
    assert drafts_of(questions)["reject_reason"].to_list() == [None, None]
    assert drafts_of(questions, ties="drop")["reject_reason"].to_list() == ["several answers have as many votes", None]


def test_low_agreement_is_rejected(annotations_of, drafts_of, question):
    questions = annotations_of(questions=[question(1, "What?", ANSWERS), question(2, "What?", ["a"] * 10)])
    assert drafts_of(questions, min_agreement=0.6)["reject_reason"].to_list() == [None, None]
    reasons = drafts_of(questions, min_agreement=0.7)["reject_reason"].to_list()
    assert reasons == ["fewer than 0.7 of the annotators agree", None]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (("What is it?", []), "no answer"),  # test splits have no answers
        (("What is it?", [" "]), "no answer"),
        (("  ", ["a"]), "no question"),
        (("What is it?", ["none"]), None),  # "none" and "unknown" are answers
    ],
)
def test_what_cannot_be_asked_or_answered_is_rejected(annotations_of, drafts_of, question, row, reason):
    (draft,) = drafts_of(annotations_of(questions=[question(1, *row)])).iter_rows(named=True)
    assert draft["reject_reason"] == reason
    if reason is None:
        assert draft["response"]

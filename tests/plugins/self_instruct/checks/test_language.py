import pytest

from vlit_hub.plugins.strategies.self_instruct.checks.language import language_faults

# ruff: noqa: RUF001
TALK = {
    "en": ("What is the dog doing?", "The dog is running over the meadow after a ball that somebody threw."),
    "de": ("Was macht der Hund?", "Der Hund läuft über die Wiese hinter einem Ball her, den jemand geworfen hat."),
    "fr": ("Que fait le chien ?", "Le chien court dans l'herbe derrière une balle que quelqu'un a lancée."),
    "es": ("¿Qué hace el perro?", "El perro corre por la hierba detrás de una pelota que alguien lanzó."),
    "zh": ("狗在做什么？", "狗在草地上奔跑，追着一个有人扔出去的球。"),
    "ja": ("犬は何をしていますか？", "犬は誰かが投げたボールを追いかけて草の上を走っています。"),
    "ru": ("Что делает собака?", "Собака бежит по траве за мячом, который кто-то бросил."),
}


@pytest.mark.parametrize("spoken", TALK)
@pytest.mark.parametrize("asked", TALK)
def test_languages(spoken, asked):
    expected = [] if spoken == asked else [f"language: {spoken} instead of {asked}"]
    assert language_faults([TALK[spoken]], asked) == expected


def test_one_turn_in_another_language():
    assert language_faults([TALK["en"], TALK["en"], TALK["de"], TALK["en"]], "en") == ["language: de instead of en"]


@pytest.mark.parametrize(
    "answer",
    [
        "Yes.",
        "Two.",
        "No, no dog. Dogs: none. Cats: two.",
        "It says 'Willkommen in Berlin, Ausfahrt freihalten', which is German.",
        "Sushi, tempura, ramen and udon are on the menu.",
        "The sign reads 東京駅 and means Tokyo station.",
        "STOP",
        "309",
    ],
)
def test_short_and_quoting_answers_are_english(answer):
    assert language_faults([("What do you see?", answer)], "en") == []


def test_a_language_nobody_knows_is_not_judged():
    assert language_faults([TALK["en"]], "xx") == []

"""Questions about a picture, whose answers the scene graph gives."""

from __future__ import annotations

from vlit_hub.sample.answers import Question
from vlit_hub.sample.ask_scenes import ABOUT_SCENES
from vlit_hub.sample.ask_things import ABOUT_THINGS
from vlit_hub.sample.asker import Asker
from vlit_hub.sample.chance import Chance
from vlit_hub.sample.scene import Scene

__all__ = ["questions"]

_HOW_MANY = {4: 15, 5: 36, 6: 44, 7: 5}  # questions an image: weights, 5.4 on average as in VQA v2
_TEMPLATES = {**ABOUT_THINGS, **ABOUT_SCENES}


def questions(scene: Scene) -> list[Question]:
    """Four to seven questions; each template asks about a category only once."""
    chance = Chance(scene.seed, scene.number, "questions")
    asker = Asker(scene, chance)
    wanted = chance.weighted(_HOW_MANY)
    found: dict[tuple[str, str], Question] = {}
    for _ in range(60):
        asker.subject = ""
        template = chance.weighted(_TEMPLATES)
        question = template(asker)
        if question:
            found.setdefault((template.__name__, asker.subject), question)
            if len(found) == wanted:
                break
    return list(found.values())

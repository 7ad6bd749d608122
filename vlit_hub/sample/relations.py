"""How things in a scene stand to each other."""

from __future__ import annotations

from collections.abc import Iterator

from vlit_hub.sample.scene import Scene, Thing

__all__ = ["relations"]

_ALOFT = ("sky", "wall")


def relations(scene: Scene) -> Iterator[tuple[Thing, str, Thing]]:
    """Pairs of things of different categories and what holds of them: first, relation, second."""
    things = [thing for thing in scene.things if thing.pose != "top"]
    for a in things:
        if a.on and a.on.pose != "top":
            yield a, "on", a.on
        for b in a.hides:
            if b.name != a.name and a.on is not b and b.on is not a and b.pose != "top" and b.where not in _ALOFT:
                yield a, "in front of", b
                yield b, "behind", a
    for i, a in enumerate(things):
        for b in things[i + 1 :]:
            if a.name == b.name or a.on is b or b.on is a:
                continue
            if a.where in _ALOFT or b.where in _ALOFT:
                if a.where == "wall" and b.where == "floor" and _is_above(a, b):
                    yield a, "above", b
                continue
            if _is_beside(scene, a, b):
                yield a, "next to", b
                yield b, "next to", a


def _is_above(a: Thing, b: Thing) -> bool:
    return a.visible[3] < b.visible[1] and b.visible[0] < a.middle < b.visible[2]


def _is_beside(scene: Scene, a: Thing, b: Thing) -> bool:
    """On the same ground, about as far away, with less than the narrower one's width between them."""
    if a.on is not b.on or abs(a.box[3] - b.box[3]) > 0.07 * scene.height:
        return False
    gap = max(a.visible[0], b.visible[0]) - min(a.visible[2], b.visible[2])
    narrower = min(a.visible[2] - a.visible[0], b.visible[2] - b.visible[0])
    return 0 <= gap < min(narrower, 0.12 * scene.width)

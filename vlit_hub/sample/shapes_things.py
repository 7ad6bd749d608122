"""Drawings of small things: on tables, on the beach, in the air. Panels are where the lettering goes."""

from __future__ import annotations

from itertools import pairwise
from math import cos, pi, sin

from vlit_hub.sample.art import Part, Shape, blob, box, line, oval, poly

__all__ = [
    "apple",
    "banana",
    "book",
    "bottle",
    "bowl",
    "cake",
    "cup",
    "kite",
    "orange",
    "sports_ball",
    "surfboard",
    "umbrella",
    "vase",
]


def cup(pose: str) -> Shape:
    """With its handle on the right; the panel is its front."""
    del pose
    handle = [(34, 12), (47, 12), (48, 30), (36, 36)]
    parts = [
        *line("main-", 5, *handle),
        *blob("main", (0, 3), (18, 5), (36, 3), (35, 24), (31, 43), (18, 46), (5, 43), (1, 24)),
        *oval("main+", 18, 4, 18, 4.6),
        *oval("#6b4226", 18, 4.6, 15.4, 3.4),
    ]
    return Shape.of(parts)


def bottle(pose: str) -> Shape:
    """With a paper label, which is the panel."""
    del pose
    parts = [
        *box("#3a3a3f", -5, 0, 5, 8, 1),
        *blob(
            "main",
            (-5, 7),
            (5, 7),
            (6, 22),
            (14, 36),
            (15, 60),
            (15, 96),
            (12, 100),
            (-12, 100),
            (-15, 96),
            (-15, 60),
            (-14, 36),
            (-6, 22),
        ),
        *box("main+", -11, 40, -8, 50, 1),
        *box("#f6f0dd", -15, 54, 15, 82),
        *box("#c9342f", -15, 79, 15, 82),
    ]
    return Shape.of(parts, panel=(-14, 55, 14, 78))


def bowl(pose: str) -> Shape:
    """Empty, from a little above."""
    del pose
    parts = [
        *box("main-", -14, 30, 14, 37, 2),
        *blob("main", (-37, 7), (0, 9), (37, 7), (33, 22), (18, 33), (-18, 33), (-33, 22)),
        *oval("main-", 0, 7, 37, 7),
        *oval("main", 0, 8.4, 32, 4.6),
        *line("main+", 2, (-28, 20), (-18, 28)),
    ]
    return Shape.of(parts)


def apple(pose: str) -> Shape:
    """With its stem and a leaf."""
    del pose
    parts = [
        *line("#5b3d28", 2.6, (0, 9), (2, -4)),
        *oval("#4c9a4a", 9, -3, 8, 3.6, -22),
        *blob(
            "main", (0, 8), (11, 4), (22, 12), (21, 30), (11, 43), (0, 41), (-11, 43), (-21, 30), (-22, 12), (-11, 4)
        ),
        *oval("main+", -11, 17, 4, 7, 20),
    ]
    return Shape.of(parts)


def orange(pose: str) -> Shape:
    """A whole one."""
    del pose
    dots: list[Part] = []
    for x, y in ((6, 6), (-6, 10), (11, -3), (0, 14), (-12, 2), (4, -9)):
        dots += oval("main-", x, y, 1.1, 1.1)
    parts = [
        *oval("main", 0, 0, 21, 20),
        *oval("main+", -8, -8, 5.4, 4.2, -30),
        *dots,
        *oval("#4c7a35", 1, -18.4, 3.4, 2),
    ]
    return Shape.of(parts)


def banana(pose: str) -> Shape:
    """One, curved upwards."""
    del pose
    parts = [
        *blob(
            "main",
            (0, 4),
            (8, 1),
            (14, 18),
            (32, 30),
            (54, 28),
            (68, 14),
            (73, 17),
            (68, 32),
            (50, 43),
            (28, 44),
            (8, 30),
        ),
        *blob("main-", (3, 16), (14, 30), (32, 39), (54, 37), (68, 26), (64, 36), (48, 43), (28, 43), (9, 31)),
        *poly("#6b4f1d", (0, 5), (2, -5), (8, -4), (8, 4)),
        *poly("#4f3a15", (66, 14), (72, 10), (75, 14), (72, 19)),
    ]
    return Shape.of(parts)


def cake(pose: str) -> Shape:
    """With a candle and icing; `main` is the icing."""
    del pose
    drips: list[Part] = []
    for x, y in ((-29, 33), (-18, 39), (-6, 34), (7, 40), (19, 34), (29, 37)):
        drips += [*box("main", x - 5, 22, x + 5, y), *oval("main", x, y, 5, 4)]
    parts = [
        *oval("#dfe5ea", 0, 58, 46, 7),
        *box("#c98f55", -36, 24, 36, 57, 3),
        *box("#f3dfb4", -36, 43, 36, 47),
        *drips,
        *oval("main", 0, 23, 36, 8),
        *oval("main+", 0, 22, 29, 5),
        *box("#ffffff", -2.4, 2, 2.4, 22),
        *oval("#f7a823", 0, -4, 3, 6),
        *oval("#c9342f", -18, 20, 4, 3.6),
        *oval("#c9342f", 18, 20, 4, 3.6),
    ]
    return Shape.of(parts)


def vase(pose: str) -> Shape:
    """With three flowers; `main` is the vase."""
    del pose
    flowers: list[Part] = []
    for x, y, fill in ((-16, 8, "#e8537a"), (15, 5, "#f2a33a"), (0, -8, "#d94a4a")):
        flowers += line("#3c8a4c", 2.4, (x, y), (x * 0.2, 46))
        for k in range(6):
            flowers += oval(fill, x + 6.4 * cos(k * pi / 3), y + 6.4 * sin(k * pi / 3), 4.8, 4.8)
        flowers += oval("#ffe08a", x, y, 4, 4)
    parts = [
        *oval("#3c8a4c", -9, 34, 9, 3.4, 40),
        *oval("#3c8a4c", 9, 32, 9, 3.4, -40),
        *flowers,
        *blob(
            "main", (-9, 43), (9, 43), (8, 52), (18, 68), (17, 86), (9, 94), (-9, 94), (-17, 86), (-18, 68), (-8, 52)
        ),
        *blob("main+", (-10, 64), (-6, 58), (-7, 76), (-11, 82)),
        *box("main-", -10.5, 41, 10.5, 45.5, 2),
    ]
    return Shape.of(parts)


def book(pose: str) -> Shape:
    """Standing upright (`tall`), its cover to the front, which is the panel."""
    del pose
    parts = [
        *poly("#efe9da", (60, 4), (66, 0), (66, 80), (60, 86)),
        *poly("#d9d2c0", (4, 4), (10, 0), (66, 0), (60, 4)),
        *box("main", 0, 4, 60, 86, 1.5),
        *box("main-", 0, 4, 7, 86, 1.5),
    ]
    return Shape.of(parts, panel=(10, 9, 57, 81))


def umbrella(pose: str) -> Shape:
    """A beach umbrella, open, its pole in the ground; `second` is every other stripe."""
    del pose
    stripes: list[Part] = []
    xs = (-60, -37, -13, 13, 37, 60)
    for i, (x0, x1) in enumerate(pairwise(xs)):
        fill = "main" if i % 2 == 0 else "second"
        stripes += blob(fill, (0, 0), (x1 * 0.62, 9), (x1, 40), ((x0 + x1) / 2, 36), (x0, 40), (x0 * 0.62, 9))
    parts = [*box("#b98a55", -1.7, 4, 1.7, 128), *stripes, *oval("main-", 0, -1, 3, 4)]
    return Shape.of(parts)


def surfboard(pose: str) -> Shape:
    """Stuck upright into the sand; `second` is its stripe."""
    del pose
    parts = [
        *blob("main", (0, 0), (12, 22), (17, 60), (15, 110), (9, 136), (-9, 136), (-15, 110), (-17, 60), (-12, 22)),
        *blob("second", (0, 4), (3, 30), (3.4, 80), (3, 134), (-3, 134), (-3.4, 80), (-3, 30)),
        *box("main-", -15, 88, 15, 94),
    ]
    return Shape.of(parts)


def sports_ball(pose: str) -> Shape:
    """`striped` (a beach ball) or `plain`, with seams."""
    parts = [*oval("main", 0, 0, 30, 30)]
    if pose == "striped":
        for k in range(3):
            a, b = (k * 120 - 90) * pi / 180, (k * 120 - 30) * pi / 180
            arc = [(30 * cos(a + (b - a) * t / 6), 30 * sin(a + (b - a) * t / 6)) for t in range(7)]
            parts += poly("#ffffff", (0, 0), *arc)
        parts += oval("main-", 0, 0, 5, 5)
    else:
        parts += [*line("main-", 1.8, (-30, 0), (30, 0)), *line("main-", 1.8, (0, -30), (0, 30))]
        parts += line("main-", 1.8, (-20, -22), (-11, -8), (-11, 8), (-20, 22))
        parts += line("main-", 1.8, (20, -22), (11, -8), (11, 8), (20, 22))
    parts += oval("main+", -11, -13, 5.4, 3.6, -40)
    return Shape.of(parts)


def kite(pose: str) -> Shape:
    """A diamond with a tail; `second` is the other half."""
    del pose
    bows: list[Part] = []
    for x, y in ((26, 100), (18, 112), (28, 124)):
        bows += [
            *poly("second", (x, y), (x - 8, y - 5), (x - 8, y + 5)),
            *poly("main", (x, y), (x + 8, y - 5), (x + 8, y + 5)),
        ]
    parts = [
        *line("#6d6d72", 1.6, (30, 84), (26, 100), (18, 112), (28, 124), (24, 132)),
        *bows,
        *poly("main", (30, 0), (60, 34), (30, 86)),
        *poly("second", (30, 0), (0, 34), (30, 86)),
        *poly("main-", (30, 34), (60, 34), (30, 86)),
        *poly("second-", (30, 34), (0, 34), (30, 86)),
        *line("#6b4f35", 1.4, (30, 0), (30, 86)),
        *line("#6b4f35", 1.4, (0, 34), (60, 34)),
    ]
    return Shape.of(parts)

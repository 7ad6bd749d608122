"""Drawings of furniture and of what stands or hangs in a room. Panels are where the lettering goes."""

from __future__ import annotations

from math import cos, pi, sin

from vlit_hub.sample.art import Part, Shape, blob, box, line, oval, poly

__all__ = [
    "bed",
    "chair",
    "clock",
    "couch",
    "desk",
    "dining_table",
    "lamp",
    "laptop",
    "poster",
    "potted_plant",
    "refrigerator",
    "teddy_bear",
    "tv",
]

_INK = "#2b2b30"


def chair(pose: str) -> Shape:
    """A kitchen chair, turned a little to the right."""
    del pose
    parts = [
        *box("main-", 6, 60, 12, 104),
        *box("main-", 46, 60, 52, 104),
        *box("main", 0, 0, 7, 66, 2),
        *box("main", 41, 0, 48, 66, 2),
        *box("main", 3, 4, 45, 14, 2),
        *box("main-", 3, 22, 45, 29, 1),
        *box("main-", 3, 38, 45, 45, 1),
        *poly("main+", (2, 58), (46, 58), (58, 66), (-4, 66)),
        *box("main", -4, 66, 58, 71, 1),
        *box("main", -3, 70, 4, 112),
        *box("main", 50, 70, 57, 112),
    ]
    return Shape.of(parts)


def couch(pose: str) -> Shape:
    """Two seats, from the front."""
    del pose
    parts = [
        *box("#5b3d28", 14, 70, 22, 80),
        *box("#5b3d28", 148, 70, 156, 80),
        *box("main-", 12, 0, 158, 60, 12),
        *box("main", 16, 4, 84, 46, 8),
        *box("main", 86, 4, 154, 46, 8),
        *box("main-", 8, 52, 162, 74, 4),
        *box("main+", 20, 40, 84.4, 58, 6),
        *box("main+", 85.6, 40, 150, 58, 6),
        *box("main", 0, 24, 22, 74, 9),
        *box("main", 148, 24, 170, 74, 9),
    ]
    return Shape.of(parts)


def bed(pose: str) -> Shape:
    """From its long side, the pillow on the left; `second` is the blanket."""
    del pose
    parts = [
        *box("#6b4a2c", 0, 0, 8, 76, 3),
        *box("#6b4a2c", 178, 30, 186, 76, 3),
        *box("#7d5836", 6, 54, 180, 68),
        *box("#f3efe6", 7, 38, 179, 56, 5),
        *blob("#ffffff", (10, 28), (26, 22), (48, 26), (52, 36), (40, 42), (14, 42)),
        *blob(
            "main",
            (52, 36),
            (80, 31),
            (120, 33),
            (160, 31),
            (180, 38),
            (181, 62),
            (150, 66),
            (100, 63),
            (54, 66),
            (48, 50),
        ),
        *blob("main+", (50, 36), (62, 33), (66, 48), (62, 65), (50, 64), (47, 50)),
    ]
    return Shape.of(parts)


def desk(pose: str) -> Shape:
    """The top of a wooden desk, seen from close by."""
    return dining_table(pose)


def dining_table(pose: str) -> Shape:
    """A wooden table seen from a little above, or from close by only its `top`, wider than the picture."""
    if pose == "top":
        grain: list[Part] = []
        for x, y, length in (
            (4, 5, 50),
            (60, 9, 34),
            (20, 15, 30),
            (66, 22, 26),
            (8, 30, 44),
            (48, 41, 40),
            (14, 50, 22),
        ):
            grain += line("main-", 0.35, (x, y), (x + length, y))
        return Shape.of([*box("main", 0, 0, 100, 60), *box("main+", 0, 0, 100, 1.4), *grain])
    parts = [
        *box("main-", 20, 22, 28, 76),
        *box("main-", 132, 22, 140, 76),
        *box("main", 4, 26, 14, 92),
        *box("main", 146, 26, 156, 92),
        *poly("main+", (16, 0), (144, 0), (162, 22), (-2, 22)),
        *box("main", -2, 22, 162, 31, 1),
        *box("main-", -2, 28, 162, 31, 1),
        *line("main", 0.9, (22, 8), (110, 8)),
        *line("main", 0.9, (50, 14), (146, 14)),
    ]
    return Shape.of(parts)


def lamp(pose: str) -> Shape:
    """`floor` (on a long foot) or `table`; `main` is the shade."""
    length = 150.0 if pose == "floor" else 58.0
    foot = 17.0 if pose == "floor" else 13.0
    parts = [
        *box("#7a6a55", -1.8, 30, 1.8, length),
        *blob("#7a6a55", (-foot, length + 3), (-foot * 0.6, length - 3), (foot * 0.6, length - 3), (foot, length + 3)),
    ]
    if pose == "table":
        parts += blob("#7a6a55", (-4, 34), (-9, 44), (-5, 56), (5, 56), (9, 44), (4, 34))
    parts += [
        *poly("main", (-13, 0), (13, 0), (24, 34), (-24, 34)),
        *poly("main+", (-6, 0), (6, 0), (10, 34), (-10, 34)),
        *box("main-", -24, 32, 24, 35),
    ]
    return Shape.of(parts)


def potted_plant(pose: str) -> Shape:
    """Green leaves in a pot; `main` is the pot."""
    del pose
    leaves: list[Part] = []
    for x, y, reach, tilt, fill in (
        (-4, 22, 25, 62, "#2f7d46"),
        (4, 22, 25, -62, "#2f7d46"),
        (-11, 32, 20, 28, "#3c9456"),
        (11, 32, 20, -28, "#3c9456"),
        (0, 18, 25, 90, "#48a864"),
        (-15, 20, 20, 48, "#57b873"),
        (15, 20, 20, -48, "#57b873"),
    ):
        leaves += oval(fill, x, y, reach, 8, tilt)
        dx, dy = cos(tilt * pi / 180) * reach * 0.8, sin(tilt * pi / 180) * reach * 0.8
        leaves += line("#26693a", 0.8, (x - dx, y - dy), (x + dx, y + dy))
    pot = [
        *line("#2f7d46", 4, (0, 36), (0, 54)),
        *poly("main", (-19, 54), (19, 54), (14, 88), (-14, 88)),
        *poly("main-", (5, 54), (19, 54), (14, 88), (3, 88)),
        *box("main", -22, 48, 22, 57, 2),
        *box("main-", -22, 55, 22, 58, 1),
    ]
    return Shape.of([*leaves, *pot])


def tv(pose: str) -> Shape:
    """A flat screen on a stand, showing a landscape; `main` is the frame."""
    del pose
    parts = [
        *box("main-", 64, 84, 86, 94),
        *box("main", 46, 92, 104, 97, 2),
        *box("main", 0, 0, 150, 87, 3),
        *box("#8fc7ea", 5, 5, 145, 82),
        *oval("#fff0b5", 116, 24, 10, 10),
        *poly("#7f93ad", (5, 66), (42, 26), (74, 66)),
        *poly("#94a6bc", (54, 66), (86, 40), (116, 66)),
        *poly("#5a9a59", (5, 62), (60, 56), (145, 62), (145, 82), (5, 82)),
        *oval("#4cd964", 142, 84.6, 1.2, 1.2),
    ]
    return Shape.of(parts)


def laptop(pose: str) -> Shape:
    """Open, from the front; `main` is the case."""
    del pose
    keys: list[Part] = []
    for row, y in enumerate((64.5, 68, 71.5)):
        keys += line("main-", 2, (22 - row * 2.2, y), (98 + row * 2.2, y))
    parts = [
        *box("main", 14, 0, 106, 60, 4),
        *box("#20324f", 18, 4, 102, 56, 1),
        *box("#f6f7f9", 26, 12, 74, 48, 1),
        *box("#6fa8dc", 26, 12, 74, 18, 1),
        *line("#b7bec8", 2, (31, 25), (66, 25)),
        *line("#b7bec8", 2, (31, 32), (60, 32)),
        *line("#b7bec8", 2, (31, 39), (64, 39)),
        *box("#f2b84b", 80, 18, 96, 36, 2),
        *poly("main+", (16, 60), (104, 60), (118, 80), (2, 80)),
        *keys,
        *box("main", 48, 74.4, 72, 78.6, 1),
        *box("main-", 2, 79, 118, 83, 2),
    ]
    return Shape.of(parts)


def refrigerator(pose: str) -> Shape:
    """Two doors, the freezer above."""
    del pose
    parts = [
        *box("#4a4d55", 6, 168, 14, 174),
        *box("#4a4d55", 62, 168, 70, 174),
        *box("main", 0, 0, 76, 170, 4),
        *box("main-", 68, 4, 76, 166, 2),
        *box("main-", 0, 52, 76, 55),
        *box("#777c85", 7, 22, 11, 46, 2),
        *box("#777c85", 7, 62, 11, 104, 2),
        *box("main+", 18, 6, 62, 10, 2),
    ]
    return Shape.of(parts)


def clock(pose: str) -> Shape:
    """A wall clock; the pose is its time: `3:00`, `10:30`. `main` is the rim."""
    hour, minute = (int(part) for part in pose.split(":"))
    marks: list[Part] = []
    for i in range(12):
        u, v = sin(i * pi / 6), -cos(i * pi / 6)
        inner, width = (29, 3.4) if i % 3 == 0 else (33, 2)
        marks += line(_INK, width, (u * inner, v * inner), (u * 37, v * 37))
    turn, short = minute * pi / 30, (hour % 12 + minute / 60) * pi / 6
    hands = [
        *line(_INK, 3.6, (0, 0), (sin(short) * 19, -cos(short) * 19)),
        *line(_INK, 2.4, (0, 0), (sin(turn) * 30, -cos(turn) * 30)),
        *oval("#c9342f", 0, 0, 3, 3),
    ]
    return Shape.of([*oval("main", 0, 0, 48, 48), *oval("#fbfaf5", 0, 0, 41, 41), *marks, *hands])


def poster(pose: str) -> Shape:
    """Framed, `wide` or `tall`; `main` is the paper, the panel takes the words."""
    width, height = (120, 70) if pose == "wide" else (72, 96)
    parts = [*box("#54402d", 0, 0, width, height), *box("main", 4, 4, width - 4, height - 4)]
    return Shape.of(parts, panel=(8, 7, width - 8, height - 7))


def teddy_bear(pose: str) -> Shape:
    """Sitting, from the front."""
    del pose
    parts = [
        *oval("main", -15, -15, 9, 9),
        *oval("main", 15, -15, 9, 9),
        *oval("main+", -15, -15, 5, 5),
        *oval("main+", 15, -15, 5, 5),
        *oval("main-", -25, 34, 9, 16, 25),
        *oval("main-", 25, 34, 9, 16, -25),
        *oval("main", 0, 38, 22, 25),
        *oval("main+", 0, 40, 13, 16),
        *oval("main", 0, 0, 24, 21),
        *oval("main+", 0, 8, 10, 8),
        *oval(_INK, 0, 4.5, 3.6, 2.6),
        *line(_INK, 1.3, (-4, 11), (0, 13), (4, 11)),
        *oval(_INK, -9, -4, 2.6, 2.8),
        *oval(_INK, 9, -4, 2.6, 2.8),
        *oval("main-", -19, 60, 12, 10, -15),
        *oval("main-", 19, 60, 12, 10, 15),
        *oval("main+", -20, 61, 6, 5.4),
        *oval("main+", 20, 61, 6, 5.4),
        *poly("#c9342f", (0, 21), (-11, 16), (-11, 27)),
        *poly("#c9342f", (0, 21), (11, 16), (11, 27)),
    ]
    return Shape.of(parts)

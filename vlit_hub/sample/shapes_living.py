"""Drawings of people and animals. Roles: `main` is coat, feathers or shirt; people have `second` (trousers), `skin`, `hair`."""

from __future__ import annotations

from vlit_hub.sample.art import Part, Shape, blob, box, line, oval, poly

__all__ = ["bird", "cat", "cow", "dog", "horse", "person", "sheep"]

_INK = "#2b2b30"


def _head() -> list[Part]:
    return [
        *box("skin-", -5, 32, 5, 46),
        *blob("hair", (-15, 20), (-14, 6), (0, -1), (14, 6), (15, 20), (13, 30), (-13, 30)),
        *oval("skin", 0, 22, 12.5, 15.5),
        *blob("hair", (-13, 17), (-12, 6), (0, 1), (12, 6), (13, 17), (5, 11), (-4, 12)),
        *oval(_INK, -4.5, 22, 1.5, 1.9),
        *oval(_INK, 4.5, 22, 1.5, 1.9),
        *line("#a04f45", 1.6, (-4, 29.5), (-1.5, 31), (1.5, 31), (4, 29.5)),
    ]


def _arm(shoulder: float, elbow: tuple[float, float], hand: tuple[float, float]) -> list[Part]:
    hx, hy = hand
    return [
        *oval("skin", hx, hy, 5, 5.5),
        *line(
            "main-", 10, (shoulder, 52), elbow, (elbow[0] + (hx - elbow[0]) * 0.75, elbow[1] + (hy - elbow[1]) * 0.75)
        ),
    ]


def person(pose: str) -> Shape:
    """`standing`, `walking` or `waving`, from the front."""
    if pose == "walking":
        legs = [
            *line("second-", 13, (5, 98), (12, 130), (21, 160)),
            *line("second", 13, (-5, 98), (-6, 132), (-14, 160)),
            *oval(_INK, 25, 164, 9, 4.5),
            *oval(_INK, -11, 165, 9, 4.5),
        ]
        arms = [*_arm(-17, (-27, 72), (-20, 94)), *_arm(17, (25, 74), (33, 92))]
    else:
        legs = [
            *line("second", 14, (-8, 98), (-9, 160)),
            *line("second", 14, (8, 98), (9, 160)),
            *oval(_INK, -11, 165, 9, 4.5),
            *oval(_INK, 11, 165, 9, 4.5),
        ]
        raised = [*_arm(17, (30, 44), (35, 18))] if pose == "waving" else [*_arm(17, (24, 76), (23, 100))]
        arms = [*_arm(-17, (-24, 76), (-23, 100)), *raised]
    torso = [*blob("main", (-19, 46), (-8, 43), (8, 43), (19, 46), (20, 60), (17, 100), (-17, 100), (-20, 60))]
    belt = [*box(_INK, -15.5, 98, 15.5, 102)]
    return Shape.of([*legs, *arms, *torso, *belt, *_head()])


def dog(pose: str) -> Shape:
    """`standing` or `sitting`, looking right."""
    head = [
        *blob("main", (66, 14), (82, 8), (92, 14), (104, 22), (106, 29), (96, 33), (80, 36), (68, 30)),
        *oval(_INK, 105, 23, 4, 3.2),
        *oval(_INK, 87, 18, 2.2, 2.6),
        *blob("main-", (72, 10), (64, 14), (60, 30), (64, 38), (71, 32), (77, 14)),
        *line(_INK, 1.4, (103, 29), (94, 29)),
    ]
    if pose == "sitting":
        body = [
            *line("main-", 7, (30, 82), (14, 80), (6, 70)),
            *blob("main", (66, 30), (84, 34), (82, 60), (74, 88), (40, 90), (28, 76), (40, 54)),
            *blob("main-", (32, 66), (50, 62), (58, 80), (52, 92), (28, 92)),
            *line("main", 9, (74, 56), (75, 88)),
            *line("main-", 8, (66, 60), (66, 88)),
            *oval("main", 78, 90, 8, 4),
            *oval("main-", 52, 90, 10, 4.5),
        ]
        collar = line("#c9342f", 5, (66, 36), (84, 37))
    else:
        body = [
            *line("main-", 6, (14, 40), (2, 26), (-4, 14)),
            *line("main-", 9, (26, 54), (22, 88)),
            *line("main-", 9, (66, 54), (64, 88)),
            *blob("main", (10, 40), (24, 32), (52, 34), (72, 26), (82, 34), (78, 56), (54, 62), (24, 64), (10, 56)),
            *line("main", 10, (17, 56), (15, 74), (14, 88)),
            *line("main", 10, (74, 52), (74, 88)),
            *oval("main", 17, 90, 7, 3.6),
            *oval("main", 77, 90, 7, 3.6),
            *oval("main-", 25, 90, 6, 3.2),
            *oval("main-", 66, 90, 6, 3.2),
        ]
        collar = line("#c9342f", 5, (70, 34), (83, 38))
    return Shape.of([*body, *collar, *head])


def cat(pose: str) -> Shape:
    """`sitting` or `lying`, its face to the front."""
    face = [
        *poly("main", (-17, -4), (-16, -24), (-3, -14)),
        *poly("main", (17, -4), (16, -24), (3, -14)),
        *poly("#e8a7a7", (-14, -8), (-13.5, -18), (-6, -13)),
        *poly("#e8a7a7", (14, -8), (13.5, -18), (6, -13)),
        *oval("main", 0, 0, 19, 16),
        *oval("#d9d27a", -7.5, -2, 4.2, 4.6),
        *oval("#d9d27a", 7.5, -2, 4.2, 4.6),
        *oval(_INK, -7.5, -2, 1.6, 4),
        *oval(_INK, 7.5, -2, 1.6, 4),
        *oval("main+", -3.4, 7, 4.6, 4),
        *oval("main+", 3.4, 7, 4.6, 4),
        *poly("#d98080", (-2.6, 2.6), (2.6, 2.6), (0, 6)),
        *line("#8a8a8a", 0.7, (-9, 6), (-18, 4)),
        *line("#8a8a8a", 0.7, (9, 6), (18, 4)),
        *line("#8a8a8a", 0.7, (-9, 8), (-17, 9)),
        *line("#8a8a8a", 0.7, (9, 8), (17, 9)),
        *line("main-", 2, (0, -15), (0, -9)),
        *line("main-", 2, (-5, -14), (-5, -9.5)),
        *line("main-", 2, (5, -14), (5, -9.5)),
    ]
    if pose == "lying":
        body = [
            *blob("main", (-4, 4), (20, -8), (52, -8), (70, 6), (72, 22), (40, 27), (-6, 26), (-16, 18)),
            *line("main-", 8, (66, 22), (84, 20), (90, 8)),
            *oval("main-", 50, 21, 15, 7),
            *line("main", 8, (-4, 23), (-20, 24)),
            *line("main-", 2.4, (34, -7), (36, 3)),
            *line("main-", 2.4, (44, -8), (46, 3)),
            *line("main-", 2.4, (54, -7), (55, 3)),
        ]
    else:
        body = [
            *line("main-", 8, (16, 56), (32, 56), (37, 42), (32, 32)),
            *blob("main", (-13, 10), (13, 10), (20, 36), (23, 58), (0, 63), (-23, 58), (-20, 36)),
            *oval("main+", 0, 27, 9, 13),
            *line("main-", 1.6, (0, 44), (0, 60)),
            *oval("main+", -8, 60, 7, 4.4),
            *oval("main+", 8, 60, 7, 4.4),
        ]
    return Shape.of([*body, *face])


def bird(pose: str) -> Shape:
    """`standing` or `flying`, looking right."""
    if pose == "flying":
        parts = [
            *poly("main-", (-40, 2), (-22, -4), (-20, 8), (-38, 12)),
            *blob("main-", (2, -4), (-14, -34), (-30, -44), (-8, -34), (16, -6)),
            *blob("main", (-26, 0), (0, -8), (22, -7), (34, -2), (26, 8), (0, 11)),
            *oval("main", 30, -5, 10, 9),
            *poly("#f0a030", (38, -8), (50, -4), (38, -1)),
            *oval(_INK, 32, -7, 1.9, 1.9),
            *blob("main+", (8, -3), (4, -30), (16, -50), (20, -24), (18, -2)),
        ]
    else:
        parts = [
            *line("#d98a2b", 2.6, (-2, 16), (-3, 33)),
            *line("#d98a2b", 2.6, (7, 16), (8, 33)),
            *line("#d98a2b", 2.2, (-3, 33), (4, 34)),
            *line("#d98a2b", 2.2, (8, 33), (15, 34)),
            *poly("main-", (-40, 14), (-18, 0), (-14, 12), (-36, 20)),
            *blob("main", (-24, 4), (-6, -12), (14, -14), (24, -4), (18, 14), (0, 20), (-18, 14)),
            *oval("main", 19, -14, 12, 11),
            *poly("#f0a030", (28, -18), (42, -13), (28, -9)),
            *oval(_INK, 22, -17, 2.2, 2.2),
            *blob("main-", (-20, 2), (0, -6), (8, 2), (-4, 10), (-26, 12)),
        ]
    return Shape.of(parts)


def _legs(xs: tuple[float, float, float, float], top: float, bottom: float, width: float, hoof: str) -> list[Part]:
    parts: list[Part] = []
    for x, fill in zip(xs, ("main-", "main-", "main", "main"), strict=True):
        parts += [
            *line(fill, width, (x, top), (x, bottom - 3)),
            *box(hoof, x - width / 2, bottom - 5, x + width / 2, bottom),
        ]
    return parts


def sheep(pose: str) -> Shape:
    """`standing`, looking right."""
    del pose
    legs: list[Part] = []
    for x in (18, 30, 58, 70):
        legs += line("#3b3734", 6, (x, 50), (x, 76))
    wool = [
        (8, 34),
        (12, 22),
        (24, 15),
        (38, 12),
        (54, 13),
        (68, 18),
        (77, 28),
        (78, 42),
        (70, 54),
        (54, 58),
        (36, 59),
        (20, 55),
        (9, 46),
    ]
    fleece: list[Part] = []
    for x, y in wool:
        fleece += oval("main", x, y, 9, 9)
    curls: list[Part] = []
    for x, y in ((26, 28), (42, 26), (58, 30), (34, 42), (52, 44)):
        curls += [*oval("main-", x, y, 6, 5), *oval("main", x, y - 1.8, 6, 4.6)]
    head = [
        *oval("#4a4541", 72, 20, 4, 8, 60),
        *blob("#3b3734", (78, 16), (88, 13), (96, 22), (97, 34), (89, 37), (80, 30)),
        *oval("main", 82, 15, 8, 6),
        *oval("#ffffff", 89, 22, 2.4, 2.4),
        *oval(_INK, 89.6, 22.2, 1.3, 1.3),
    ]
    return Shape.of([*legs, *oval("main", 43, 35, 32, 21), *fleece, *curls, *head])


def cow(pose: str) -> Shape:
    """`standing`, looking right; `second` is the colour of its patches."""
    del pose
    parts = [
        *line("main-", 3, (6, 24), (0, 40), (1, 56)),
        *oval("second", 1, 60, 3.2, 6),
        *_legs((24, 78, 14, 88), 50, 92, 10, "#4a3b30"),
        *oval("#eab0a8", 32, 63, 10, 6),
        *blob("main", (4, 26), (16, 16), (50, 18), (84, 14), (98, 22), (98, 48), (86, 60), (50, 63), (14, 60), (4, 46)),
        *blob("second", (20, 18), (40, 17), (46, 32), (34, 42), (20, 36)),
        *blob("second", (60, 40), (74, 32), (84, 42), (78, 57), (62, 56)),
        *blob("second", (78, 15), (92, 16), (94, 26), (82, 27)),
        *oval("main-", 97, 14, 4, 9, -70),
        *line("#e8dcc0", 4, (102, 8), (99, 0)),
        *line("#e8dcc0", 4, (112, 8), (116, 0)),
        *blob("main", (96, 10), (108, 5), (118, 10), (122, 26), (124, 38), (114, 42), (106, 36), (97, 26)),
        *blob("second", (110, 6), (118, 10), (120, 22), (114, 20)),
        *oval("#eab0a8", 118, 36, 9, 7.5),
        *oval("#8c5a55", 121, 34, 1.6, 2),
        *oval("#8c5a55", 115, 35, 1.6, 2),
        *oval(_INK, 111, 19, 2.2, 2.6),
    ]
    return Shape.of(parts)


def horse(pose: str) -> Shape:
    """`standing`, looking right."""
    del pose
    parts = [
        *blob("hair", (8, 46), (-2, 48), (-9, 66), (-9, 88), (-3, 92), (1, 74), (9, 56)),
        *_legs((26, 82, 15, 92), 64, 116, 9, _INK),
        *blob(
            "main",
            (6, 48),
            (18, 40),
            (48, 43),
            (76, 40),
            (96, 42),
            (102, 58),
            (94, 74),
            (70, 77),
            (40, 77),
            (14, 74),
            (5, 62),
        ),
        *blob("main", (78, 46), (88, 26), (98, 8), (112, 8), (112, 22), (106, 40), (102, 62), (86, 66)),
        *poly("main", (100, 8), (101, -5), (108, 5)),
        *blob("main", (98, 8), (110, 1), (120, 10), (134, 27), (135, 35), (127, 38), (116, 28), (104, 22)),
        *oval("main-", 130, 33, 5.4, 4.4, 35),
        *oval(_INK, 132, 31, 1.2, 1.6),
        *oval(_INK, 113, 12, 2, 2.4),
        *blob("hair", (107, -1), (98, 4), (88, 16), (80, 32), (74, 46), (84, 42), (92, 28), (99, 15)),
        *blob("hair", (104, 0), (111, 0), (115, 9), (109, 8)),
    ]
    return Shape.of(parts)

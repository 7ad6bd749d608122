"""Drawings of vehicles and street furniture; `main` is the paint. Panels are where the lettering goes."""

from __future__ import annotations

from vlit_hub.sample.art import Part, Shape, blob, box, line, oval, poly

__all__ = ["bench", "bicycle", "boat", "bus", "car", "fire_hydrant", "sign", "stop_sign", "traffic_light", "truck"]

_TYRE = "#26262b"
_GLASS = "#bfe0f0"
_STEEL = "#9aa0a8"


def _wheel(x: float, y: float, r: float) -> list[Part]:
    return [
        *oval(_TYRE, x, y, r, r),
        *oval("#c8ccd2", x, y, r * 0.55, r * 0.55),
        *oval("#7d828a", x, y, r * 0.2, r * 0.2),
    ]


def car(pose: str) -> Shape:
    """Side view, heading right."""
    del pose
    parts = [
        *blob(
            "main",
            (2, 40),
            (4, 30),
            (12, 24),
            (30, 21),
            (46, 6),
            (62, 2),
            (92, 2),
            (110, 7),
            (124, 21),
            (150, 25),
            (160, 32),
            (160, 44),
            (150, 47),
            (120, 48),
            (80, 48),
            (40, 48),
            (12, 47),
            (3, 45),
        ),
        *poly(_GLASS, (40, 21), (52, 8), (75, 6), (75, 21)),
        *poly(_GLASS, (80, 21), (80, 6), (98, 7), (113, 21)),
        *line("main-", 1.4, (77.5, 6), (78, 44)),
        *line("main-", 1.4, (40, 22), (42, 44)),
        *box("main-", 82, 26, 90, 28.5, 1),
        *box("main-", 46, 26, 54, 28.5, 1),
        *oval("#fff3b0", 156, 31, 4.5, 4),
        *box("#c22b2b", 2, 28, 7, 35, 2),
        *box("main-", 4, 41, 159, 46, 2),
        *_wheel(36, 46, 13),
        *_wheel(126, 46, 13),
    ]
    return Shape.of(parts)


def bus(pose: str) -> Shape:
    """Side view, heading right; the panel is the line of the route above the windows."""
    del pose
    windows: list[Part] = []
    for x in (10, 37, 64, 91, 118):
        windows += box(_GLASS, x, 25, x + 23, 48, 2)
    parts = [
        *box("main", 0, 2, 184, 78, 6),
        *box("main-", 0, 56, 184, 61),
        *box("#f4f4f0", 0, 66, 184, 69),
        *windows,
        *box(_GLASS, 146, 25, 158, 74, 1.5),
        *box(_GLASS, 160, 25, 172, 74, 1.5),
        *box("#4a4d55", 158.4, 25, 159.6, 74),
        *poly(_GLASS, (176, 22), (184, 22), (184, 54), (176, 50)),
        *box("#22252b", 8, 6, 140, 21, 2),
        *oval("#fff3b0", 181, 64, 3, 4),
        *box("#c22b2b", 0, 62, 4, 70, 1),
        *_wheel(38, 78, 12),
        *_wheel(132, 78, 12),
    ]
    return Shape.of(parts, panel=(11, 7, 137, 20))


def truck(pose: str) -> Shape:
    """A lorry's side view, heading right; the panel is the side of its box."""
    del pose
    parts = [
        *box("#55585f", 4, 66, 170, 74),
        *box("main", 0, 0, 118, 66, 2),
        *box("main-", 0, 60, 118, 66),
        *box("#fbf8ee", 8, 8, 110, 52, 3),
        *blob(
            "main", (122, 22), (126, 17), (150, 17), (158, 22), (166, 40), (176, 46), (178, 60), (178, 74), (122, 74)
        ),
        *poly(_GLASS, (136, 24), (152, 24), (161, 41), (136, 41)),
        *line("main-", 1.4, (133, 24), (133, 70)),
        *box("main-", 138, 46, 146, 48.5, 1),
        *oval("#fff3b0", 174, 55, 4, 4),
        *box("#44474d", 168, 66, 180, 74, 2),
        *_wheel(26, 74, 12),
        *_wheel(54, 74, 12),
        *_wheel(148, 74, 12),
    ]
    return Shape.of(parts, panel=(11, 11, 107, 49))


def bicycle(pose: str) -> Shape:
    """Side view, heading right."""
    del pose
    parts: list[Part] = []
    for x in (22, 84):
        parts += [*oval(_TYRE, x, 42, 22, 22), *oval("#cfd5da", x, 42, 18.6, 18.6)]
        for dx, dy in ((18, 0), (13, 13), (0, 18), (-13, 13)):
            parts += line("#8e959c", 0.9, (x - dx, 42 - dy), (x + dx, 42 + dy))
        parts += oval("#6d747c", x, 42, 2.6, 2.6)
    parts += [
        *line("main", 4, (22, 42), (37, 12)),
        *line("main", 4, (22, 42), (50, 42), (74, 12), (37, 14), (50, 42)),
        *line("main", 4, (72, 4), (84, 42)),
        *line(_TYRE, 3.4, (72, 4), (66, -2), (78, -3)),
        *line("main", 3.4, (37, 12), (34, 3)),
        *blob(_TYRE, (24, 1), (34, -1), (46, 1), (44, 5), (30, 5)),
        *oval("#55595f", 50, 42, 6, 6),
        *line("#55595f", 2.4, (50, 42), (54, 54)),
        *box("#33363b", 50, 53, 59, 56),
    ]
    return Shape.of(parts)


def boat(pose: str) -> Shape:
    """A sailing boat; `second` is the sail, the panel is on the hull."""
    del pose
    parts = [
        *line("#8a5a33", 3, (56, 3), (56, 96)),
        *blob("second", (59, 8), (80, 44), (97, 82), (78, 85), (59, 84)),
        *poly("second-", (55, 12), (55, 84), (20, 84)),
        *poly("#c9342f", (55, 0), (55, 9), (71, 4)),
        *blob(
            "main",
            (4, 92),
            (30, 95),
            (60, 96),
            (90, 95),
            (122, 90),
            (112, 108),
            (98, 117),
            (60, 119),
            (26, 117),
            (12, 108),
        ),
        *poly("main-", (13, 108), (112, 107), (98, 117), (60, 119), (26, 117)),
        *line("#f4f4f0", 2, (6, 94.5), (60, 97.5), (118, 93.5)),
    ]
    return Shape.of(parts, panel=(26, 98.5, 94, 107))


def traffic_light(pose: str) -> Shape:
    """On a pole; the pose (`red`, `yellow`, `green`) is which lamp is lit."""
    lamps: list[Part] = []
    for y, name, lit, off in (
        (11, "red", "#ff3b30", "#5a2523"),
        (28, "yellow", "#ffcf33", "#5c4c1f"),
        (45, "green", "#34d058", "#1f4a2a"),
    ):
        lamps += [*oval("#111214", 0, y, 7.6, 7.6), *oval(lit if pose == name else off, 0, y, 6.2, 6.2)]
    parts = [
        *box("#5a5e66", -2.6, 50, 2.6, 170),
        *box("#484b52", -7, 166, 7, 172, 1),
        *box("main", -11, 0, 11, 56, 4),
        *lamps,
    ]
    return Shape.of(parts)


def stop_sign(pose: str) -> Shape:
    """A red octagon on a pole."""
    del pose
    k = 0.414

    def octagon(r: float) -> tuple[tuple[float, float], ...]:
        corners = ((1, k), (k, 1), (-k, 1), (-1, k), (-1, -k), (-k, -1), (k, -1), (1, -k))
        return tuple((x * r, 30 + y * r) for x, y in corners)

    parts = [*box(_STEEL, -2.4, 40, 2.4, 150), *poly("#ffffff", *octagon(30)), *poly("main", *octagon(27))]
    return Shape.of(parts, panel=(-22, 19, 22, 41))


def sign(pose: str) -> Shape:
    """A board on posts: `street` (a blade on one pole) or `wooden` (a board on two posts)."""
    if pose == "street":
        parts = [
            *box(_STEEL, -2, 10, 2, 132),
            *box("#f4f4f0", -46, 8, 46, 34, 3),
            *box("main", -44, 10, 44, 32, 2),
            *oval("#7b8188", 0, 6, 3.6, 3.6),
        ]
        return Shape.of(parts, panel=(-41, 12, 41, 30))
    parts = [
        *box("#6b4a2c", -34, 10, -28, 92),
        *box("#6b4a2c", 28, 10, 34, 92),
        *box("main-", -48, 0, 48, 56, 3),
        *box("main", -45, 3, 45, 53, 2),
    ]
    return Shape.of(parts, panel=(-41, 6, 41, 50))


def fire_hydrant(pose: str) -> Shape:
    """From the front."""
    del pose
    parts = [
        *box("main-", -19, 66, 19, 73, 2),
        *box("main", -13, 24, 13, 68),
        *box("main-", 6, 24, 13, 66),
        *blob("main", (-15, 24), (-11, 9), (0, 4), (11, 9), (15, 24)),
        *box("main-", -17, 22, 17, 28, 2),
        *box("main-", -3.5, 0, 3.5, 6, 1),
        *box("main", -22, 36, -12, 48, 1),
        *box("main", 12, 36, 22, 48, 1),
        *oval("main-", 0, 43, 8, 8),
        *oval("#d8d8d4", 0, 43, 4, 4),
    ]
    return Shape.of(parts)


def bench(pose: str) -> Shape:
    """A wooden bench from the front."""
    del pose
    planks: list[Part] = []
    for y in (2, 13, 24):
        planks += [*box("main", 0, y, 120, y + 8.5, 2), *box("main-", 0, y + 6.4, 120, y + 8.5, 1)]
    legs: list[Part] = []
    for x in (12, 104):
        legs += [*box("#3d3f45", x - 3, 0, x + 3, 66), *box("#3d3f45", x - 5, 36, x + 5, 42)]
    return Shape.of([*legs, *planks, *box("main", -3, 37, 123, 46, 2), *box("main-", -3, 43, 123, 47, 2)])

"""From seed and image number to a scene: what is in it, where each thing stands, and what is visible of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vlit_hub.sample.art import Rgb
from vlit_hub.sample.catalog import CATEGORIES, COLOURS, Category, shape
from vlit_hub.sample.chance import Chance
from vlit_hub.sample.geometry import Box
from vlit_hub.sample.kinds import KINDS, SURFACES, Kind, Zone
from vlit_hub.sample.lettering import Word, fit, small_print, wording
from vlit_hub.sample.scene import Crowd, Scene, Shop, Thing
from vlit_hub.sample.visibility import settle

__all__ = ["compose"]

_SIZES: Mapping[tuple[int, int], float] = {
    (640, 480): 5.5, (480, 640): 1.6, (640, 427): 3, (427, 640): 1, (640, 360): 0.8, (500, 375): 0.8, (640, 640): 0.5,
}  # fmt: skip
_KIND_WEIGHTS = {name: kind.weight for name, kind in KINDS.items()}
_TOGETHER = {1: 38, 2: 23, 3: 17, 4: 11, 5: 8, 6: 6, 7: 4, 8: 3, 9: 2}  # how many of a category come together: weights
_BLANK = {"truck": 0.2, "bottle": 0.5, "book": 0.4, "boat": 0.6}  # how many have nothing written on them
_SMALL_THINGS = 1.5  # how much larger than life things on tables in rooms are drawn
_SMALLEST = 11.0  # pixels: shorter or narrower things are not drawn
_INK: Rgb = (44, 44, 50)
_PALE: Rgb = (250, 248, 240)


def compose(seed: int, number: int, size: tuple[int, int] | None = None) -> Scene:
    """The scene of image `number`: the same for the same seed, number and size, however many images there are."""
    chance = Chance(seed, number, "scene")
    width, height = size or chance.weighted(_SIZES)
    name = chance.weighted(_KIND_WEIGHTS)
    kind = KINDS[name]
    horizon = chance.between(*kind.horizon)
    scene = Scene(seed, number, width, height, name, chance.weighted(kind.weathers), horizon, horizon + kind.ground)
    if kind.indoor:
        scene.wall = chance.one(("white", "yellow", "green", "blue", "pink", "gray"))
    _Placing(scene, kind, chance).fill()
    settle(scene)
    return scene


class _Placing:
    """Puts things into a scene, from the nearest to the farthest, so that each knows what hides it."""

    def __init__(self, scene: Scene, kind: Kind, chance: Chance) -> None:
        self.scene, self.kind, self.chance = scene, kind, chance
        self.eye = chance.between(*kind.eye)
        self.unit = min(scene.height, scene.width * 0.8)
        self.placed: list[Thing] = []
        self.table: Thing | None = None

    def fill(self) -> None:
        """Draw what there is and place it."""
        scene, chance = self.scene, self.chance
        if scene.kind in ("table", "desk"):
            self._table_top()
        crowd = (
            chance.weighted(dict.fromkeys(self.kind.crowds, 1.0)) if self.kind.crowds and chance.happens(0.12) else None
        )
        wanted: list[tuple[float, Zone, Category, str, str]] = []
        empty = not self.kind.indoor and chance.happens(0.006)
        for zone in () if empty else self.kind.zones:
            open_to = {name: weight for name, weight in zone.weights.items() if name != crowd}
            for _ in range(chance.weighted(zone.kinds)):
                if not open_to:
                    break
                category = CATEGORIES[chance.weighted(open_to)]
                del open_to[category.name]
                count = chance.weighted({n: w for n, w in _TOGETHER.items() if n <= category.herd})
                alike = chance.happens(0.6)
                colours = chance.one(category.colours), self._second(category)
                for _ in range(count):
                    if not alike:
                        colours = chance.one(category.colours), self._second(category)
                    wanted.append((chance.between(*zone.reach), zone, category, *colours))
        # Near ones first; the sky and the wall are behind everything.
        wanted.sort(key=lambda want: -1.0 if want[1].where in ("sky", "wall") else want[0], reverse=True)
        for reach, zone, category, colour, second in wanted:
            self._place(reach, zone, category, colour, second)
        if scene.kind == "street":
            self._shops()
        if self.table:
            self._name_table(self.table)
            self.placed.append(self.table)
        scene.things = sorted(self.placed, key=lambda thing: thing.nearness)
        if crowd:
            self._crowd(CATEGORIES[crowd], self.kind.crowds[crowd])

    def _second(self, category: Category) -> str:
        return self.chance.one(category.seconds) if category.seconds else ""

    def _scale(self, y: float) -> float:
        """Pixels a metre where the ground is at height y in the picture."""
        return (y / self.scene.height - self.scene.horizon) * self.unit / self.eye

    def _place(self, reach: float, zone: Zone, category: Category, colour: str, second: str) -> None:
        scene, chance = self.scene, self.chance
        pose = self._pose(category, zone.where)
        up = zone.where in ("sky", "wall")
        if up:
            # In the air things are drawn as large as they would be some way off, on the wall as where wall and floor meet.
            far = (
                self.unit / 9 * chance.between(0.55, 1.3)
                if zone.where == "sky"
                else self._scale(scene.ground * scene.height)
            )
            height = category.height(pose) * far * (0.8 if self.scene.kind in ("table", "desk") else 1.0)
            bottom = reach * scene.height + height / 2
            bottom = (
                min(max(bottom, height + 2), scene.horizon * scene.height)
                if zone.where == "sky"
                else max(bottom, height + 3)
            )
        else:
            bottom = scene.height * (scene.ground + reach * (1 - scene.ground))
            height = category.height(pose) * self._scale(bottom)
            if zone.where in ("table", "desk") and category.name in ("potted plant", "book"):
                height *= 0.45 if category.name == "potted plant" else 1.0
        drawing = shape(category.name, pose)
        width = height * drawing.aspect
        lettered = drawing.panel is not None
        cut = 0.0 if lettered or up or not chance.happens(0.15) else 0.3
        if min(width, height) < _SMALLEST or width > scene.width * 0.8 or height > scene.height * 0.92:
            return
        limit = 0.0 if zone.where == "wall" else 0.45 if chance.happens(0.3) else 0.05
        for _ in range(5):
            x = chance.between(-cut * width, scene.width - (1 - cut) * width)
            box = (x, bottom - height, x + width, bottom)
            if self._room(box, limit):
                nearness = (0.0 if up else bottom, 0, bottom)
                thing = Thing(
                    category,
                    pose,
                    colour,
                    second,
                    box,
                    chance.happens(0.5),
                    zone.where,
                    nearness,
                    on=None if up else self.table,
                )
                if self._letter(thing):
                    self.placed.append(thing)
                    self._furnish(thing)
                    return

    def _pose(self, category: Category, where: str) -> str:
        poses = category.poses
        if category.name == "bird":
            return "flying" if where == "sky" else "standing"
        if category.name == "lamp":
            return "floor" if where == "floor" else "table"
        if category.name == "sign":
            return "street" if where == "sidewalk" else "wooden"
        if category.name == "dining table":
            return "plain"
        if category.name == "dog" and where in ("couch", "bed"):
            return "sitting"
        return self.chance.one(poses) if len(poses) > 1 else poses[0]

    def _room(self, box: Box, limit: float) -> bool:
        """Whether things already there, all of them nearer, hide no more than the limit of the box."""
        x0, y0, x1, y1 = box
        hidden = 0.0
        for other in self.placed:
            ox0, oy0, ox1, oy1 = other.box
            across, down = min(x1, ox1) - max(x0, ox0), min(y1, oy1) - max(y0, oy0)
            if across > 0 and down > 0:
                hidden += across * down
        return hidden <= limit * (x1 - x0) * (y1 - y0)

    def _letter(self, thing: Thing) -> bool:
        """Give a thing its words; False if something nearer stands before them."""
        panel = shape(thing.name, thing.pose).panel
        if panel is None:
            return True
        x0, y0, x1, y1 = thing.box
        left, right = (1 - panel[2], 1 - panel[0]) if thing.flip else (panel[0], panel[2])
        area = (x0 + left * (x1 - x0), y0 + panel[1] * (y1 - y0), x0 + right * (x1 - x0), y0 + panel[3] * (y1 - y0))
        if (
            not self._room(area, 0.0)
            or area[0] < 0
            or area[1] < 0
            or area[2] > self.scene.width
            or area[3] > self.scene.height
        ):
            return False
        what = f"sign {thing.pose}" if thing.name == "sign" else thing.name
        if what == "sign street" and thing.colour == "brown":
            thing.colour = "green"
        if self.chance.happens(_BLANK.get(thing.name, 0.0)):
            return True
        text = wording(self.chance, what, self.scene.kind)
        if any(word.text == text.split()[0] for other in self.placed for word in other.words):
            text = wording(self.chance, what, self.scene.kind)  # rather not the same twice
        thing.words = _set_words(self.chance, thing, text, area)
        return True

    def _furnish(self, support: Thing) -> None:
        """Put things onto a table, couch, bed or bench."""
        surface = SURFACES.get(support.name)
        if surface is None or support.pose == "top":
            return
        where, (left, right, top, low) = surface
        weights = dict(self.kind.items.get(where, {}))
        if not weights or (where == "bench" and self.chance.happens(0.7)):
            return
        chance = self.chance
        x0, y0, x1, y1 = support.box
        scale = (y1 - y0) / support.category.height(support.pose)
        for _ in range(chance.whole(1, 4) if where == "table" else chance.whole(0, 2) if where != "bench" else 1):
            if not weights:
                break
            category = CATEGORIES[chance.weighted(weights)]
            del weights[category.name]
            colour, second = chance.one(category.colours), self._second(category)
            for _ in range(
                chance.weighted({1: 5, 2: 2, 3: 1, 4: 0.5}) if category.herd > 3 and where == "table" else 1
            ):
                pose = self._pose(category, where)
                height = category.height(pose) * scale * (0.45 if category.name == "potted plant" else 1.0)
                if category.supercategory in ("kitchen", "food") or category.name in ("book", "laptop", "vase"):
                    height *= _SMALL_THINGS
                width = height * shape(category.name, pose).aspect
                bottom = y0 + (y1 - y0) * chance.between(top, low)
                span = (x0 + left * (x1 - x0), x0 + right * (x1 - x0) - width)
                if min(width, height) < _SMALLEST or span[1] <= span[0]:
                    continue
                x = chance.between(*span)
                box = (x, bottom - height, x + width, bottom)
                if box[0] < 0 or box[2] > self.scene.width or box[1] < 0 or not self._room_beside(box, support):
                    continue
                thing = Thing(
                    category,
                    pose,
                    colour,
                    second,
                    box,
                    chance.happens(0.5),
                    where,
                    (support.nearness[0], 1, bottom),
                    on=support,
                )
                if self._letter_among(thing, support):
                    self.placed.append(thing)

    def _room_beside(self, box: Box, support: Thing) -> bool:
        """Whether a thing on the support would be free of everything but the support."""
        self.placed.remove(support)
        free = self._room(box, 0.12)
        self.placed.append(support)
        return free

    def _letter_among(self, thing: Thing, support: Thing) -> bool:
        self.placed.remove(support)
        lettered = self._letter(thing)
        self.placed.append(support)
        return lettered

    def _table_top(self) -> None:
        scene = self.scene
        category = CATEGORIES["dining table" if scene.kind == "table" else "desk"]
        top = scene.ground * scene.height
        box = (-0.02 * scene.width, top, 1.02 * scene.width, 1.02 * scene.height)
        self.table = Thing(category, "top", "brown", "", box, False, "floor", (0.5, 0, 0.0))

    def _name_table(self, table: Thing) -> None:
        """Only with a laptop, a lamp or a book on it is it a desk."""
        if self.scene.kind == "desk" and not any(thing.name in ("laptop", "lamp", "book") for thing in self.placed):
            table.category, self.scene.kind = CATEGORIES["dining table"], "table"
            for thing in self.placed:
                if thing.on is table:
                    thing.where = "table"

    def _shops(self) -> None:
        """House fronts from left to right, most of them shops with a board."""
        scene, chance = self.scene, self.chance
        ground = scene.ground * scene.height
        scale = self._scale(ground)
        x = -chance.between(0, 2.5) * scale
        while x < scene.width:
            right = x + chance.between(4.2, 7.5) * scale
            top = max(scene.height * chance.between(0.03, 0.14), ground - chance.between(8, 14) * scale)
            colour = chance.one(("red", "orange", "yellow", "brown", "gray", "pink", "blue", "green"))
            board: Box | None = (x + 0.4 * scale, ground - 3.4 * scale, right - 0.4 * scale, ground - 2.55 * scale)
            words: list[Word] = []
            if (
                board
                and board[0] > 2
                and board[2] < scene.width - 2
                and chance.happens(0.75)
                and self._room(board, 0.0)
            ):
                words = fit(wording(chance, "shop", scene.kind), _inner(board, 0.08), _PALE, 60)
                if chance.happens(0.6):
                    window = (x + 0.7 * scale, ground - 1.0 * scale, x + 2.0 * scale, ground - 0.4 * scale)
                    if self._room(window, 0.0):
                        words += small_print(chance, window, _INK, chance.whole(2, 5))
            else:
                board = None
            scene.shops.append(Shop(x, right, top, colour, board, tuple(words)))
            x = right

    def _crowd(self, category: Category, where: str) -> None:
        scene, chance = self.scene, self.chance
        pose = self._pose(category, where)
        drawing = shape(category.name, pose)
        flip = chance.happens(0.5)
        count = chance.whole(12, 26)
        if where == "sky":
            height = self.unit * chance.between(0.03, 0.042)
            y0, y1 = 0.04 * scene.height, (scene.horizon - 0.12) * scene.height
        else:
            y0 = (scene.ground + 0.05 * (1 - scene.ground)) * scene.height
            y1 = y0 + 0.05 * scene.height
            height = max(category.height(pose) * self._scale(y0) * 1.15, 9.0)
        width = height * drawing.aspect
        left = chance.between(0.05, 0.45) * scene.width
        right = min(left + count * width * (0.55 if where == "sky" else 0.5), scene.width - width - 4)
        boxes = []
        for _ in range(count):
            x, bottom = chance.between(left, right), chance.between(y0 + height, max(y1, y0 + height + 1))
            size = chance.between(0.85, 1.15) if where == "sky" else 1.0
            boxes.append((x, bottom - height * size, x + width * size, bottom))
        boxes.sort(key=lambda box: box[3])
        scene.crowd = Crowd(category, pose, chance.one(category.colours), boxes, flip, where)


def _inner(box: Box, share: float) -> Box:
    margin = (box[3] - box[1]) * share
    return box[0] + margin, box[1] + margin, box[2] - margin, box[3] - margin


def _set_words(chance: Chance, thing: Thing, text: str, area: Box) -> list[Word]:
    """The words of a thing in the area for them, some with small print below."""
    dark = _luminance(COLOURS[thing.colour]) < 150
    colour: Rgb = _PALE if dark else _INK
    if thing.name == "bus":
        colour = (255, 208, 96)
    elif thing.name in ("truck", "bottle"):
        colour = _INK
    elif thing.name == "stop sign":
        colour = (255, 255, 255)
    x0, y0, x1, y1 = area
    if thing.name in ("poster", "book") and chance.happens(0.75):
        split = y0 + (y1 - y0) * 0.62
        return [
            *fit(text, (x0, y0, x1, split), colour, 64),
            *small_print(chance, (x0, split + 2, x1, y1), colour, chance.whole(2, 7)),
        ]
    return fit(text, area, colour, 64)


def _luminance(colour: Sequence[int]) -> float:
    return 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]

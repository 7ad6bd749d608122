"""Backgrounds: sky, land and rooms. Nothing here belongs to a category that is annotated."""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, pi, sin

import numpy as np
from PIL import Image, ImageDraw

from vlit_hub.sample.art import Rgb, darker, lighter
from vlit_hub.sample.catalog import COLOURS
from vlit_hub.sample.chance import Chance
from vlit_hub.sample.scene import Scene, Shop

__all__ = ["backdrop"]

_SKIES: dict[str, tuple[Rgb, Rgb]] = {
    "sunny": ((92, 170, 238), (206, 234, 250)),
    "cloudy": ((142, 160, 178), (212, 219, 224)),
    "sunset": ((104, 92, 158), (252, 178, 108)),
    "night": ((12, 18, 46), (46, 60, 108)),
    "snowing": ((168, 180, 194), (222, 228, 234)),
}
_GLASS: Rgb = (186, 218, 236)
_LIT: Rgb = (255, 226, 140)


def backdrop(scene: Scene, scale: int) -> Image.Image:
    """The empty background of a scene, `scale` times its size."""
    return _Backdrop(scene, scale).image


class _Backdrop:
    def __init__(self, scene: Scene, scale: int) -> None:
        self.scene = scene
        self.chance = Chance(scene.seed, scene.number, "backdrop")
        self.width, self.height, self.px = scene.width * scale, scene.height * scale, scale
        self.horizon, self.ground = scene.horizon * self.height, scene.ground * self.height
        self.image = Image.new("RGB", (self.width, self.height))
        self.draw = ImageDraw.Draw(self.image)
        if scene.kind in ("table", "desk"):
            self._wall()
            self._window(0.66)
        elif scene.kind in ("living room", "kitchen", "bedroom"):
            self._room()
        else:
            self._sky()
            getattr(self, f"_{scene.kind}")()

    def _fade(self, top: float, bottom: float, first: Rgb, last: Rgb) -> None:
        """Fill the full width from `top` to `bottom` with a vertical gradient."""
        y0, y1 = round(top), round(bottom)
        if y1 <= y0:
            return
        t = np.linspace(0, 1, y1 - y0)[:, None]
        rows = (np.asarray(first) * (1 - t) + np.asarray(last) * t).round().astype(np.uint8)
        self.image.paste(Image.fromarray(rows[:, None, :]).resize((self.width, y1 - y0)), (0, y0))

    def _oval(self, x: float, y: float, rx: float, ry: float, fill: Rgb) -> None:
        self.draw.ellipse((x - rx, y - ry, x + rx, y + ry), fill=fill)

    def _deep(self, t: float) -> float:
        """The height in the picture of ground depth t (0 far, 1 near)."""
        return self.ground + t * (self.height - self.ground)

    # The sky -------------------------------------------------------------------------------------------------------------

    def _sky(self) -> None:
        scene, chance, unit = self.scene, self.chance, self.height
        self._fade(0, max(self.horizon, self.ground) + 2, *_SKIES[scene.weather])
        clouds = {"sunny": 2, "cloudy": 7, "sunset": 3, "night": 0, "snowing": 4}[scene.weather]
        tone = {"sunset": (255, 214, 190), "cloudy": (232, 236, 240)}.get(scene.weather, (250, 252, 255))
        for _ in range(clouds):
            self._cloud(
                chance.between(0, 1) * self.width,
                chance.between(0.08, 0.75) * self.horizon,
                chance.between(0.05, 0.09) * unit,
                tone,
            )
        if scene.weather == "sunny":
            x, y, r = chance.between(0.1, 0.9) * self.width, chance.between(0.07, 0.13) * unit, 0.045 * unit
            for k in range(12):
                u, v = cos(k * pi / 6), sin(k * pi / 6)
                self.draw.line(
                    (x + u * r * 1.25, y + v * r * 1.25, x + u * r * 1.6, y + v * r * 1.6), (255, 236, 150), 3 * self.px
                )
            self._oval(x, y, r, r, (255, 222, 92))
        elif scene.weather == "sunset":
            self._oval(
                chance.between(0.2, 0.8) * self.width,
                self.horizon - 0.03 * unit,
                0.06 * unit,
                0.06 * unit,
                (255, 232, 150),
            )
        elif scene.weather == "night":
            for _ in range(70):
                r = chance.between(0.5, 1.4) * self.px
                self._oval(chance.between(0, self.width), chance.between(0, self.horizon), r, r, (255, 250, 220))
            x, y, r = chance.between(0.15, 0.85) * self.width, chance.between(0.08, 0.14) * unit, 0.05 * unit
            self._oval(x, y, r, r, (250, 244, 210))
            for dx, dy, size in ((-0.3, -0.2, 0.22), (0.25, 0.3, 0.28), (0.3, -0.35, 0.15)):
                self._oval(x + dx * r, y + dy * r, size * r, size * r, (226, 218, 184))

    def _cloud(self, x: float, y: float, size: float, tone: Rgb) -> None:
        for dx, dy, k in ((-1.2, 0.1, 0.5), (-0.5, -0.25, 0.75), (0.35, -0.15, 0.65), (1.1, 0.12, 0.48)):
            self._oval(x + dx * size, y + dy * size, k * size * 1.15, k * size * 0.72, tone)
        self.draw.rounded_rectangle(
            (x - 1.7 * size, y + 0.05 * size, x + 1.6 * size, y + 0.46 * size), 0.2 * size, fill=tone
        )

    # Land ------------------------------------------------------------------------------------------------------------------

    def _beach(self) -> None:
        shore = self._deep(0.25)
        sunset = self.scene.weather == "sunset"
        self._fade(
            self.horizon,
            shore,
            (70, 100, 160) if sunset else (38, 124, 184),
            (168, 150, 170) if sunset else (108, 198, 214),
        )
        for _ in range(26):
            y = self.chance.between(self.horizon + 4, shore - 4)
            length = (y - self.horizon) / (shore - self.horizon) * 0.09 * self.width + 6
            x = self.chance.between(0, self.width)
            self.draw.line((x, y, x + length, y), (214, 236, 240), self.px)
        self._fade(shore, self.height, (240, 220, 168), (222, 192, 132))
        wave = [(x, shore + sin(x / self.width * 9) * 0.008 * self.height) for x in range(0, self.width + 20, 16)]
        self.draw.line(wave, (250, 252, 250), 5 * self.px)
        self._specks(self._deep(0.3), ((206, 176, 118), (248, 234, 196)), 160)

    def _specks(self, top: float, tones: Sequence[Rgb], count: int) -> None:
        for _ in range(count):
            y = self.chance.between(top, self.height)
            r = self.px * (0.5 + 1.1 * (y - top) / (self.height - top))
            self._oval(self.chance.between(0, self.width), y, r * 1.4, r, self.chance.one(tones))

    def _meadow(self, dark: float = 0.0) -> None:
        hills: tuple[Rgb, ...] = ((128, 176, 120), (106, 162, 98), (90, 148, 84))
        for k, tone in enumerate(hills):
            x, reach = self.chance.between(0, 1) * self.width, self.chance.between(0.35, 0.6) * self.width
            self._oval(x, self.ground + 0.05 * self.height, reach, (0.16 - 0.03 * k) * self.height, darker(tone, dark))
        self._fade(self.ground, self.height, darker((150, 204, 104), dark), darker((84, 158, 66), dark))
        for _ in range(self.chance.whole(2, 6)):
            self._tree(
                self.chance.between(0, 1) * self.width,
                self.ground + 0.01 * self.height,
                self.chance.between(0.08, 0.13),
                dark,
            )
        self._tufts(darker((66, 136, 54), dark), 90)
        if not dark:
            for _ in range(36):
                y = self.chance.between(self._deep(0.12), self.height)
                r = self.px * (1 + 2 * (y - self.ground) / (self.height - self.ground))
                self._oval(
                    self.chance.between(0, self.width),
                    y,
                    r,
                    r,
                    self.chance.one(((255, 246, 190), (250, 250, 250), (236, 120, 150))),
                )

    def _tree(self, x: float, base: float, share: float, dark: float = 0.0) -> None:
        tall = share * self.height
        self.draw.rectangle(
            (x - tall * 0.06, base - tall * 0.45, x + tall * 0.06, base), fill=darker((110, 78, 50), dark)
        )
        for dx, dy, k, tone in (
            (-0.2, -0.6, 0.26, (58, 128, 62)),
            (0.2, -0.6, 0.26, (58, 128, 62)),
            (0, -0.8, 0.28, (76, 148, 76)),
        ):
            self._oval(x + dx * tall, base + dy * tall, k * tall, k * tall, darker(tone, dark))

    def _tufts(self, tone: Rgb, count: int) -> None:
        for _ in range(count):
            x, y = self.chance.between(0, self.width), self.chance.between(self._deep(0.06), self.height)
            tall = self.px * (1.5 + 6 * (y - self.ground) / (self.height - self.ground))
            for dx in (-0.5, 0.0, 0.5):
                self.draw.line((x, y, x + dx * tall, y - tall), tone, self.px)

    def _park(self) -> None:
        self._fade(self.ground, self.height, (142, 200, 110), (92, 166, 78))
        for x in np.linspace(0.02, 0.98, 9):
            wide = self.chance.between(0.12, 0.19)
            self._tree(
                (float(x) + self.chance.between(-0.04, 0.04)) * self.width, self.ground + 0.015 * self.height, wide
            )
        bend = self.chance.between(0.25, 0.75) * self.width
        far, near = self.chance.between(0.3, 0.7) * self.width, self.chance.between(0.2, 0.8) * self.width
        left, right = [], []
        for k in range(21):
            t = k / 20
            x = (1 - t) ** 2 * far + 2 * t * (1 - t) * bend + t * t * near
            half = (0.008 + 0.13 * t) * self.width
            left.append((x - half, self._deep(t)))
            right.append((x + half, self._deep(t)))
        self.draw.polygon([*left, *right[::-1]], fill=(224, 206, 168))
        self._tufts((72, 142, 62), 60)

    def _snow(self) -> None:
        for _ in range(4):
            x, tall, wide = (
                self.chance.between(0, 1) * self.width,
                self.chance.between(0.12, 0.24) * self.height,
                0.2 * self.width,
            )
            peak, foot = self.ground - tall, self.ground + 2
            self.draw.polygon(((x - wide, foot), (x, peak), (x + wide, foot)), fill=(122, 138, 160))
            cap = [
                (x, peak),
                (x + 0.34 * wide, peak + 0.34 * tall),
                (x + 0.14 * wide, peak + 0.27 * tall),
                (x, peak + 0.4 * tall),
            ]
            self.draw.polygon(
                [*cap, (x - 0.16 * wide, peak + 0.27 * tall), (x - 0.34 * wide, peak + 0.34 * tall)],
                fill=(244, 248, 252),
            )
        self._fade(self.ground, self.height, (250, 252, 255), (214, 226, 240))
        for _ in range(self.chance.whole(6, 11)):
            x, tall = self.chance.between(0, 1) * self.width, self.chance.between(0.08, 0.15) * self.height
            base = self.ground + self.chance.between(0, 0.03) * self.height
            self.draw.rectangle((x - tall * 0.05, base - tall * 0.2, x + tall * 0.05, base), fill=(96, 70, 48))
            for k in range(3):
                y, half = base - tall * (0.15 + 0.24 * k), tall * (0.34 - 0.08 * k)
                self.draw.polygon(((x - half, y), (x + half, y), (x, y - tall * 0.38)), fill=(44, 104 + 8 * k, 78))
        if self.scene.weather == "snowing":
            for _ in range(260):
                r = self.chance.between(0.8, 2.2) * self.px
                self._oval(
                    self.chance.between(0, self.width), self.chance.between(0, self.height), r, r, (255, 255, 255)
                )

    def _night(self) -> None:
        self._meadow(dark=0.62)

    # The street ------------------------------------------------------------------------------------------------------------

    def _street(self) -> None:
        self._fade(self.ground, self.height, (206, 204, 198), (190, 188, 182))
        for shop in self.scene.shops:
            self._front(shop)
        far, near = self._deep(0.13), self._deep(0.68)
        self.draw.rectangle((0, far, self.width, near), fill=(92, 95, 102))
        self.draw.rectangle((0, far - 2 * self.px, self.width, far), fill=(160, 158, 152))
        self.draw.rectangle((0, near, self.width, near + 4 * self.px), fill=(226, 224, 218))
        middle, step = self._deep(0.38), self.width // 8
        for left in range(self.chance.whole(-60, 0), self.width, step):
            self.draw.rectangle((left, middle, left + step * 0.55, middle + 4 * self.px), fill=(238, 236, 226))
        for edge in range(0, self.width + 400, 90 * self.px):
            self.draw.line(
                (edge, near + 4 * self.px, edge + (edge - self.width / 2) * 0.35, self.height), (172, 170, 164), self.px
            )

    def _front(self, shop: Shop) -> None:
        px, ground = self.px, self.ground
        night = self.scene.weather == "night"
        tone = lighter(COLOURS[shop.colour], 0.5)
        tone = darker(tone, 0.5) if night else tone
        x0, x1, top = shop.left * px, shop.right * px, shop.top * px
        self.draw.rectangle((x0, top, x1, ground), fill=tone)
        self.draw.rectangle((x0 - 2 * px, top, x1 + 2 * px, top + 5 * px), fill=darker(tone))
        metre = self._metre()
        low = ground - 3.7 * metre
        columns = max(2, int((x1 - x0) / (1.5 * metre)))
        y = low - 1.9 * metre
        while y > top + 8 * px:
            for k in range(columns):
                x = x0 + (k + 0.5) * (x1 - x0) / columns
                glass = (_LIT if self.chance.happens(0.5) else (58, 70, 96)) if night else _GLASS
                self.draw.rectangle((x - 0.5 * metre, y, x + 0.5 * metre, y + 1.3 * metre), fill=lighter(tone, 0.6))
                self.draw.rectangle(
                    (x - 0.42 * metre, y + 0.08 * metre, x + 0.42 * metre, y + 1.22 * metre), fill=glass
                )
            y -= 2.5 * metre
        door = x1 - 1.9 * metre
        glass = _LIT if night else _GLASS
        self.draw.rectangle(
            (x0 + 0.5 * metre, ground - 2.3 * metre, door - 0.3 * metre, ground - 0.35 * metre), fill=glass
        )
        self.draw.rectangle(
            (door, ground - 2.2 * metre, door + 1.1 * metre, ground), fill=darker(COLOURS[shop.colour], 0.45)
        )
        self._oval(door + 0.9 * metre, ground - 1.1 * metre, 0.08 * metre, 0.08 * metre, (240, 220, 130))
        if shop.board:
            bx0, by0, bx1, by1 = (edge * px for edge in shop.board)
            self.draw.rectangle((bx0 - px, by0 - px, bx1 + px, by1 + px), fill=darker(COLOURS[shop.colour], 0.5))

    def _metre(self) -> float:
        """Pixels a metre at the house fronts, from the height that a board has."""
        for shop in self.scene.shops:
            if shop.board:
                return (shop.board[3] - shop.board[1]) / 0.85 * self.px
        return 0.07 * self.height

    # Rooms ---------------------------------------------------------------------------------------------------------------

    def _wall(self) -> None:
        tone = lighter(COLOURS[self.scene.wall], 0.62)
        self._fade(0, self.ground + 2, lighter(tone, 0.25), tone)

    def _room(self) -> None:
        chance, ground = self.chance, self.ground
        self._wall()
        self._window(0.62)
        wood = chance.one(((196, 150, 104), (176, 130, 90), (214, 176, 130)))
        self._fade(ground, self.height, darker(wood, 0.1), wood)
        centre = self.width / 2
        for k in range(-14, 15):
            x = centre + k * self.width / 14
            self.draw.line((x, ground, centre + (x - centre) * 2.2, self.height), darker(wood, 0.16), self.px)
        if self.scene.kind == "kitchen":
            self._counter()
        else:
            y, tone = self._deep(0.62), chance.one(((196, 92, 84), (90, 120, 170), (110, 150, 120), (190, 160, 200)))
            self._oval(centre, y, 0.4 * self.width, 0.1 * self.height, tone)
            self._oval(centre, y, 0.36 * self.width, 0.085 * self.height, lighter(tone, 0.3))
        self.draw.rectangle((0, ground - 0.02 * self.height, self.width, ground), fill=(246, 244, 238))

    def _counter(self) -> None:
        top, ground = self.ground - 0.2 * self.height, self.ground
        self.draw.rectangle((0, top, self.width, ground), fill=(226, 218, 204))
        step = self.width // 7
        for x in range(0, self.width, step):
            self.draw.rectangle(
                (x + 4 * self.px, top + 0.03 * self.height, x + step - 4 * self.px, ground - 0.03 * self.height),
                fill=(240, 234, 222),
            )
            self._oval(x + step * 0.82, top + 0.07 * self.height, 2.4 * self.px, 2.4 * self.px, (150, 140, 126))
        self.draw.rectangle((0, top - 0.012 * self.height, self.width, top + 0.014 * self.height), fill=(120, 112, 108))

    def _window(self, share: float) -> None:
        """A window with curtains where no clock or poster hangs, if there is room."""
        px, ground = self.px, self.ground
        tall, wide = share * ground, share * ground * 0.9
        y = 0.1 * ground
        for _ in range(8):
            x = self.chance.between(0.02, 0.98) * (self.width - wide * 1.2) + 0.1 * wide
            taken = (thing for thing in self.scene.things if thing.where == "wall")
            if all(thing.box[2] * px < x - 0.15 * wide or thing.box[0] * px > x + 1.15 * wide for thing in taken):
                break
        else:
            return
        first, last = _SKIES["sunny" if self.scene.weather == "day" else "night"]
        self.draw.rectangle((x - 6 * px, y - 6 * px, x + wide + 6 * px, y + tall + 6 * px), fill=(250, 248, 242))
        for k in range(24):
            t = k / 23
            tone = tuple(round(a * (1 - t) + b * t) for a, b in zip(first, last, strict=True))
            self.draw.rectangle((x, y + tall * k / 24, x + wide, y + tall * (k + 1) / 24), fill=tone)
        self.draw.line((x + wide / 2, y, x + wide / 2, y + tall), (250, 248, 242), 4 * px)
        self.draw.line((x, y + tall / 2, x + wide, y + tall / 2), (250, 248, 242), 4 * px)
        curtain = self.chance.one(((206, 120, 110), (120, 150, 190), (214, 190, 130), (150, 180, 150)))
        for left, right in ((x - 0.1 * wide, x + 0.14 * wide), (x + 0.86 * wide, x + 1.1 * wide)):
            self.draw.rectangle((left, y - 8 * px, right, y + tall + 12 * px), fill=curtain)
            for share in (0.3, 0.6):
                edge = left + (right - left) * share
                self.draw.line((edge, y - 8 * px, edge, y + tall + 12 * px), darker(curtain, 0.14), 2 * px)
        self.draw.rectangle((x - 0.14 * wide, y - 12 * px, x + 1.14 * wide, y - 7 * px), fill=(150, 116, 80))

"""Asks what there is in a region, and how many there are of each kind."""

from __future__ import annotations

from collections.abc import Iterator

from vlit_hub import Draft, Draw, ImageAnnotations, Region, per_image

ASKED = ["What is in the region? One word.", "Name the thing in the region with one word."]


@per_image(name="toy_naming", tasks=["region_classification", "object_counting"], version=2)
def toy_naming(image: ImageAnnotations, draw: Draw) -> Iterator[Draft]:
    for thing in image.objects:
        if thing.box is not None:
            yield Draft(
                task="region_classification",
                key=thing.object_id,
                instruction=draw.choice(ASKED, thing.object_id),
                response=thing.category,
                regions=[Region(box=thing.box, label=thing.category)],
                granularity="region",
            )
    for kind, things in image.objects_by_category().items():
        if image.countable(kind):
            yield Draft(
                task="object_counting", key=kind, instruction=f"How many: {kind}? A number.", response=str(len(things))
            )

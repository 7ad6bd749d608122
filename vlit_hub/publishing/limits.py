"""What a reader has to know before using a dataset, as far as its own records tell it."""

from __future__ import annotations

from vlit_hub.publishing.rendering import code, number, percent
from vlit_hub.publishing.summary import Summary

__all__ = ["license_notes", "limits"]

_FREQUENT = 0.1  # a response that so many of a task's records have is worth telling
_RARE = 0.02  # a task with fewer of the records
_POOL = 0.01  # fewer different instructions than this, by record, come from a pool
_LABELS = 3  # that are named


def limits(summary: Summary) -> list[str]:
    """Sentences in Markdown, each true of these records by their numbers."""
    found = [*_photos(summary), *_origin(summary), *_language(summary), *_balance(summary), *_repetition(summary)]
    return [*found, *_answers(summary), *_labels(summary), *_agreement(summary), *_unsupported(summary)]


def license_notes(summary: Summary) -> list[str]:
    """What the photos' licences mean for who uses the dataset."""
    notes = []
    for what, means, holds in (
        ("commercial use", "who earns money with them needs the owners' leave", "noncommercial"),
        ("changed copies", "a cropped, resized or otherwise changed copy may not be passed on", "no_derivatives"),
    ):
        rows = [counted for license, counted in summary.image_licenses if getattr(license, holds)]
        if rows:
            images, share = sum(row.count for row in rows), sum(row.share for row in rows)
            notes.append(f"{number(images)} images ({percent(share)}) are under licences that exclude {what}: {means}.")
    unknown = sum(counted.count for license, counted in summary.image_licenses if not license.known)
    if unknown:
        notes.append(
            f"Of {number(unknown)} images ({percent(unknown / summary.images)}) the licence isn't known, or what it allows. "
            "Nothing may be taken for granted about them."
        )
    if any(license.attribution for license, _ in summary.image_licenses):
        notes.append(
            "Photographers aren't named in the records. Look them up by `source.image_ids` in the annotation files, which may "
            "name them or the page that the photo is from."
        )
    return [
        *notes,
        "Whether training a model is a use that a licence restricts is a question of law, not of this card.",
    ]


def _photos(summary: Summary) -> list[str]:
    lacking = summary.records - summary.records_with_photo
    if summary.photos == "none":
        return ["**No photos.** The records name their photos, but neither hold nor link them."]
    if summary.photos == "file":
        return [
            "**No photos.** The records name their photos, which lay on a disk when they were made, but don't hold them."
        ]
    found = []
    if summary.photos == "address":
        found.append(
            "**Photos by web address.** They lie where the annotations say, not on the Hub, and are fetched one by one; a record "
            "whose address is gone can't be read with its photo."
        )
    if lacking:
        share = percent(lacking / summary.records)
        found.append(
            f"**Missing photos.** {number(lacking)} records ({share}) have no photo; filter them out before training."
        )
    return found


def _origin(summary: Summary) -> list[str]:
    found = []
    if summary.imported:
        found.append(
            f"**Texts of unknown making.** {percent(summary.imported / summary.records)} of the records came ready-made from "
            "somebody else's data. Nothing here tells who or what wrote them, or whether anyone held them against the photos."
        )
    if summary.generated:
        found.append(
            f"**Model-written text.** A language model wrote {percent(summary.generated / summary.records)} of the records; "
            "it may state what isn't in the image."
        )
    elif summary.imported < summary.records:
        found.append(
            "**As right as the annotations.** Responses follow from annotations by rule. What annotators overlooked or got wrong "
            "is wrong here too: no response was compared with its photo."
        )
    return found


def _language(summary: Summary) -> list[str]:
    if summary.language is None:
        return ["**Language.** Which languages the texts are in couldn't be told from them, so none is stated."]
    other = f"{percent(summary.other_script)} of them have" if summary.other_script else "none of them has"
    return [f"**Language.** English, judged by a sample of the texts; {other} letters of another script than Latin."]


def _balance(summary: Summary) -> list[str]:
    found = []
    largest = summary.tasks[0]
    if len(summary.tasks) > 1:
        rare = [task for task in summary.tasks if task.share < _RARE]
        text = f"**Balance of tasks.** {code(largest.name)} makes up {percent(largest.share)} of the records"
        if rare:
            text += f"; under {percent(_RARE)} each: {', '.join(code(task.name) for task in rare)}"
        found.append(text + ".")
    pooled = [task for task in summary.tasks if task.instructions < max(_POOL * task.records, 2)]
    if pooled:
        each = ", ".join(f"{code(task.name)} {number(task.instructions)}" for task in pooled)
        found.append(
            f"**Instructions from pools.** These tasks have few different instructions, `input.text` aside: {each}. "
            "A model can learn their wording by heart."
        )
    return found


def _repetition(summary: Summary) -> list[str]:
    if not summary.repeated:
        return []
    share = percent(summary.repeated / summary.records)
    return [
        f"**Repetition.** {number(summary.repeated)} records ({share}) repeat another one word for word, on the same image."
    ]


def _answers(summary: Summary) -> list[str]:
    found = []
    frequent = [task for task in summary.tasks if task.top and task.top.share >= _FREQUENT and task.yes is None]
    if frequent:
        each = "; ".join(
            f"{code(task.name)} {code(task.top.name)} {percent(task.top.share)}" for task in frequent if task.top
        )
        found.append(
            f"**Frequent answers.** Always giving a task's most frequent response matches this share of its records: {each}."
        )
    decided = [task for task in summary.tasks if task.yes is not None]
    if decided:
        each = ", ".join(f"{code(task.name)} {percent(task.yes or 0)}" for task in decided)
        found.append(f"**Yes and no.** The answer is yes in this share of the records: {each}.")
    return found


def _labels(summary: Summary) -> list[str]:
    if not summary.labels or summary.distinct_labels <= len(summary.labels):
        return []
    share = percent(sum(label.share for label in summary.labels))
    names = ", ".join(f"{code(label.name)} {percent(label.share)}" for label in summary.labels[:_LABELS])
    return [
        f"**Uneven labels.** The regions have {number(summary.distinct_labels)} different labels; the {len(summary.labels)} most "
        f"frequent make up {share} of them ({names})."
    ]


def _agreement(summary: Summary) -> list[str]:
    if summary.disputed is None:
        return []
    return [
        f"**Disputed answers.** Of the records whose answer several annotators were asked for, {percent(summary.disputed)} "
        "have a response that at most half of them gave."
    ]


def _unsupported(summary: Summary) -> list[str]:
    if summary.unsupported is None:
        return []
    return [
        "**Unsupported mentions.** Of the records that were looked through for it, "
        f"{percent(summary.unsupported) if summary.unsupported else 'none'} "
        f"{'speak' if summary.unsupported else 'speaks'} of an object that no annotation of its image names."
    ]

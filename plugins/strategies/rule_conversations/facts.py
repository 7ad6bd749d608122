"""What is certain of the objects of some images: which categories are there, how many, which object is the only one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from vlit_hub.drafting.columns import run_places
from vlit_hub.drafting.groups import group_objects
from vlit_hub.draws import draw, salt
from vlit_hub.frames import Annotations
from vlit_hub.plugins.strategies.rule_conversations.captions import rank_captions
from vlit_hub.plugins.strategies.rule_conversations.evidence import FIGURES, PICTURES, Evidence
from vlit_hub.plugins.strategies.rule_conversations.options import RuleConversationsOptions
from vlit_hub.plugins.strategies.rule_conversations.vocabulary import Vocabulary
from vlit_hub.wording.nouns import Labels

__all__ = ["Facts"]

_PAIR = ["image_id", "code"]

# Shares of the image's area. Smaller objects are often mislabelled (a figurine for a dog), and where one of a kind is small,
# others may have been missed.
LEAST_SHARE = 0.01
_LEAST_NAMED_SHARE = 0.004  # where a caption names it too
_LEAST_COUNTED_SHARE = 0.004
_LEAST_MARKED_SHARE = 0.02
_PLAIN_SHARE = 0.04  # what no annotator takes for something else, if the category is striking

# So many absent categories an image are worked with.
_AT_MOST = 8
# A draw in [0, 1] is multiplied by this where the category belongs to the picture's setting, so that it comes sooner.
_PLAUSIBLE = 0.4

# Annotators who found a large object look for more, and take small things for it: a car's mirror for a parking meter.
_ALIKE = 0.4


@dataclass(frozen=True)
class Facts:
    """What is certain of some images, worked out when it is asked for."""

    annotations: Annotations
    options: RuleConversationsOptions
    vocabulary: Vocabulary

    @cached_property
    def evidence(self) -> Evidence:
        """What the texts say."""
        return Evidence(self.annotations, self.vocabulary)

    @cached_property
    def ranked_captions(self) -> pl.DataFrame:
        """Captions that others of their image bear out, the best first."""
        return rank_captions(self.evidence.captions)

    @cached_property
    def images(self) -> pl.DataFrame:
        """Images with `captioned` (has captions), `figures` (they speak of figures) and `depicted` (of figures or pictures)."""
        told = self.evidence.captions.group_by("image_id").agg(
            captioned=pl.lit(True),
            figures=pl.col("caption").str.contains(FIGURES).any(),
            depicted=(pl.col("caption").str.contains(FIGURES) | pl.col("caption").str.contains(PICTURES)).any(),
        )
        images = self.annotations.images.join(told, on="image_id", how="left", maintain_order="left")
        return images.with_columns(pl.col("captioned", "figures", "depicted").fill_null(False))

    @cached_property
    def objects(self) -> pl.DataFrame:
        """Objects with `row`, `code`, what the vocabulary knows of the category, and `share` of the image and `box_share`.

        `sure` are those whose category is certain: large enough, no crowd, and named by a caption where the category needs it.
        """
        objects = self.annotations.objects.with_row_index("row").with_columns(pl.col("row").cast(pl.Int64()))
        sizes = self.images.select("image_id", "width", "height", "captioned", "figures", "depicted")
        joined = objects.join(sizes, on="image_id", how="left", maintain_order="left").join(
            self.vocabulary.frame.drop("confused"), on="category", how="left", maintain_order="left"
        )
        box_area = (pl.col("x2") - pl.col("x1")) * (pl.col("y2") - pl.col("y1"))
        image_area = pl.col("width").cast(pl.Float64()) * pl.col("height")
        joined = joined.with_columns(
            share=pl.coalesce("area", box_area) / image_area,
            box_share=box_area / image_area,
            crowd=pl.col("crowd").fill_null(False),
        )
        joined = self._flagged(joined, "named", self.evidence.named)
        joined = self._flagged(joined, "denied", self.evidence.denied)
        least = pl.when("named").then(_LEAST_NAMED_SHARE).otherwise(LEAST_SHARE)
        large = (pl.col("share") >= least).fill_null(False)
        plain = pl.col("striking") & ~pl.col("figures") & (pl.col("share") >= _PLAIN_SHARE).fill_null(False)
        named = pl.col("named") | ~pl.col("needs_word") | ~pl.col("captioned") | plain
        return joined.with_columns(sure=large & named & ~pl.col("crowd") & ~pl.col("denied"))

    @cached_property
    def present(self) -> pl.DataFrame:
        """Categories that are in the image for certain: `image_id`, `code`, `said`, `source`, `sure_number` (of sure objects;
        there may be more), `crowd` (a large group is annotated as one), and `number` where that of all is known.
        """
        sure = self.objects.filter("sure")
        alike = (pl.col("share") >= _ALIKE * pl.col("share").max()).sum()
        found = sure.group_by(_PAIR, maintain_order=True).agg(
            pl.col("said", "source", "category").first(), sure_number=alike
        )
        groups = self.objects.filter(pl.col("crowd") & (pl.col("share") >= LEAST_SHARE))
        found = self._flagged(found, "crowd", groups)
        numbers = self.counted.select(*_PAIR, "number", "the_only")
        return found.join(numbers, on=_PAIR, how="left", maintain_order="left").with_columns(
            pl.col("the_only").fill_null(False)
        )

    @cached_property
    def _complete(self) -> pl.DataFrame:
        """Categories of which nothing speaks against the annotated number: `image_id`, `code`, `said`, `number`, `row`, `source`.

        All objects of the category are annotated and none is a crowd, no confusable category is beside it, no picture or mirror
        shows others, and no caption, question or answer gives another number.
        """
        annotations = self.annotations
        labels = Labels(annotations.objects["category"])
        groups = group_objects(annotations.objects, labels, annotations.rejected)
        smallest = self.objects.group_by(_PAIR, maintain_order=True).agg(
            least_share=pl.col("share").min(), any_sure=pl.col("sure").any()
        )
        frame = pl.DataFrame(
            {
                "image_id": groups.image_id,
                "category": groups.labels.names,
                "number": pl.Series(groups.counts, dtype=pl.Int64()),
                "row": pl.Series(
                    groups.rows[groups.starts] if len(groups.rows) else np.zeros(0, np.int64), dtype=pl.Int64()
                ),
                "source": groups.source,
            }
        )
        frame = frame.join(self.vocabulary.frame, on="category", how="left", maintain_order="left")
        frame = frame.join(smallest, on=_PAIR, how="left", maintain_order="left")
        flags = self.images.select("image_id", "captioned", "depicted")
        frame = frame.join(flags, on="image_id", how="left", maintain_order="left")
        for name, pairs in {
            "said_of": self.evidence.said,
            "plural": self.evidence.plural,
            "unlike": self._unlike(frame),
            "confusable": self._confusable,
        }.items():
            frame = self._flagged(frame, name, pairs)
        plain = pl.col("striking") & (pl.col("least_share") >= _PLAIN_SHARE).fill_null(False)
        clear = (
            pl.col("countable")
            & pl.col("any_sure")
            & ~pl.col("depicted")
            & (pl.col("said_of") | ~pl.col("captioned") | plain)
            & ~pl.col("unlike")
            & ~pl.col("confusable")
            & ~(pl.col("plural") & (pl.col("number") == 1))
        )
        return frame.filter(clear)

    @cached_property
    def counted(self) -> pl.DataFrame:
        """Categories whose number in the image is certain: rows of `_complete` with `the_only`.

        None of the objects is very small, and they aren't too many.
        """
        few = pl.col("number") <= pl.col("count")
        large = (pl.col("least_share") >= _LEAST_COUNTED_SHARE).fill_null(False)
        return self._complete.filter(few & large).with_columns(the_only=pl.col("number") == 1)

    @cached_property
    def singles(self) -> pl.DataFrame:
        """The objects that can be called the dog, the bench: rows of `objects`.

        Each is the only one of its category that is annotated. That there is no other in the image is said of `counted` only.
        """
        alone = self._complete.filter((pl.col("number") == 1) & ~pl.col("heap")).select("row")
        return self.objects.filter("sure").join(alone, on="row", how="semi", maintain_order="left")

    @cached_property
    def marked(self) -> pl.DataFrame:
        """The objects that region conversations are about: some of each image, drawn by hash.

        Their category has to be beyond doubt: sure, large enough, not much smaller than others of the category, nothing
        annotated that it is mixed up with, and no toys or figures about.
        """
        largest = pl.col("share").max().over(_PAIR)
        sure = self._flagged(self.objects.with_columns(largest=largest), "confusable", self._confusable).filter(
            pl.col("sure")
            & (pl.col("share") >= _LEAST_MARKED_SHARE)
            & (pl.col("share") >= _ALIKE * pl.col("largest"))
            & ~pl.col("confusable")
            & ~pl.col("figures")
        )
        numbers = draw(salt(self.options.seed, "region", "object"), sure["image_id"], sure["object_id"])
        place = pl.col("drawn").rank("ordinal").over("image_id")
        return sure.with_columns(drawn=numbers).filter(place <= self.options.regions).drop("drawn")

    @cached_property
    def looked_for(self) -> pl.DataFrame:
        """Pairs of image and category that a source would have annotated if it were there: `image_id`, `code`, `source`.

        The source annotates all objects of its categories, has annotated something here (or there is a caption besides), and
        left nothing out.
        """
        annotations = self.annotations
        left_out = annotations.rejected.select("image_id", "source").unique()
        own = annotations.objects.select("image_id", "source").unique(maintain_order=True)
        exhaustive = self.images.filter(pl.col("exhaustive").fill_null(False))
        parts = []
        for source, codes in self.vocabulary.annotated.items():
            seen = own.filter(pl.col("source") == source)
            if len(self.vocabulary.annotated) == 1:
                captioned = exhaustive.filter("captioned").select("image_id", source=pl.lit(source))
                seen = pl.concat([seen, captioned]).unique(maintain_order=True)
            seen = seen.join(exhaustive, on="image_id", how="semi").join(
                left_out, on=["image_id", "source"], how="anti", maintain_order="left"
            )
            categories = pl.DataFrame({"code": pl.Series(codes, dtype=pl.Int64())})
            allowed = self.vocabulary.frame.filter("striking").select("code")
            parts.append(seen.join(categories.join(allowed, on="code", how="semi", maintain_order="left"), how="cross"))
        schema = {"image_id": pl.Int64(), "source": pl.String(), "code": pl.Int64()}
        return pl.concat([pl.DataFrame(schema=schema), *parts]).unique(_PAIR, keep="first", maintain_order=True)

    @cached_property
    def absent(self) -> pl.DataFrame:
        """Categories that aren't in the image for certain: `image_id`, `code`, `said`, `setting`, `animal`, `source`.

        Looked for (or verified to be absent) and not annotated, nor anything that it is confused with; and no text about the
        image mentions it. Where captions speak of pictures, toys or mirrors, only what is out of place there, and no animals.
        """
        verified = (
            self.annotations.absent.join(self.vocabulary.frame.select("category", "code"), on="category")
            .select("image_id", "source", "code")
            .unique(_PAIR, keep="first", maintain_order=True)
        )
        found = pl.concat([verified, self.looked_for]).unique(_PAIR, keep="first", maintain_order=True)
        there = self.objects.select(_PAIR)
        for pairs in (there, self.evidence.mentioned, self._confusable):
            found = found.join(pairs.unique(), on=_PAIR, how="anti", maintain_order="left")
        found = found.join(
            self.vocabulary.frame.select("code", "category", "said", "setting", "animal"),
            on="code",
            how="left",
            maintain_order="left",
        )
        flags = self.images.select("image_id", "depicted").join(self.setting, on="image_id", how="left")
        found = found.join(flags, on="image_id", how="left", maintain_order="left")
        out_of_place = (pl.col("setting") != pl.col("here")) & (pl.col("setting") != "any") & ~pl.col("animal")
        return found.filter(~pl.col("depicted") | out_of_place.fill_null(False))

    @cached_property
    def likely_absent(self) -> pl.DataFrame:
        """Some absent categories of each image, by `place`: those of the picture's setting sooner than others."""
        found = self.absent
        numbers = pl.Series(draw(salt(self.options.seed, "absent"), found["image_id"], found["code"]), dtype=pl.UInt64)
        found = found.with_columns(share=numbers.cast(pl.Float64()) / 2.0**64)
        at_home = (pl.col("setting") == pl.col("here")).fill_null(False) | (pl.col("setting") == "any")
        order = pl.col("share") * pl.when(at_home).then(_PLAUSIBLE).otherwise(1.0)
        found = found.with_columns(order=order).sort("image_id", "order")
        return found.with_columns(place=pl.Series(run_places(found["image_id"].to_numpy()))).filter(
            pl.col("place") < _AT_MOST
        )

    @cached_property
    def setting(self) -> pl.DataFrame:
        """Whether more of an image's objects belong `outdoors` or `indoors`: `image_id`, `here`."""
        return (
            self.objects.filter(pl.col("setting") != "any")
            .group_by("image_id")
            .agg(out=(pl.col("setting") == "outdoors").mean())
            .select(
                "image_id", here=pl.when(pl.col("out") >= 0.5).then(pl.lit("outdoors")).otherwise(pl.lit("indoors"))
            )
        )

    @cached_property
    def _confusions(self) -> pl.DataFrame:
        """Pairs of categories that are mixed up: `code`, `other`."""
        groups = self.vocabulary.frame.select("code", "confused").explode("confused").drop_nulls()
        pairs = groups.join(groups.rename({"code": "other"}), on="confused").select("code", "other").unique()
        return pairs.filter(pl.col("code") != pl.col("other"))

    @cached_property
    def _confusable(self) -> pl.DataFrame:
        """Pairs of image and category beside which a category is annotated that it is mixed up with."""
        here = self.objects.select("image_id", other="code").unique()
        return here.join(self._confusions, on="other").select(_PAIR).unique()

    def _unlike(self, counted: pl.DataFrame) -> pl.DataFrame:
        """Pairs for which a text gives another number."""
        given = self.evidence.numbers.join(counted.select(*_PAIR, "number"), on=_PAIR)
        return given.filter((pl.col("number") < pl.col("least")) | (pl.col("number") > pl.col("most"))).select(_PAIR)

    @staticmethod
    def _flagged(frame: pl.DataFrame, name: str, pairs: pl.DataFrame) -> pl.DataFrame:
        """With a column that says whether `pairs` has the row's image and category."""
        marks = pairs.select(_PAIR).unique().with_columns(pl.lit(True).alias(name))
        return frame.join(marks, on=_PAIR, how="left", maintain_order="left").with_columns(
            pl.col(name).fill_null(False)
        )

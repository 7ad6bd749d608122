"""Which categories the texts about an image mention, so that none of them is called absent.

Deliberately coarse: names are looked for within words too, and general words stand for several categories. `scarf` spares
`car`, and `a bike` both bicycle and motorcycle. A category spared for nothing costs little; one called absent that is there
makes a wrong record.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from vlit_hub.frames import Annotations
from vlit_hub.wording.nouns import forms

__all__ = ["find_mentions", "match_terms", "terms"]

# Other words for the categories of COCO, looked for beside name and plural; plurals in s are found with the singular.
_OTHER_WORDS = {
    "airplane": "aircraft airliner jet plane",
    "backpack": "bag knapsack luggage rucksack",
    "banana": "fruit plantain",
    "apple": "fruit",
    "orange": "fruit citrus tangerine",
    "baseball glove": "mitt",
    "bear": "cub grizzly",
    "bed": "bunk mattress",
    "bench": "pew seat",
    "bicycle": "bike cycl tricycle",
    "bird": "chicken crow duck eagle flamingo geese goose gull hawk hen owl parrot peacock pelican penguin pigeon rooster swan "
    "turkey",
    "boat": "canoe dinghy ferry gondola kayak raft sail ship vessel yacht",
    "book": "magazine novel",
    "bottle": "beer wine ketchup",
    "bowl": "dish",
    "broccoli": "vegetable veggie",
    "carrot": "vegetable veggie",
    "bus": "coach trolley",
    "cake": "cheesecake dessert pastry pastries",
    "car": "automobile cab jeep sedan suv taxi traffic van vehicle",
    "cat": "feline kitten kitty",
    "cell phone": "iphone mobile",
    "chair": "armchair recliner seat stool",
    "clock": "watch",
    "couch": "futon loveseat sofa",
    "cow": "bull calf calves cattle ox steer",
    "cup": "beverage coffee drink glass mug",
    "dining table": "desk",
    "dog": "canine hound pup",
    "donut": "doughnut pastry pastries",
    "elephant": "calf",
    "fork": "silverware utensil cutlery",
    "frisbee": "disc disk",
    "giraffe": "calf",
    "hair drier": "dryer",
    "handbag": "bag purse tote luggage",
    "hot dog": "frankfurter hotdog sausage",
    "horse": "colt foal mare pony ponies stallion",
    "keyboard": "computer",
    "kite": "parachute parasail",
    "knife": "blade cutlery silverware utensil",
    "laptop": "computer macbook notebook",
    "microwave": "appliance",
    "motorcycle": "bike biker moped motor scooter vespa",
    "mouse": "computer",
    "oven": "stove appliance range",
    "person": "baby babies bicyclist biker boarder boy catcher chef child couple crowd cyclist everyone family families female "
    "friend gentleman girl group guy human individual kid ladies lady male man men motorcyclist officer pedestrian people "
    "pitcher player police rider skater skateboarder skier snowboarder somebody someone spectator student surfer team teen "
    "toddler umpire woman women batter bride groom",
    "pizza": "slice",
    "potted plant": "flower",
    "refrigerator": "fridge freezer appliance",
    "remote": "controller wii",
    "sandwich": "burger panini",
    "scissors": "shears",
    "sheep": "lamb ram ewe",
    "sink": "basin faucet",
    "skateboard": "board skat",
    "skis": "ski",
    "snowboard": "board",
    "spoon": "ladle silverware utensil cutlery",
    "sports ball": "baseball basketball football soccer tennis volleyball",
    "stop sign": "sign",
    "suitcase": "baggage luggage",
    "surfboard": "board surf",
    "teddy bear": "stuffed plush toy",
    "tennis racket": "racquet",
    "tie": "tux suit",
    "toaster": "appliance",
    "toilet": "bathroom restroom urinal",
    "toothbrush": "brush",
    "traffic light": "signal stoplight",
    "train": "locomotive subway tram railway",
    "truck": "lorry pickup trailer van vehicle",
    "tv": "monitor screen television",
    "umbrella": "parasol canop",
    "vase": "jar pot urn",
    "wine glass": "goblet",
    "zebra": "foal",
}


def terms(categories: Sequence[str]) -> pl.DataFrame:
    """The words that mention each category: columns `term` (lower case) and `code`, its place among the categories."""
    rows = []
    for code, category in enumerate(categories):
        name = forms(category).label.lower()
        head = name.rsplit(" ", 1)[-1]
        words = [name, head, forms(head).labels.lower(), name.replace(" ", ""), *_OTHER_WORDS.get(name, "").split()]
        rows += [(word, code) for word in dict.fromkeys(words)]
    return pl.DataFrame(rows, schema={"term": pl.String(), "code": pl.Int64()}, orient="row")


def find_mentions(annotations: Annotations, categories: pl.Series, terms: pl.DataFrame) -> pl.DataFrame:
    """The categories that the texts about an image mention: captions, questions and answers, region phrases, and names of
    objects that are none of the categories.

    Returns:
        Columns `image_id` and `code`; a pair may come more than once.
    """
    questions = annotations.questions
    wordy = questions.filter(~pl.col("answer_type").is_in(["yes/no", "number"]).fill_null(False))
    others = annotations.objects.filter(~pl.col("category").is_in(categories.implode()))
    return pl.concat(
        [
            match_terms(annotations.captions.select("image_id", text="caption"), terms),
            match_terms(annotations.regions.select("image_id", text="phrase"), terms),
            match_terms(questions.select("image_id", text="question"), terms),
            # These repeat themselves, so each distinct text is searched once.
            _matches_of_distinct(questions.select("image_id", text="answer"), terms),
            _matches_of_distinct(wordy.select("image_id", text="answers").explode("text"), terms),
            _matches_of_distinct(others.select("image_id", text="category"), terms),
        ]
    )


def match_terms(texts: pl.DataFrame, terms: pl.DataFrame) -> pl.DataFrame:
    """What texts mention.

    Args:
        texts: `text`, and columns of any other names but `term`.
        terms: `term`, lower case, and what it stands for in other columns.

    Returns:
        The other columns of both; a row for each time that a term occurs in a text.
    """
    found = pl.col("text").str.extract_many(
        terms["term"].unique().implode(), ascii_case_insensitive=True, overlapping=True
    )
    return (
        texts.with_columns(term=found)
        .filter(pl.col("term").list.len() > 0)
        .explode("term")
        .with_columns(pl.col("term").str.to_lowercase())
        .join(terms, on="term")
        .drop("term", "text")
    )


def _matches_of_distinct(texts: pl.DataFrame, terms: pl.DataFrame) -> pl.DataFrame:
    distinct = texts.select("text").unique().drop_nulls()
    found = match_terms(distinct.with_columns(whole="text"), terms)
    return texts.join(found, left_on="text", right_on="whole").select("image_id", "code")

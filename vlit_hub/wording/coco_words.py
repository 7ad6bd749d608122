"""Tables: the words by which texts name the categories of COCO, and what these words mean elsewhere.

Precise where `vlit_hub.wording.mentions` is coarse: there a word too many spares a question, here it raises a false alarm. A word
that may stand for several categories names them all.
"""

from __future__ import annotations

__all__ = ["AFTER", "BEFORE", "CATEGORIES", "MEANINGS"]

# Words beside the category's own name, in the singular. Those that are left out mean too much else: glass, board, plant, screen;
# table, since COCO annotates few tables but dining tables.
_WORDS = {
    "person": "man|woman|boy|girl|child|kid|baby|toddler|infant|lady|gentleman|guy|pedestrian|cyclist|bicyclist|motorcyclist|"
    "skier|"
    "snowboarder|surfer|skateboarder|skater|batter|umpire|spectator|bystander|passerby|teenager|bride|groom|"
    "police officer|policeman|fireman|firefighter|waiter|waitress|bus driver|truck driver|tennis player|baseball player|"
    "soccer player",
    "bicycle": "",
    "car": "sedan|suv|automobile|hatchback|minivan|station wagon",
    "motorcycle": "motorbike|moped|motor scooter",
    "airplane": "plane|aeroplane|airliner|jumbo jet|biplane|fighter jet",
    "bus": "double-decker bus|minibus",
    "train": "locomotive",
    "truck": "lorry|pickup truck|fire engine|semi-truck",
    "boat": "sailboat|canoe|kayak|rowboat|ferry|yacht|speedboat|motorboat|cruise ship",
    "traffic light": "stoplight|traffic signal",
    "fire hydrant": "hydrant",
    "bird": "seagull|gull|pigeon|goose|swan|parrot|owl|eagle|rooster|sparrow|pelican|flamingo|peacock",
    "cat": "kitten|kitty",
    "dog": "puppy|pup",
    "horse": "pony|foal|stallion|mare",
    "sheep": "ewe",
    "cow": "cattle|bull",
    "elephant": "",
    "bear": "polar bear|grizzly",
    "backpack": "rucksack|knapsack",
    "umbrella": "parasol",
    "handbag": "purse|tote bag",
    "tie": "necktie|bow tie|bowtie",
    "suitcase": "",
    "frisbee": "flying disc",
    "sports ball": "ball|tennis ball|soccer ball",
    "baseball bat": "",
    "baseball glove": "catcher's mitt|baseball mitt",
    "surfboard": "",
    "tennis racket": "tennis racquet|racquet|racket",
    "wine glass": "wineglass",
    "cup": "mug|teacup|coffee cup",
    "sandwich": "",
    "hot dog": "hotdog",
    "donut": "doughnut",
    "cake": "birthday cake|wedding cake",
    "chair": "armchair",
    "couch": "sofa|loveseat",
    "potted plant": "houseplant",
    "dining table": "dinner table|kitchen table|dining room table",
    "toilet": "urinal",
    "tv": "television|tv set|television set|flat-screen",
    "laptop": "laptop computer",
    "mouse": "computer mouse",
    "remote": "remote control",
    "cell phone": "cellphone|mobile phone|smartphone|iphone|phone",
    "oven": "stove",
    "sink": "kitchen sink|bathroom sink",
    "refrigerator": "fridge",
    "clock": "",
    "teddy bear": "teddy|stuffed bear|toy bear|plush bear",
    "hair drier": "hair dryer|hairdryer|blow dryer",
}

_SHARED = {
    "bike": ("bicycle", "motorcycle"),
    "scooter": ("motorcycle", "skateboard"),
    "van": ("car", "truck", "bus"),
    "jeep": ("car", "truck"),
    "pickup": ("truck", "car"),
    "ship": ("boat",),
    "glass of wine": ("wine glass", "cup"),
    "cup of coffee": ("cup", "bottle"),
}

_PLAIN = (
    "stop sign|parking meter|bench|zebra|giraffe|skis|snowboard|kite|skateboard|bottle|fork|knife|spoon|bowl|banana|apple|orange|"
    "broccoli|carrot|pizza|bed|keyboard|microwave|toaster|book|vase|scissors|toothbrush"
)

# What may follow a word that is then only part of another name, and what may stand before it.
AFTER = {
    "apple": r"trees?|pie|juice|orchards?|cider|logo|laptop|computer|macbook|iphone|store|sauce|products?",
    "baby": r"blue|food|carriage|stroller|showers?|bottle|steps?|clothes|grand|powder|corn|carrots?|elephants?|"
    r"giraffes?|zebras?|bears?|birds?|cows?|sheep|animals?|horses?|goats?",
    "ball": r"games?|gowns?|players?|fields?|caps?|boys?|girls?|park|room|point|bearings?",
    "banana": r"bread|trees?|split|boat|republic|peels?|leaf|leaves|plants?",
    "batter": r"(?:is |was )?(?:poured|mixed|fried|mix)|for (?:the )?(?:cake|pancakes?)|'s box",
    "bear": r"in mind|with|witness|fruit|down|resemblance|a resemblance|the (?:weight|brunt|cost|name|logo|mark)|"
    r"traps?|cubs' den",
    "bed": r"of|and breakfast|frames? store|sheets?|linens?|rest|rock|spreads?|time",
    "bench": r"press|mark|seats?",
    "bicycle": r"lanes?|paths?|racks?|shops?|trails?|helmets?|races?|tours?",
    "bike": r"lanes?|paths?|racks?|rides?|shops?|trails?|helmets?|races?|tours?|shorts",
    "bird": r"feeders?|houses?|baths?|cages?|watching|watchers?|seed|nests?|flu|'s-eye|'s eye",
    "boat": r"ramps?|houses?|docks?|shoes|races?|trips?|rentals?|tours?|rides?",
    "book": r"a|an|the|your|their|in advance|online|now|tickets?|cases?|shel(?:f|ves)|stores?|covers?|marks?|ends?|"
    r"clubs?|jackets?",
    "bottle": r"caps?|openers?|necks?|necked|green|gourds?",
    "bowl": r"cuts?|games?|over",
    "bowls": r"over",
    "boy": r"scouts?|friends?",
    "bus": r"stops?|stations?|lanes?|drivers?|routes?|tickets?|shelters?|terminals?|services?|depots?|fares?|rides?|"
    r"systems?|boys?",
    "cake": r"stands?|pops?|mix|walk|shops?|decorations?|decorating|batter",
    "car": r"parks?|washe?s?|dealers?|dealerships?|alarms?|rentals?|shows?|races?|seats?|insurance|keys?|companies|"
    r"industry|models?",
    "carrot": r"cake|and stick|juice|tops?",
    "cat": r"litter|food|walk|naps?|fish|nip|tails?",
    "chair": r"lifts?|person|man|of the (?:board|committee|department)",
    "child": r"care|hood|ren's|safety|seats?|safe",
    "clock": r"towers?|work|wise|radio",
    "couch": r"potato(?:es)?",
    "cow": r"boys?|girls?|hide|bells?|print",
    "cup": r"holders?|boards?|of (?:flour|sugar|rice|milk)|finals?|cakes?",
    "dog": r"food|parks?|beds?|bowls?|leash(?:es)?|houses?|shows?|owners?|walkers?|collars?|tags?|sled|sleds|days?|"
    r"tired|eared",
    "elephant": r"in the room|ear|grass|garlic|seals?",
    "ferry": r"terminals?|service|rides?|landing",
    "fork": r"in the (?:road|path|river|trail)|lifts?|of the (?:road|bike|bicycle)",
    "frisbee": r"golf|games?|players?|team",
    "girl": r"scouts?|friends?",
    "horse": r"races?|racing|riding|drawn|carriages?|trailers?|shoes?|power|chestnuts?|shows?|jumping|tracks?|play|"
    r"radish|flies|fly",
    "keyboard": r"players?|instruments?|shortcuts?",
    "kid": r"friendly|s' menu",
    "kite": r"surf\w*|board\w*|flying|fl(?:y|ier|iers|yers?)|festivals?",
    "knife": r"edge|crime|blocks?",
    "laptop": r"bags?|cases?|sleeves?|stands?|screens?|keyboards?",
    "man": r"made|hole|holes|kind|power|hours?",
    "microwave": r"meals?|dinners?|popcorn|radiation|safe|it|the|for",
    "motorcycle": r"clubs?|helmets?|jackets?|gear|races?|racing|rall(?:y|ies)|shows?|gangs?|culture",
    "mouse": r"pads?|mats?|traps?|cursor|clicks?|pointer",
    "oven": r"mitts?|gloves?|safe|baked|roasted",
    "phone": r"numbers?|calls?|booths?|lines?|poles?|cases?|box(?:es)?|companies|book|app|screens?",
    "pizza": r"box(?:es)?|places?|restaurants?|ovens?|parlou?rs?|cutters?|shops?|dough|sauce|crusts?|deliver\w*|pans?|"
    r"stones?|peels?|wheels?|chefs?|makers?|party|parties|night|toppings?|stand",
    "plane": r"trees?|of|tickets?|rides?|crash|crashes",
    "sandwich": r"shops?|boards?|bread|bags?|wraps?|fillings?|making",
    "sheep": r"skin|ish|dogs?|farms?|farming|shearing|herding",
    "sink": r"into|in|holes?|down|below|or swim|under",
    "skateboard": r"parks?|tricks?|ramps?|decks?|culture|shops?|brands?|helmets?",
    "sofa": r"beds?",
    "stove": r"tops?|pipes?",
    "suitcase": r"wheels?|handles?",
    "surfboard": r"shops?|racks?|wax|fins?|leash(?:es)?",
    "television": r"shows?|series|channels?|stations?|programs?|programmes?|remotes?|stands?|cameras?|cabinets?|crew|news|"
    r"broadcasts?",
    "tennis ball": r"machines?|cans?",
    "tie": r"the|up|together|it|them|in|with|back|down|a|an|his|her|their|your|this|that|these|dye|dyed|breakers?|"
    r"game|score",
    "ties": r"the|up|together|it|them|in|with|back|down|a|an|his|her|their|your|this|that|these|to|between",
    "toilet": r"paper|brush(?:es)?|rolls?|rooms?|humou?r|training|trained|cleaner|stalls?",
    "toothbrush": r"holders?",
    "train": r"stations?|tracks?|rides?|lines?|platforms?|conductors?|sets?|of|for|to|travel|tickets?|services?|routes?|"
    r"yards?|schedules?|systems?|his|her|their|your|hard|dogs?|horses?|people|journeys?|enthusiasts?",
    "trains": r"for|to|his|her|their|hard",
    "truck": r"drivers?|stops?|beds?|routes?|loads?",
    "tv": r"shows?|series|channels?|stations?|programs?|programmes?|remotes?|stands?|dinners?|ads?|commercials?|"
    r"cameras?|cabinets?|consoles?|news|guide|crew",
    "umbrella": r"stands?|terms?|pines?|organi[sz]ations?|holders?|polic(?:y|ies)",
    "zebra": r"crossings?|prints?|stripes?|patterns?|finch(?:es)?",
}

BEFORE = {
    "apple": r"big|adam's|custard",
    "baby": r"baby|bush|teddy|beanie",
    "ball": r"crystal|disco|meat|wrecking|bowling|cotton|yarn|mirror|christmas|masquerade|fire|charity|decorative|"
    r"ornamental|glass|metal|furry|fluffy",
    "batter": r"cake|pancake|the cake|waffle|beer|cookie|tempura|muffin|brownie|fish",
    "bear": r"to|can|cannot|can't|will|must|gummy|care|smokey|pooh|chicago|cub",
    "bed": r"flower|river|garden|truck|raised|sea|lake|stream|seed|pickup|hot|the truck|the lake|dry|creek|sun|day|"
    r"dog|cat|pet|planting|rock",
    "bench": r"work",
    "bicycle": r"exercise|stationary",
    "bike": r"exercise|stationary|dirt-?",
    "bird": r"big|early|lady|angry|free",
    "boat": r"gravy|banana|dream|same|paper",
    "book": r"to|can|should|please|must|note|we|you",
    "bottle": r"to|gas|spray-?|hot water",
    "bowl": r"super|toilet|dust|fish|rose|sugar|cotton|skate|concrete|pool|bathroom|cement",
    "bull": r"pit|red|chicago|sitting|raging",
    "cake": r"cheese|rice|crab|fish|urinal|short|coffee|hot",
    "car": r"train|cable|rail|railroad|street|box|trolley|dining|passenger|freight|subway|tank|tram|side|bumper|"
    r"gondola|flat|rail-?road|race",
    "cat": r"wild|big|fat|dog and|poly",
    "chair": r"wheel|electric|vice|rocking horse|push|department|ski|sedan",
    "clock": r"o'|biological|around the|beat the",
    "couch": r"surf",
    "cow": r"sea|holy",
    "cup": r"world|stanley|davis|suction|ryder|bra|america's|fa|egg|menstrual|pastry",
    "dog": r"hot|corn|prairie|sea|hang|sun|top|under|chili|cheese|snoop|watch|sheep|mad|the hot",
    "eagle": r"bald-?eagle|legal",
    "elephant": r"white",
    "fork": r"tuning|road|front|bike|suspension",
    "goose": r"canada down|mother",
    "groom": r"to|dog",
    "horse": r"sea|saw|rocking|clothes|dark|trojan|pommel|iron|high|hobby|carousel|merry-go-round|war|vaulting|charley",
    "keyboard": r"piano|music|musical|midi|electronic",
    "kitty": r"hello",
    "knife": r"jack|army|pocket|swiss army|palette|utility",
    "man": r"iron|spider|bat|gingerbread|work|sales|fisher|burning|mail|fire|police|chair|best|walking|x-|pac-?|rain",
    "mare": r"night",
    "microwave": r"to|can|you",
    "mouse": r"mickey|minnie|field|cat and|church|mighty|of|a pet",
    "oven": r"pizza|dutch|brick|toaster|clay|easy-?bake",
    "phone": r"pay|speaker|smart and|land|desk|office|telephone",
    "plane": r"astral|inclined|focal|sea and|higher|same|vertical|horizontal|cutting|wood|hand",
    "sandwich": r"ice cream|to",
    "scooter": r"kick|mobility|razor|push|electric|toy",
    "ship": r"space|rocket|friend|owner|relation|champion|air|to|they|we|star|member",
    "sink": r"to|will|would|may|might|could|can|heat|carbon|starting to|begins to|about to|they|ships",
    "skis": r"jet|water",
    "stove": r"camp|wood|wood-?burning|pot-?belly|pellet",
    "swan": r"black-?|paper|plastic",
    "television": r"on|reality|cable|live|watching|watch",
    "tie": r"to|rail(?:road|way)|zip|a|hair|cable|twist|must|can|will|they|you|in a|ended in a|cross|untie|game|"
    r"plastic|bread|wire|always",
    "ties": r"family|cultural|social|economic|close|strong|railroad|railway|zip|hair|cable|historical|political|blood|"
    r"it|he|she|which|that|emotional",
    "train": r"to|can|will|must|they|you|we|thought|toy|dress|wedding|bridal|wagon|the dress|often|the bride's|athletes|"
    r"who|freight elevator",
    "trains": r"he|she|who|toy",
    "truck": r"hand",
    "tv": r"on|reality|cable|live|closed-circuit|watching|watch",
}


def _meanings() -> dict[str, tuple[str, ...]]:
    table: dict[str, tuple[str, ...]] = {name: (name,) for name in [*_PLAIN.split("|"), *_WORDS]}
    for category, listed in _WORDS.items():
        table |= {word: (category,) for word in listed.split("|") if word}
    return table | _SHARED


MEANINGS = _meanings()
"""Of each word, in the singular, the categories it may stand for; the likeliest first."""

CATEGORIES: tuple[str, ...] = tuple(sorted({name for names in MEANINGS.values() for name in names}))
"""The 80 categories of COCO, sorted."""

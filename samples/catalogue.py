"""What the sample library holds: invented adapters in every state in which files lie in people's folders."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sample:
    """One adapter. `sidecars` names the writers of `samples.sidecars`; none means the header is all there is."""

    path: str  # under the library, without extension
    title: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    triggers: tuple[str, ...] = ()
    sidecars: tuple[str, ...] = ()
    base: str = "SD 1.5"
    algorithm: str = "lora"
    weight: float | None = None  # what the user set, or the author's structured field says
    examples: tuple[str, ...] = ()
    training: tuple[tuple[str, int], ...] = ()  # tags of the pictures it was trained on, with their counts
    concept: str = ""  # name of the training folder
    stripped: bool = False  # nothing in the header but tensors
    extension: str = ".safetensors"
    broken: bool = False  # cut off inside the header


HELPER, PLUS, MANAGER, MATRIX, WEBUI, TEXT, DESCRIPTION, SPEC = (
    "civitai_helper",
    "browser_plus",
    "lora_manager",
    "stability_matrix",
    "webui",
    "text",
    "description_text",
    "modelspec",
)

SAMPLES: tuple[Sample, ...] = (
    # characters
    Sample(
        "characters/veska_thornlight_v2",
        "Veska Thornlight (Lanterns of Orrimar)",
        "<h2>Veska Thornlight</h2><p>The lamp keeper of <strong>Lanterns of Orrimar</strong>, with her silver braid "
        "and green cloak.</p><p>Recommended weight: 0.7 - 0.9</p><p>If you like my work, buy me a coffee: "
        '<a href="https://example.com/tips">example.com/tips</a></p><ul><li>v2: better eyes</li></ul>',
        ("character", "veska thornlight", "lanterns of orrimar", "fantasy"),
        ("veska thornlight, silver braid, green cloak", "veska thornlight, lamp armor, crown of candles"),
        (HELPER, WEBUI),
        examples=(
            "veska thornlight, silver braid, green cloak, holding a lantern, forest <lora:veska_thornlight_v2:0.8>",
            "veska thornlight, lamp armor, crown of candles, dramatic light <lora:veska_thornlight_v2:0.75>",
        ),
        concept="veska thornlight",
    ),
    Sample(
        "characters/brother_umber",
        "Brother Umber - Lanterns of Orrimar",
        "<p>The round monk with the bee hives. Trigger: brother umber. Works best at 0.8.</p>",
        ("character", "lanterns of orrimar", "monk"),
        ("brother umber",),
        (MANAGER,),
        weight=0.8,
        examples=("brother umber feeding bees, monastery garden",),
    ),
    Sample(
        "characters/灯里_星渡り",
        "星渡りの灯里",
        "オリジナル作品「星渡り」の主人公、灯里のLoRAです。推奨強度は0.6~0.8。トリガーワード:akari hoshiwatari",
        ("character", "オリジナル"),
        ("akari hoshiwatari",),
        (WEBUI, TEXT),
    ),
    Sample(
        "characters/professor_pell_XL",
        "Professor Pell (The Tidal Academy)",
        "An old otter in a tweed coat who teaches navigation at the Tidal Academy.",
        ("character", "anthro", "otter"),
        ("professor pell",),
        (MATRIX,),
        base="Illustrious",
    ),
    Sample(
        "characters/rook_clockwork_fox",
        "Rook the Clockwork Fox",
        "Rook, the brass fox of the picture book Nine Gears. Not for foxes in general. Weight 0.9.",
        ("character", "nine gears", "fox"),
        ("rook the clockwork fox",),
        (TEXT,),
    ),
    # styles
    Sample(
        "styles/inkwash_watercolor",
        "Loose Watercolor",
        "<p>Loose watercolor painting with wet edges and paper grain.</p><p>Use it at 0.6 to 0.8.</p>",
        ("style", "watercolor", "painting", "traditional media"),
        ("watercolor painting",),
        (HELPER,),
        examples=(
            "watercolor painting of a harbor <lora:inkwash_watercolor:0.7>",
            "a cat, watercolor painting, paper grain <lora:inkwash_watercolor:0.6>",
        ),
    ),
    Sample(
        "styles/ukiyoe_woodblock_v3",
        "Ukiyo-e Woodblock Print",
        "Flat colours, bold outlines and the grain of the block: the look of Edo woodblock prints, ukiyo-e.",
        ("style", "ukiyo-e", "woodblock print", "japanese"),
        ("ukiyo-e style",),
        (WEBUI,),
        algorithm="lokr",
        weight=0.75,
    ),
    Sample(
        "styles/水墨山水",
        "水墨山水画风",
        "中国传统水墨山水画风格 LoRA,适合山水、云雾、竹林。推荐权重 0.7。触发词:shuimo, ink wash painting",
        ("style", "国风", "水墨"),
        ("shuimo", "ink wash painting"),
        (PLUS,),
    ),
    Sample(
        "styles/pixel_art_16bit_XL",
        "16-bit Pixel Art XL",
        "Clean 16-bit pixel art with a limited palette. No trigger needed, weight 1.0.",
        ("style", "pixel art", "game"),
        (),
        (MANAGER,),
        base="SDXL 1.0",
        weight=1.0,
    ),
    Sample(
        "styles/paper_cutout_flux",
        "Layered Paper Cutout",
        "Layered paper cutout scenes with soft shadows between the layers.",
        ("style", "papercraft"),
        ("paper cutout",),
        (SPEC,),
        base="Flux.1 D",
    ),
    Sample(
        "styles/risograph_print",
        "",
        "Risograph print style: two spot colours, visible halftone dots, slight misregistration.\nweight 0.5-0.8",
        (),
        (),
        (TEXT,),
        training=(("risograph print", 60), ("halftone", 55), ("limited palette", 41)),
        concept="risograph",
    ),
    Sample(
        "styles/noir_film_1940s",
        "1940s Film Noir",
        "Black and white film noir: hard shadows, venetian blinds, cigarette smoke.",
        ("style", "film noir", "black and white", "photography"),
        ("film noir",),
        (MATRIX,),
        algorithm="loha",
    ),
    Sample(
        "styles/claymation_dora",
        "Claymation",
        "Everything looks like a stop-motion film made of modelling clay, fingerprints included.",
        ("style", "claymation", "stop motion"),
        ("claymation",),
        (HELPER,),
        algorithm="dora",
    ),
    Sample(
        "styles/watercolor_dreams_XL",
        "Watercolor Dreams XL",
        "Soft watercolor illustrations for SDXL.",
        ("style", "watercolor"),
        ("watercolor",),
        (MANAGER,),
        base="SDXL 1.0",
    ),
    # quality
    Sample(
        "tools/detail_dial",
        "Detail Dial",
        "A slider for detail. Positive weights add texture, negative ones take them away. Range -2 to 2.",
        ("tool", "detail", "enhancer", "slider"),
        (),
        (HELPER, WEBUI),
        weight=0.5,
    ),
    Sample(
        "tools/soft_light_enhancer",
        "Soft Light Enhancer",
        "Improves lighting: softer shadows, gentle bloom, balanced contrast.",
        ("tool", "lighting", "enhancer"),
        (),
        (TEXT,),
    ),
    Sample(
        "tools/better_hands_helper",
        "Better Hands Helper",
        "Fixes hands and fingers. Put it at 0.6.",
        ("tool", "hands", "quality"),
        (),
        (DESCRIPTION,),
    ),
    # poses and angles
    Sample(
        "poses/horseback_riding",
        "Horseback Riding",
        "<p>A rider on a horse, from the side, at a gallop. Trigger: horseback riding.</p>",
        ("pose", "action", "riding"),
        ("horseback riding",),
        (HELPER,),
    ),
    Sample(
        "poses/sitting_cross_legged",
        "Sitting Cross-Legged",
        "Sitting cross-legged on the ground, hands on the knees.",
        ("pose", "sitting"),
        ("sitting cross-legged",),
        (WEBUI,),
    ),
    Sample(
        "poses/worms_eye_view",
        "Worm's-Eye View",
        "Camera on the ground looking straight up at the subject.",
        ("pose", "camera angle", "from below"),
        ("worm's-eye view", "from below"),
        (MANAGER,),
    ),
    Sample(
        "poses/holding_paper_fan",
        training=(("holding fan", 64), ("paper fan", 60), ("1girl", 58), ("hand fan", 44), ("solo", 40)),
        concept="holding paper fan",
    ),
    # clothing
    Sample(
        "clothing/summer_yukata",
        "Summer Yukata",
        "<p>Cotton yukata with printed flowers and a wide obi. Weight 0.6 to 0.9.</p><p>Follow me on "
        '<a href="https://example.com">my page</a>!!!</p>',
        ("clothing", "yukata", "japanese clothes"),
        ("yukata",),
        (HELPER, WEBUI),
        examples=("1girl, yukata, obi, fireworks <lora:summer_yukata:0.7>",),
    ),
    Sample(
        "clothing/knitted_sweater",
        "Chunky Knitted Sweater",
        "A thick cable-knit sweater for people and pets alike.",
        ("clothing", "sweater", "knitwear"),
        ("knitted sweater",),
        (WEBUI,),
        weight=0.7,
    ),
    Sample("backup/knitted_sweater", concept="knitted sweater", training=(("knitted sweater", 40), ("sweater", 40))),
    Sample(
        "clothing/retro_spacesuit",
        "Retro Spacesuit",
        "A 1960s spacesuit with a bubble helmet, ribbed hoses and a silver finish.",
        ("clothing", "spacesuit", "astronaut"),
        ("retro spacesuit",),
        (MATRIX,),
    ),
    Sample(
        "clothing/bustle_gown_pony",
        "Bustle Gown",
        "A gown of the 1880s with a bustle, lace cuffs and a high collar.",
        ("clothing", "dress", "historical"),
        ("bustle gown",),
        (MANAGER,),
        base="Pony",
    ),
    # places
    Sample(
        "places/cozy_library_interior",
        "Cozy Library Interior",
        "The inside of an old library: tall shelves, ladders, green lamps and armchairs.",
        ("background", "library", "interior"),
        ("cozy library",),
        (HELPER,),
        examples=("cozy library interior, tall bookshelves, warm lamp",),
    ),
    Sample(
        "places/lighthouse_coast",
        "Lighthouse on the Coast",
        "A white lighthouse on a rocky coast under a wide sky.",
        ("background", "lighthouse", "scenery", "sea"),
        ("lighthouse",),
        (MANAGER,),
    ),
    Sample(
        "places/neon_alley_rain",
        "Neon Alley in the Rain",
        "A narrow city alley at night, wet asphalt, neon signs and steam.",
        ("background", "city", "cyberpunk", "rain"),
        ("neon alley",),
        (WEBUI,),
    ),
    Sample(
        "places/lantern_festival_night",
        "Summer Festival at Night",
        "A summer festival street at night with rows of paper lanterns and food stalls.",
        ("background", "festival", "night", "lantern"),
        ("summer festival",),
        (HELPER,),
    ),
    Sample(
        "places/red_canyon_XL",
        "Red Canyon",
        "Desert canyons of layered red rock.",
        ("background", "desert", "scenery"),
        ("red canyon",),
        (SPEC,),
        base="SDXL 1.0",
    ),
    # objects
    Sample(
        "objects/stained_glass_window",
        "Stained Glass Window",
        "Stained glass windows with lead lines and coloured light.",
        ("objects", "stained glass"),
        ("stained glass window",),
        (MATRIX,),
    ),
    Sample(
        "objects/crystal_teapot",
        "Crystal Teapot",
        "A faceted teapot of clear crystal, with tea glowing inside.",
        ("objects", "teapot", "glass"),
        ("crystal teapot",),
        (TEXT,),
    ),
    # animals
    Sample(
        "animals/pembroke_corgi",
        "Pembroke Corgi",
        "<p>Pembroke Welsh corgi dogs with short legs and big ears. Trigger word: corgi. Weight 0.8.</p>",
        ("animal", "dog", "corgi"),
        ("corgi",),
        (HELPER,),
        examples=("a corgi on a beach, photo <lora:pembroke_corgi:0.8>",),
    ),
    Sample(
        "animals/wild_horse",
        "Wild Horses",
        "Wild horses with dust and flying manes.",
        ("animal", "horse"),
        ("wild horse",),
        (MANAGER,),
    ),
    Sample(
        "animals/red_panda",
        training=(("red panda", 90), ("no humans", 88), ("animal focus", 80), ("tree", 33), ("ringed tail", 30)),
        concept="red panda",
    ),
    Sample(
        "animals/axolotl_flux",
        "Axolotl",
        "Pink axolotls with feathery gills.",
        ("animal",),
        ("axolotl",),
        (SPEC,),
        "Flux.1 D",
    ),
    # vehicles
    Sample(
        "vehicles/vintage_motorcycle",
        "Vintage Motorcycle",
        "Motorcycles of the 1930s with leather saddles and chrome tanks.",
        ("vehicle", "motorcycle"),
        ("vintage motorcycle",),
        (HELPER,),
    ),
    Sample(
        "vehicles/steam_locomotive",
        "Steam Locomotive",
        "Black steam locomotives with a tender, under full steam.",
        ("vehicle", "train", "steam"),
        ("steam locomotive",),
        (PLUS,),
        algorithm="lokr",
    ),
    Sample(
        "vehicles/hot_air_balloon",
        "Hot Air Balloon",
        "Striped hot air balloons with wicker baskets.",
        ("vehicle", "balloon"),
        ("hot air balloon",),
        (DESCRIPTION,),
    ),
    # food
    Sample(
        "food/hotdog_classic",
        "Hot Dog",
        "A hot dog in a soft bun with mustard in a wavy line.",
        ("food", "hot dog"),
        ("hot dog",),
        (MANAGER,),
    ),
    Sample(
        "food/general_food_photography",
        "General Food Photography",
        "Food of every sort, photographed from above on a wooden table.",
        ("food", "photography"),
        ("food photography",),
        (HELPER,),
    ),
    # effects
    Sample(
        "effects/glowing_mushrooms",
        "Glowing Mushrooms",
        "Mushrooms that glow blue in the dark.",
        ("concept", "mushroom", "bioluminescence"),
        ("glowing mushrooms",),
        (WEBUI,),
    ),
    # what goes wrong in folders
    Sample("unsorted/final_v3_last", base="", stripped=True),
    Sample("unsorted/download_cut_off", broken=True),
    Sample("unsorted/embroidery_old", extension=".pt"),
)

#: A character by name, a plain sentence, a comma list with weights, one that nothing fits, one that has a tag.
PROMPTS = (
    "Veska Thornlight reading a map by the window of an old tower, evening light",
    "A corgi in a knitted sweater sits on a vintage motorcycle in front of a lighthouse.",
    "masterpiece, best quality, 1girl, (yukata:1.2), holding a paper fan, summer festival at night, ukiyo-e style",
    "a spreadsheet with the quarterly figures on an office monitor",
    "cozy library interior, rain on the windows, watercolor painting <lora:inkwash_watercolor:0.6>",
)

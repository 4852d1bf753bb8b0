"""Classes of words in prompts that the evidence asks for: tokens, in lower case and without a plural's "s"."""

from __future__ import annotations

#: Words that change how a thing looks and not what it is: a "brown horse" is a horse, a "fuse box" is no box.
ATTRIBUTES = frozenset(
    """white black red green blue yellow orange purple pink brown grey gray gold golden silver colorful bright dark
    light long short tall big small large little huge tiny tall giant old new young cute beautiful pretty lovely
    fancy empty open wet dry wooden single lone wild happy sad smiling sitting standing flying walking running first
    second outdoor indoor cloudy cloudless sunny blurry messy clean dirty male female adult baby""".split()
)
PERSON = frozenset(
    """girl boy woman man lady guy person people child kid 1girl 1boy 2girl 3girl 2boy couple female male he she her
    his himself herself mother father player king queen prince princess knight warrior soldier witch nurse maid student
    bride dancer actor actress model portrait solo face selfie human monk wizard samurai ninja elf teacher doctor chef
    skier surfer rider sister brother men women""".split()
)
FEMALE = frozenset("girl woman female lady women 1girl 2girl 3girl she her queen princess bride actress".split())
MALE = frozenset("boy man male men 1boy 2boy he his guy king prince".split())
STYLE = frozenset(
    """style painting watercolor art drawing sketch illustration anime manga pixel render cartoon comic poster photo
    photograph photography film cinematic oil ink pencil claymation papercut origami vector isometric aesthetic stylized
    lineart ukiyo concept sticker logo icon vintage retro blueprint mosaic graffiti woodcut engraving print
    lowpoly 3d cel chibi fresco collage mural sculpture""".split()
)
PHOTO = frozenset("photo photograph photography photorealistic realistic raw dslr bokeh film 35mm".split())
ANIME = frozenset("anime manga 1girl 1boy 2girl cartoon chibi".split())
QUALITY = frozenset(
    "masterpiece best quality detailed highres absurdres 8k 4k hd uhd hdr intricate ultra professional".split()
)

#: How a file says whom it draws: in its title and tags.
DRAWS_FEMALE = frozenset("girl woman female lady women queen princess waifu she her goddess actress maid bride".split())
DRAWS_MALE = frozenset("boy man male men king prince husbando he his guy actor father".split())

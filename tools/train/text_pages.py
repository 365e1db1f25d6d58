"""Pages of rendered text: large, and made small as text in pictures on the web is."""

import functools
import pathlib

import numpy as np
from PIL import Image, ImageDraw

import degradations
import fonts
import matlab_resize

# English prose that every Debian machine holds
PROSE = pathlib.Path("/usr/share/common-licenses")
# Heights of capitals on the small page, pixels
CAPITALS = (4.5, 16)
SIGNS = "!?&%$@#+*/=<>[]{}()0123456789.,;:-"


@functools.cache
def words():
    found = []
    for path in sorted(PROSE.iterdir()):
        if path.is_file():
            found += path.read_text(encoding="utf-8", errors="ignore").split()
    return tuple(dict.fromkeys(word for word in found if word.isascii()))


def any_word(random):
    kind = random.random()
    if kind < 0.1:
        return "".join(random.choice(list(SIGNS), random.integers(1, 8)))
    word = str(random.choice(words()))
    return word.upper() if kind < 0.25 else word.capitalize() if kind < 0.4 else word


def any_colours(random):
    """Paper and ink that differ enough to be read; half of the pages black on white or nearly."""
    if random.random() < 0.5:
        return (255 - random.integers(0, 20, 3)), random.integers(0, 60, 3)
    while True:
        paper, ink = random.integers(0, 256, (2, 3))
        if abs(int(paper.sum()) - int(ink.sum())) > 200:
            return paper, ink


def any_paper(random, size, colour):
    """Flat, or with a slow gradient."""
    page = np.tile(colour.astype(np.float64), (size, size, 1))
    if random.random() < 0.3:
        y, x = np.mgrid[0:size, 0:size] / size - 0.5
        slope = random.uniform(-40, 40, (2, 3))
        page += x[:, :, None] * slope[0] + y[:, :, None] * slope[1]
    return Image.fromarray(np.clip(page, 0, 255).astype(np.uint8))


def large_page(random, size, scale, held_back):
    """(size, size, 3): lines in one to three fonts, some of them a little turned."""
    paper, ink = any_colours(random)
    page = any_paper(random, size, paper)
    draw = ImageDraw.Draw(page)
    choices = fonts.paths(held_back)
    top = -random.uniform(0, 10)
    while top < size:
        path = choices[random.integers(len(choices))]
        capital = np.exp(random.uniform(*np.log(CAPITALS))) * scale
        share = fonts.cap_height(path)
        if not 0.3 < share < 1.2:
            continue
        chosen = fonts.font(path, max(6, round(capital / share)))
        for _ in range(random.integers(1, 4)):
            line = " ".join(any_word(random) for _ in range(12))
            draw.text((-random.uniform(0, 40), top), line, fill=tuple(int(c) for c in ink),
                      font=chosen)
            top += capital * random.uniform(1.6, 2.4)
    if random.random() < 0.2:
        page = page.rotate(random.uniform(-8, 8), Image.Resampling.BICUBIC,
                           fillcolor=tuple(int(c) for c in paper))
    return np.asarray(page)


def small_page(random, page, scale):
    """As it is met: shrunk in one of several ways, then JPEG, a palette, or neither."""
    size = page.shape[0] // scale
    if random.random() < 0.5:
        small = matlab_resize.imresize(page, size, size)
    else:
        way = random.choice([Image.Resampling.BOX, Image.Resampling.BILINEAR,
                             Image.Resampling.LANCZOS])
        small = np.asarray(Image.fromarray(page).resize((size, size), way))
    kind = random.random()
    if kind < 0.4:
        picture = degradations.from_uint8(small)
        small = degradations.to_uint8(degradations.jpeg(
            picture, random.integers(40, 96), random.choice(degradations.SUBSAMPLINGS)))
    elif kind < 0.5:
        small = np.asarray(Image.fromarray(small).quantize(32).convert("RGB"))
    return small


def pairs(seed, count, size, scale, held_back):
    """`count` pairs of small pages of `size` and their large ones."""
    made = []
    for index in range(count):
        random = np.random.default_rng((seed, index))
        page = large_page(random, size * scale, scale, held_back)
        made.append((small_page(random, page, scale), page))
    return made

"""Damage as old photographs have it, drawn by the seed. Pictures are (3, H, W) f32 tensors of
0...1; masks (1, H, W), 1 where the picture is lost, and in between where it shines through.

The shapes here are trained on; held_back_marks.py has those that networks are judged by. Fading and
yellowing are no part of it: they are curves of the whole picture, and fovea undoes them itself."""

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFilter
from torch.nn import functional as F

import degradations
import fonts

FINE = 2  # marks are drawn so many times larger and shrunk, which smooths their borders
SEPIA = torch.tensor((1.07, 0.95, 0.72))[:, None, None]
GRAINY = 0.3  # of pictures
UNTOUCHED = 0.25  # of pictures: what has no damage has to stay as it is


def blank(height, width):
    return Image.new("L", (width * FINE, height * FINE), 0)


def as_mask(image, height, width, softness=0.0):
    if softness > 0:
        image = image.filter(ImageFilter.GaussianBlur(softness * FINE))
    small = image.resize((width, height), Image.Resampling.BOX)
    return torch.from_numpy(np.asarray(small, np.float32) / 255)[None]


def anywhere(random, height, width):
    return random.uniform(0, (width * FINE, height * FINE))


def slow_field(random, height, width, cell):
    """(1, H, W) of smooth noise that changes within about `cell` pixels; mean 0, deviation 1."""
    coarse = random.standard_normal((int(height // cell) + 3, int(width // cell) + 3))
    coarse = torch.from_numpy(coarse.astype(np.float32))[None, None]
    field = F.interpolate(coarse, (height, width), mode="bicubic", align_corners=False)[0]
    return (field - field.mean()) / field.std().clamp(min=1e-6)


def wandering_line(random, start, angle, length, turn):
    """Points of a line that changes its direction by about `turn` radians a step."""
    points, at = [tuple(start)], np.array(start, float)
    for _ in range(max(2, int(length / 6))):
        angle += random.normal(0, turn)
        at += 6 * np.array((np.cos(angle), np.sin(angle)))
        points.append(tuple(at))
    return points


def how_many(random, a_megapixel, height, width):
    """At least 1."""
    return 1 + random.poisson(a_megapixel * height * width / 1e6)


def scratches(random, height, width):
    """Long and thin, most of them nearly vertical, as of film and glass."""
    image = blank(height, width)
    draw = ImageDraw.Draw(image)
    for _ in range(how_many(random, 100, height, width)):
        upright = random.random() < 0.6
        angle = random.normal(np.pi / 2, 0.1) if upright else random.uniform(0, 2 * np.pi)
        length = random.uniform(30, 300) * FINE
        thickness = max(1, round(random.uniform(0.5, 5) * FINE))
        line = wandering_line(random, anywhere(random, height, width), angle, length, 0.03)
        draw.line(line, fill=255, width=thickness)
    return as_mask(image, height, width, random.uniform(0, 0.7))


def hairs(random, height, width):
    image = blank(height, width)
    draw = ImageDraw.Draw(image)
    for _ in range(how_many(random, 150, height, width)):
        length = random.uniform(10, 90) * FINE
        line = wandering_line(random, anywhere(random, height, width),
                              random.uniform(0, 2 * np.pi), length, 0.35)
        draw.line(line, fill=255, width=max(1, round(random.uniform(0.5, 2) * FINE)))
    return as_mask(image, height, width, random.uniform(0, 0.5))


def dust(random, height, width):
    """Specks, most of them small."""
    image = blank(height, width)
    draw = ImageDraw.Draw(image)
    for _ in range(how_many(random, 1500, height, width)):
        x, y = anywhere(random, height, width)
        radius = np.exp(random.uniform(np.log(0.5), np.log(5))) * FINE
        across = radius * random.uniform(0.5, 1)
        draw.ellipse((x - radius, y - across, x + radius, y + across), fill=255)
    return as_mask(image, height, width, random.uniform(0, 0.6))


def blots(random, height, width):
    """Patches with ragged borders where the emulsion is gone."""
    field = slow_field(random, height, width, random.uniform(8, 20))
    ragged = field + 0.15 * slow_field(random, height, width, 3)
    level = float(np.quantile(ragged.numpy(), random.uniform(0.96, 0.995)))
    return ((ragged - level) * random.uniform(3, 9)).clamp(0, 1)


def stains(random, height, width):
    """Wide and thin: what is below shines through."""
    field = slow_field(random, height, width, random.uniform(20, 45))
    level = float(np.quantile(field.numpy(), random.uniform(0.8, 0.95)))
    inside = ((field - level) * random.uniform(3, 20)).clamp(0, 1)
    return inside * random.uniform(0.15, 0.5)


# Shape, the share of damaged pictures that have it
TRAINED_MARKS = ((scratches, 0.6), (hairs, 0.4), (dust, 0.6), (blots, 0.3), (stains, 0.2))


def marked(picture, random, marks):
    """(picture with marks on it, mask)"""
    height, width = picture.shape[1:]
    mask = torch.zeros(1, height, width)
    for draw, share in marks:
        if random.random() >= share:
            continue
        mark = draw(random, height, width) * float(random.uniform(0.4, 1))
        # Bare paper is light, dirt and folds are dark; seldom in between.
        tone = random.uniform(0.75, 1) if random.random() < 0.6 else random.uniform(0, 0.3)
        ink = torch.from_numpy(random.normal(tone, 0.03, (3, 1, 1)).astype(np.float32))
        if draw is stains:
            ink = ink * SEPIA
        ink = ink + random.uniform(0, 0.05) * slow_field(random, height, width, 2)
        picture = picture * (1 - mark) + ink.clamp(0, 1) * mark
        mask = torch.maximum(mask, mark)
    return picture, mask


def grain(picture, random, sigma):
    """Noise of deviation `sigma` / 255, the same in all channels, of grains up to a few pixels
    wide."""
    height, width = picture.shape[1:]
    if random.random() < 0.5:
        noise = torch.from_numpy(random.standard_normal((1, height, width), dtype=np.float32))
    else:
        noise = slow_field(random, height, width, random.uniform(1, 2))
    return (picture + noise * (sigma / 255)).clamp(0, 1)


def faded(picture, random):
    """As dyes fade: in each channel black gets lighter, white darker, most of all blue, and what is
    between moves by a power of its own."""
    def each(*values):
        return torch.tensor(values, dtype=torch.float32)[:, None, None]

    black = random.uniform(0.03, 0.2) + random.uniform(0, 2) * each(0.03, 0.01, 0)
    white = random.uniform(0.7, 0.95) * each(1, random.uniform(0.9, 1), random.uniform(0.6, 0.9))
    power = random.uniform(0.8, 1.25) * torch.exp(each(*random.normal(0, 0.08, 3)))
    return black + (white - black) * picture**power


def handwriting(picture, random):
    """Letters across the picture, which stay: networks of this kind like to eat them."""
    height, width = picture.shape[1:]
    image = blank(height, width)
    path = fonts.paths(False)[random.integers(len(fonts.paths(False)))]
    font = fonts.font(path, int(random.integers(10, 40)) * FINE)
    word = "".join(random.choice(list("abcdefghijklmnopqrstuvwxyzAEMRT1923 "), 12))
    place = random.uniform(0, (width * FINE * 0.7, height * FINE * 0.9))
    ImageDraw.Draw(image).text(tuple(place), word, fill=255, font=font)
    mask = as_mask(image, height, width)
    tone = random.uniform(0, 0.4) if random.random() < 0.7 else random.uniform(0.7, 1)
    ink = torch.from_numpy(random.normal(tone, 0.05, (3, 1, 1)).astype(np.float32)).clamp(0, 1)
    return picture * (1 - mask) + ink * mask


def printed(picture, random):
    """As it is, gray or in sepia."""
    kind = random.choice(["colour", "gray", "sepia"], p=(0.5, 0.25, 0.25))
    if kind == "colour":
        return picture
    gray = (picture * degradations.GRAY).sum(0, keepdim=True)
    return (gray * SEPIA if kind == "sepia" else gray.expand(3, -1, -1)).clamp(0, 1)


def damaged(clean, random):
    """(damaged picture, what it should become, mask). What it should become is `clean`, perhaps in
    sepia or gray, with letters and with grain on it: a network of this size that takes off grain
    takes texture with it."""
    truth = printed(clean, random)
    if random.random() < 0.15:
        truth = handwriting(truth, random)
    if random.random() < GRAINY:
        truth = grain(truth, random, random.uniform(3, 20))
    if random.random() < UNTOUCHED:
        # What a JPEG file has lost is not this network's to bring back.
        if random.random() < 0.4:
            truth = degradations.jpeg(truth, random.integers(75, 98), 0)
        return truth, truth, torch.zeros(1, *truth.shape[1:])
    picture, mask = marked(truth, random, TRAINED_MARKS)
    return picture, truth, mask

"""Shapes of damage that nothing is trained on: networks that take off damage are judged by them.
As the shapes of old_photos.py."""

import numpy as np
from PIL import ImageDraw

from old_photos import FINE, anywhere, as_mask, blank, how_many


def cracks(random, height, width):
    """Branching lines with sharp turns, as of emulsion that has dried out."""
    image = blank(height, width)
    draw = ImageDraw.Draw(image)

    def grow(at, angle, length, thickness):
        while length > 0 and thickness >= 1:
            step = min(length, random.uniform(8, 30) * FINE)
            end = at + step * np.array((np.cos(angle), np.sin(angle)))
            draw.line((*at, *end), fill=255, width=int(round(thickness)))
            if random.random() < 0.3:
                grow(end, angle + random.choice((-1, 1)) * random.uniform(0.6, 1.4), length / 2,
                     thickness * 0.7)
            at, angle, length = end, angle + random.normal(0, 0.5), length - step

    for _ in range(how_many(random, 20, height, width)):
        grow(anywhere(random, height, width), random.uniform(0, 2 * np.pi),
             random.uniform(60, 250) * FINE, random.uniform(0.7, 2.5) * FINE)
    return as_mask(image, height, width, 0.3)


def creases(random, height, width):
    """Folds from border to border: straight, of a width that changes, with bits broken off."""
    image = blank(height, width)
    draw = ImageDraw.Draw(image)
    for _ in range(how_many(random, 5, height, width)):
        middle, angle = anywhere(random, height, width), random.uniform(0, np.pi)
        along = np.array((np.cos(angle), np.sin(angle)))
        across, reach = np.array((-along[1], along[0])), (height + width) * FINE
        places = np.arange(-reach, reach, 3 * FINE)
        half = 0.5 * FINE * (1 + np.abs(random.normal(0, 0.8, len(places))))
        sides = [[tuple(middle + p * along + side * h * across) for p, h in zip(places, half)]
                 for side in (-1, 1)]
        draw.polygon(sides[0] + sides[1][::-1], fill=255)
        for place in random.uniform(-reach, reach, 60):
            at = middle + place * along + random.normal(0, 2 * FINE) * across
            corners = at + random.normal(0, 2.0 * FINE, (5, 2))
            draw.polygon([tuple(corner) for corner in corners], fill=255)
    return as_mask(image, height, width, 0.3)


def fibres(random, height, width):
    """Lint that lies in curls."""
    image = blank(height, width)
    draw = ImageDraw.Draw(image)
    for _ in range(how_many(random, 60, height, width)):
        turn, at = random.uniform(0.1, 0.4) * random.choice((-1, 1)), anywhere(random, height, width)
        angle, points = random.uniform(0, 2 * np.pi), []
        for _ in range(random.integers(8, 40)):
            points.append(tuple(at))
            at = at + 3 * FINE * np.array((np.cos(angle), np.sin(angle)))
            angle, turn = angle + turn, turn + random.normal(0, 0.03)
        draw.line(points, fill=255, width=max(1, round(random.uniform(0.6, 1.8) * FINE)))
    return as_mask(image, height, width, random.uniform(0, 0.4))


def flakes(random, height, width):
    """Splinters: polygons with sharp corners, alone and in swarms."""
    image = blank(height, width)
    draw = ImageDraw.Draw(image)
    for _ in range(how_many(random, 60, height, width)):
        middle, size = anywhere(random, height, width), random.uniform(1, 7) * FINE
        for _ in range(1 if random.random() < 0.6 else random.integers(3, 12)):
            at = middle + random.normal(0, 12 * FINE, 2)
            angles = np.sort(random.uniform(0, 2 * np.pi, random.integers(3, 7)))
            radii = size * random.uniform(0.4, 1.2, len(angles))
            corners = at + np.stack((radii * np.cos(angles), radii * np.sin(angles)), 1)
            draw.polygon([tuple(corner) for corner in corners], fill=255)
    return as_mask(image, height, width, 0.2)


def rings(random, height, width):
    """Where a drop has dried: a thin film with a darker border."""
    image = blank(height, width)
    draw = ImageDraw.Draw(image)
    for _ in range(how_many(random, 6, height, width)):
        x, y = anywhere(random, height, width)
        radius = random.uniform(8, 40) * FINE
        squeeze = random.uniform(0.6, 1)
        angles = np.linspace(0, 2 * np.pi, 60, endpoint=False)
        bumps = 1 + 0.08 * np.convolve(np.tile(random.normal(0, 1, 60), 3), np.ones(9) / 3,
                                       "same")[60:120]
        points = [(x + radius * b * np.cos(a), y + radius * squeeze * b * np.sin(a))
                  for a, b in zip(angles, bumps)]
        draw.polygon(points, fill=int(random.uniform(0, 60)))
        draw.line(points + points[:2], fill=255, width=max(1, round(random.uniform(1, 3) * FINE)))
    return as_mask(image, height, width, random.uniform(0.3, 1))


HELD_BACK_MARKS = ((cracks, 0.6), (creases, 0.4), (fibres, 0.6), (flakes, 0.6), (rings, 0.4))

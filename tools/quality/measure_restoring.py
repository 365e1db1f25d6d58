"""Models for old photographs: what is left of damage on val50, what is done to the rest, and how
much of fading is undone (tools/train/judge_damage.py)."""

import own_models
from run_fovea import judged

# Transparent pictures of real film's damage, beside the test sets where somebody put them.
FILM = "film_damage"


def wanted(own):
    """(model, scale)"""
    return [(name, own_models.scale(name)) for name in own]


def rows(fovea, data, model, scale):
    shapes = {"kept back": ()}
    if (data / FILM).is_dir():
        shapes["real film's"] = ("--shapes", data / FILM)
    for name, options in shapes.items():
        figures = judged("judge_damage.py", fovea, model, "--data", data / "train", *options)
        yield {"dataset": "val50", "shapes": name, "scale": scale, "model": model,
               **{key: round(value, 5) for key, value in figures.items()}}


def order(row):
    return row["model"], row["shapes"]

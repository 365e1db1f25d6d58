"""Models for text: the share of letters that tesseract reads wrongly from enlarged pages in fonts
that were kept back, by the height of the capitals (tools/train/judge_text.py)."""

import own_models
from run_fovea import judged

OTHERS = {2: ("bicubic", "lanczos", "standard-x2", "realesrgan-x4plus"),
          4: ("bicubic", "lanczos", "standard-x4", "realesrgan-x4plus")}


def wanted(own):
    """(model, scale)"""
    scales = sorted({own_models.scale(name) for name in own})
    others = [(name, scale) for scale in scales for name in OTHERS[scale]]
    return [(name, own_models.scale(name)) for name in own] + others


def rows(fovea, _, model, scale):
    rates = judged("judge_text.py", fovea, model, "-s", scale)[model]
    for height, share in rates.items():
        yield {"capitals": int(height), "scale": scale, "model": model,
               "error_rate": round(share, 6)}


def order(row):
    return row["scale"], row["model"], row["capitals"]

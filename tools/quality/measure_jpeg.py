"""Models that undo JPEG: how much nearer to the truth than the JPEG itself the result is on val50,
and what they are worth before a picture is enlarged."""

from run_fovea import eval_row

QUALITIES = (10, 20, 40)  # of the papers since ARCNN (arXiv 1504.06993)
KEPT = ("psnr_a", "ssim_a", "psnr_rgb")
# Enlarges what was cleaned, and what was not.
ENLARGED_BY, FACTOR = "standard-x2", 2


def wanted(own):
    """(model, scale), the JPEG itself among them once there is a model to compare it with."""
    if not own:
        return []
    cleaning = [("none", 1), *((name, 1) for name in own)]
    enlarging = [(ENLARGED_BY, FACTOR), *((f"{name}+{ENLARGED_BY}", FACTOR) for name in own)]
    return cleaning + enlarging


def rows(fovea, data, model, factor):
    """At scale 1 the picture, else the small picture, has been through a JPEG file."""
    for quality in QUALITIES:
        row = eval_row(fovea, "val50", model, factor, "--root", data / "train" / "bsd200",
                       "--jpeg", quality)
        yield {"dataset": "val50", "quality": quality, "scale": factor, "model": model,
               "pictures": len(row["pictures"]),
               **{key: round(row[key], 5) for key in KEPT if row.get(key) is not None}}


def order(row):
    return row["scale"], row["model"], row["quality"]

"""Models for clean pictures: PSNR, SSIM and time on Set5, Set14 and val50, made small by imresize."""

import pathlib

from own_models import scale
from run_fovea import eval_row

KEPT = ("psnr_a", "ssim_a", "psnr_c", "ssim_c", "psnr_rgb", "psnr_small",
        "ms_per_output_megapixel")
# What our models stand beside, and at which scales.
OTHERS = {"bicubic": (2, 3, 4), "lanczos": (2, 3, 4), "realesr-animevideov3": (2, 3, 4),
          "realesrgan-x4plus": (4,)}




def wanted(own):
    """(model, scale) of everything that is measured."""
    pairs = [(name, scale(name)) for name in own]
    return pairs + [(name, factor) for name, factors in OTHERS.items() for factor in factors]


def rows(fovea, data, model, factor):
    """Rounded to what the tables print and one digit more."""
    for dataset in (data / "set5", data / "set14", "val50"):
        more = ("--root", data / "train" / "bsd200") if dataset == "val50" else ()
        row = eval_row(fovea, dataset, model, factor, *more)
        yield {"dataset": pathlib.Path(dataset).name, "scale": factor, "model": model,
               "pictures": len(row["pictures"]),
               **{key: round(row[key], 5) for key in KEPT if row.get(key) is not None}}


def order(row):
    return row["model"], row["scale"], row["dataset"]

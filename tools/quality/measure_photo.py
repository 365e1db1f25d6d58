"""Models that were taught by Real-ESRGAN's x4plus: how near they come to what it makes of the
degraded pictures of val50, and whether they are as sharp."""

import functools
import pathlib
import sys
import tempfile

import own_models
from run_fovea import eval_row

sys.path.insert(0, str(own_models.ROOT / "tools" / "train"))

KEPT = ("psnr_c", "psnr_rgb", "ssim_c", "spectrum_top_db", "spectrum_second_db",
        "ms_per_output_megapixel")


@functools.cache
def pairs_of(name, root):
    """A folder of degraded pictures, NAME_LR, and of the teacher's results, NAME_HR."""
    # Only here: the other measures do without the packages that these need.
    from PIL import Image

    import data
    import recipes
    import training_pictures

    paths = training_pictures.validation_paths(root)
    holder = tempfile.TemporaryDirectory()
    folder = pathlib.Path(holder.name)
    for path, (small, large) in zip(paths, data.taught(paths, recipes.RECIPES[name], False)):
        Image.fromarray(small).save(folder / f"{path.stem}_LR.png")
        Image.fromarray(large).save(folder / f"{path.stem}_HR.png")
    return holder


def wanted(own):
    """(model, scale): beside ours what a student must be better than."""
    found = []
    for name in own:
        scale = own_models.scale(name)
        found += [(name, scale), ("bicubic", scale), (f"standard-x{scale}", scale)]
    return list(dict.fromkeys(found))


def rows(fovea, data, model, scale):
    folder = pathlib.Path(pairs_of(f"photo-x{scale}", data / "train").name)
    row = eval_row(fovea, folder, model, scale)
    yield {"dataset": "degraded val50", "scale": scale, "model": model,
           "pictures": len(row["pictures"]),
           **{key: round(row[key], 5) for key in KEPT if row.get(key) is not None}}


def order(row):
    return row["scale"], row["model"]

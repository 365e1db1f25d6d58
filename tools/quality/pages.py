#!/usr/bin/env python3
"""Writes what people read about the models from what was measured: a card for each model in
weights/cards/, and the tables between the marks in weights/README.md and README.md.

    python3 tools/quality/pages.py [--check]

--check writes nothing and fails where a file is not what would be written."""

import argparse
import json
import sys

import card_texts
import crops
import kept_figures
import own_models
from measure import MEASURES

ROOT, WEIGHTS = own_models.ROOT, own_models.WEIGHTS
BEGIN, END = "<!-- quality: begin, written by tools/quality/pages.py -->", "<!-- quality: end -->"


def cell(psnr, ssim):
    if psnr is None:
        return "-"
    return f"{psnr:.2f}/{ssim:.4f}" if ssim is not None else f"{psnr:.2f}"


def published_rows(scale):
    told = json.loads((ROOT / "tools/quality/published.json").read_text(encoding="utf-8"))
    for row in told["rows"]:
        if str(scale) in row:
            sets = row[str(scale)]
            yield (f"| ×{scale} | {row['model']} | {row['training']} | "
                   f"{row['parameters'] // 1000} K | {cell(*sets['set5'])} | "
                   f"{cell(*sets['set14'])} | |")


def quality_rows(figures):
    """Lines of the table of models for clean pictures and the published ones, scale by scale."""
    lines = ["| scale | model | trained on | parameters | Set5 | Set14 | ms a megapixel |",
             "|---|---|---|---|---|---|---|"]
    own = set(own_models.names())
    for scale in (2, 3, 4):
        lines += published_rows(scale)
        for set5 in sorted(figures.rows("enlarging", scale=scale, dataset="set5"),
                           key=lambda row: row["psnr_c"]):
            model = set5["model"]
            set14 = figures.row("enlarging", scale=scale, dataset="set14", model=model)
            shown, training, count = model, "", ""
            if model in own:
                shown, training = f"**{model}**", own_models.metadata(model)["data"]
                count = f"{own_models.parameters(model) // 1000} K"
            lines.append(f"| ×{scale} | {shown} | {training} | {count} | "
                         f"{cell(set5['psnr_c'], set5['ssim_c'])} | "
                         f"{cell(set14['psnr_c'], set14['ssim_c'])} | "
                         f"{set14['ms_per_output_megapixel']:.0f} |")
    return lines


def quality_section(figures):
    return "\n".join([
        BEGIN, "",
        *quality_rows(figures), "",
        "Luma PSNR (dB) and SSIM, small pictures of 8 bits, the scale's pixels of border cut off. "
        f"Rows with a time were measured by {figures.origin('enlarging')}; the others are "
        "published figures (`tools/quality/published.json` names their sources). A model that was "
        "trained on degraded pictures, as Real-ESRGAN's were, answers another question than this "
        "one.", "",
        f"Pixel for pixel, ×{crops.SCALE}, by `tools/quality/crops.py`:", "",
        *crops.lines(), "",
        END])


def card(figures, name, purpose):
    told, count = own_models.metadata(name), own_models.parameters(name)
    measure = MEASURES[told["pairs"]]
    size = own_models.path(name).stat().st_size
    return "\n".join([
        f"# {name}", "",
        f"For {purpose}. ×{told['scale']}; {told['architecture']}, {count:,} parameters, "
        f"{size / 1e6:.2f} MB in f16. Licence of the weights: {told['license']}.", "",
        *kept_figures.CARD_TABLES[measure](figures, name), "",
        card_texts.MEASURED[measure] + f" Measured by {figures.origin(measure, model=name)}; "
        "`../figures.json` has the figures in full.", "",
        "## Training", "",
        f"`{told['command']}` at commit {told['commit']}, seed {told['seed']}: "
        f"{int(told['steps']):,} steps of {told['batch']} pixels, peak rate {told['peak_rate']}, "
        f"from {told['starts_from']}; {told['minutes']} minutes on {told['trained_on']}. "
        + card_texts.RECIPE[told["pairs"]], "",
        "## Data", "", card_texts.DATA[told["pairs"]], "",
        "## Limits", "", card_texts.LIMITS[told["pairs"]], ""])


def with_section(text, section):
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    if not rest:
        raise SystemExit("a page has no marks for the quality table")
    return before + section + after


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    figures = kept_figures.Figures()
    pages = {WEIGHTS / "cards" / f"{row['name']}.md": card(figures, row["name"], row["for"])
             for row in own_models.table()}
    section = quality_section(figures)
    for page in (WEIGHTS / "README.md",):
        pages[page] = with_section(page.read_text(encoding="utf-8"), section)
    stale = [path for path, text in pages.items()
             if not path.exists() or path.read_text(encoding="utf-8") != text]
    if options.check:
        for path in stale:
            print(f"{path.relative_to(ROOT)}: not what tools/quality/pages.py writes; run it")
        return 1 if stale else 0
    (WEIGHTS / "cards").mkdir(exist_ok=True)
    for path in stale:
        path.write_text(pages[path], encoding="utf-8")
        print(f"wrote {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

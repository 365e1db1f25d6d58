#!/usr/bin/env python3
"""Writes what people read about the models from what was measured: a card for each model in
weights/cards/, and the tables between the marks in weights/README.md and README.md.

    python3 tools/quality/pages.py [--check]

--check writes nothing and fails where a file is not what would be written."""

import argparse
import json
import pathlib
import struct
import sys

import card_texts

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
WEIGHTS = ROOT / "weights"
SETS = {"set5": "Set5", "set14": "Set14", "val50": "val50"}
BEGIN, END = "<!-- quality: begin, written by tools/quality/pages.py -->", "<!-- quality: end -->"


def metadata_of(path):
    """(metadata, number of parameters) of a safetensors file."""
    content = path.read_bytes()
    (length,) = struct.unpack_from("<Q", content)
    header = json.loads(content[8:8 + length])
    told = header.pop("__metadata__", {})
    count = 0
    for tensor in header.values():
        size = 1
        for side in tensor["shape"]:
            size *= side
        count += size
    return told, count


class Figures:
    def __init__(self):
        self.told = json.loads((WEIGHTS / "figures.json").read_text(encoding="utf-8"))
        self.rows = {(row["model"], row["scale"], row["dataset"]): row
                     for row in self.told["rows"]}

    def row(self, model, scale, dataset):
        return self.rows.get((model, scale, dataset))

    def megapixel_ms(self, model, scale):
        """On Set14: its pictures are of a usual size."""
        row = self.row(model, scale, "set14")
        return row["ms_per_output_megapixel"] if row else None


def cell(psnr, ssim):
    if psnr is None:
        return "-"
    return f"{psnr:.2f}/{ssim:.4f}" if ssim is not None else f"{psnr:.2f}"


def quality_rows(figures, names):
    """Lines of the table of all models and the published ones, scale by scale."""
    lines = ["| scale | model | trained on | parameters | Set5 | Set14 | ms a megapixel |",
             "|---|---|---|---|---|---|---|"]
    published = json.loads((ROOT / "tools/quality/published.json").read_text(encoding="utf-8"))
    for scale in (2, 3, 4):
        for row in published["rows"]:
            if str(scale) not in row:
                continue
            sets = row[str(scale)]
            lines.append(f"| ×{scale} | {row['model']} | {row['training']} | "
                         f"{row['parameters'] // 1000} K | {cell(*sets['set5'])} | "
                         f"{cell(*sets['set14'])} | |")
        measured = [key for key in figures.rows if key[1] == scale and key[2] == "set5"]
        for model, _, _ in sorted(measured, key=lambda key: figures.rows[key]["psnr_c"]):
            set5, set14 = (figures.row(model, scale, each) for each in ("set5", "set14"))
            shown, training, count = model, "", ""
            if model in names:
                told, number = metadata_of(WEIGHTS / f"{model}.safetensors")
                shown, training, count = f"**{model}**", told["data"], f"{number // 1000} K"
            lines.append(f"| ×{scale} | {shown} | {training} | {count} | "
                         f"{cell(set5['psnr_c'], set5['ssim_c'])} | "
                         f"{cell(set14['psnr_c'], set14['ssim_c'])} | "
                         f"{set14['ms_per_output_megapixel']:.0f} |")
    return lines


def quality_section(figures, names):
    told = figures.told
    return "\n".join([
        BEGIN, "",
        *quality_rows(figures, names), "",
        "Luma PSNR (dB) and SSIM, small pictures of 8 bits, the scale's pixels of border cut off. "
        f"Rows with a time were measured by `{told['command']}` at {told['commit']} on "
        f"{told['machine']}, {told['threads']} threads, {told['date']}; the others are published "
        "figures (`tools/quality/published.json` names their sources). A model that was trained on "
        "degraded pictures, as Real-ESRGAN's were, answers another question than this one.", "",
        END])


def card(figures, name, purpose):
    told, count = metadata_of(WEIGHTS / f"{name}.safetensors")
    size = (WEIGHTS / f"{name}.safetensors").stat().st_size
    lines = [
        f"# {name}", "",
        f"For {purpose}. ×{told['scale']}; {told['architecture']}, {count:,} parameters, "
        f"{size / 1e6:.2f} MB in f16. Licence of the weights: {told['license']}.", "",
        "| set | PSNR A | SSIM A | PSNR C | SSIM C | RGB PSNR |", "|---|---|---|---|---|---|"]
    for key, shown in SETS.items():
        row = figures.row(name, int(told["scale"]), key)
        if row:
            lines.append(f"| {shown} | {row['psnr_a']:.3f} | {row['ssim_a']:.4f} | "
                         f"{row['psnr_c']:.3f} | {row['ssim_c']:.4f} | {row['psnr_rgb']:.3f} |")
    return "\n".join([
        *lines, "",
        "Measured by `fovea eval`; `tools/evaluation/README.md` tells what the conventions A and C "
        "are, and `../figures.json` has the figures in full.", "",
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
    figures = Figures()
    models = json.loads((WEIGHTS / "models.json").read_text(encoding="utf-8"))["models"]
    names = [row["name"] for row in models]
    pages = {WEIGHTS / "cards" / f"{row['name']}.md": card(figures, row["name"], row["for"])
             for row in models}
    section = quality_section(figures, names)
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

"""weights/figures.json as pages need it, and the tables that a card shows of it."""

import json

from own_models import WEIGHTS, scale

SETS = {"set5": "Set5", "set14": "Set14", "val50": "val50"}


class Figures:
    def __init__(self):
        self.parts = json.loads((WEIGHTS / "figures.json").read_text(encoding="utf-8"))

    def rows(self, measure, **wanted):
        """Rows of the measure whose values are those wanted."""
        return [row for row in self.parts.get(measure, {}).get("rows", [])
                if all(row[key] == value for key, value in wanted.items())]

    def row(self, measure, **wanted):
        """The one such row, or None."""
        found = self.rows(measure, **wanted)
        return found[0] if found else None

    def origin(self, measure, **wanted):
        """By what, where and when the rows with these values were measured."""
        part, rows = self.parts[measure], self.rows(measure, **wanted)
        runs = sorted({(row["date"], row["commit"]) for row in rows})
        when = " and ".join(f"{commit} ({date})" for date, commit in runs)
        return (f"`{part['command']}` at {when} on {part['machine']}, {part['threads']} threads")


def enlarging(figures, name):
    lines = ["| set | PSNR A | SSIM A | PSNR C | SSIM C | RGB PSNR |", "|---|---|---|---|---|---|"]
    for key, shown in SETS.items():
        row = figures.row("enlarging", model=name, scale=scale(name), dataset=key)
        if row:
            lines.append(f"| {shown} | {row['psnr_a']:.3f} | {row['ssim_a']:.4f} | "
                         f"{row['psnr_c']:.3f} | {row['ssim_c']:.4f} | {row['psnr_rgb']:.3f} |")
    return lines


def jpeg(figures, name):
    """Luma PSNR before and after, and of a picture enlarged then."""
    lines = ["| val50 through JPEG | quality 10 | quality 20 | quality 40 |", "|---|---|---|---|"]

    def line(shown, model, factor, without=None):
        cells = []
        for row in figures.rows("jpeg", model=model, scale=factor):
            gain = ""
            if without:
                before = figures.row("jpeg", model=without, scale=factor, quality=row["quality"])
                gain = f" ({row['psnr_a'] - before['psnr_a']:+.2f})"
            cells.append(f"{row['psnr_a']:.2f}/{row['ssim_a']:.4f}{gain}")
        if cells:
            lines.append(f"| {shown} | {' | '.join(cells)} |")

    line("the JPEG itself", "none", 1)
    line(f"{name}", name, 1, "none")
    line("standard-x2 of the JPEG", "standard-x2", 2)
    line(f"standard-x2 after {name}", f"{name}+standard-x2", 2, "standard-x2")
    return lines


def text(figures, name):
    """Error rates by the height of the capitals, ours and what it must be better than."""
    factor = scale(name)
    heights = [row["capitals"] for row in figures.rows("text", model=name, scale=factor)]
    lines = ["| letters read wrongly | " + " | ".join(f"{each} px" for each in heights) + " | all |",
             "|---" * (len(heights) + 2) + "|"]
    models = list(dict.fromkeys(row["model"] for row in figures.rows("text", scale=factor)
                                if not row["model"].startswith("text-") or row["model"] == name))
    for model in sorted(models, key=lambda each: sum(
            row["error_rate"] for row in figures.rows("text", model=each, scale=factor))):
        rates = [row["error_rate"] for row in figures.rows("text", model=model, scale=factor)]
        cells = [f"{100 * rate:.1f} %" for rate in (*rates, sum(rates) / len(rates))]
        lines.append(f"| {model} | {' | '.join(cells)} |")
    return lines


def photo(figures, name):
    lines = ["| against the teacher's result | RGB PSNR | luma PSNR C | finest octave | the next | "
             "ms a megapixel |", "|---|---|---|---|---|---|"]
    for row in figures.rows("photo", scale=scale(name)):
        lines.append(f"| {row['model']} | {row['psnr_rgb']:.2f} | {row['psnr_c']:.2f} | "
                     f"{row['spectrum_top_db']:+.2f} dB | {row['spectrum_second_db']:+.2f} dB | "
                     f"{row['ms_per_output_megapixel']:.0f} |")
    return lines


def restoring(figures, name):
    lines = ["| val50 | before | after |", "|---|---|---|"]

    def line(shown, before, gain):
        lines.append(f"| {shown} | {before:.2f} dB | {before + gain:.2f} dB ({gain:+.2f}) |")

    for row in figures.rows("restoring", model=name):
        line(f"inside marks of shapes {row['shapes']}", row["inside_before"], row["inside_gain"])
        lines.append(f"| outside them | ∞ | {row['outside_psnr']:.2f} dB |")
        lines.append(f"| F1 of the mask | | {row['mask_f1']:.2f} |")
    row = figures.row("restoring", model=name)
    lines.append(f"| grain of 10/255, which stays, without marks | ∞ | {row['grainy_psnr']:.2f} dB |")
    lines.append(f"| clean pictures | ∞ | {row['clean_psnr']:.2f} dB, "
                 f"{row['clean_psnr_least']:.2f} at least |")
    line("faded pictures, by `--unfade 1` alone", row["faded_before"], row["faded_gain"])
    lines.append(f"| clean pictures, by `--unfade 1` alone | ∞ | {row['unfaded_clean_psnr']:.2f} dB |")
    return lines


CARD_TABLES = {"enlarging": enlarging, "jpeg": jpeg, "text": text, "photo": photo,
               "restoring": restoring}

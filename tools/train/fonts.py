"""Fonts for rendered text: what Debian's packages put under /usr/share/fonts, by family folder."""

import functools
import pathlib

from PIL import ImageFont

FOLDER = pathlib.Path("/usr/share/fonts")
PACKAGES = ("fonts-dejavu", "fonts-liberation", "fonts-lato", "fonts-roboto-unhinted",
            "fonts-open-sans", "fonts-freefont-ttf", "fonts-crosextra-carlito",
            "fonts-crosextra-caladea", "fonts-linuxlibertine", "fonts-cantarell",
            "fonts-comfortaa", "fonts-quicksand", "fonts-firacode", "fonts-inconsolata",
            "fonts-hack", "fonts-ebgaramond", "fonts-junicode", "fonts-urw-base35",
            "fonts-gfs-didot", "fonts-league-spartan", "fonts-sil-gentium", "fonts-sil-charis",
            "fonts-sil-andika", "fonts-dosis", "fonts-courier-prime", "fonts-play")
# Folders that no model is trained on: sans, serif, both widths, both monospaced.
HELD_BACK = {"open-sans", "crosextra", "linux-libertine", "courier-prime", "firacode", "gentium"}
# Fonts of signs instead of letters
WITHOUT_LETTERS = ("symbol", "dingbat", "d050000l", "s05", "z003", "initials", "keyboard")


class FontError(Exception):
    """Which fonts are missing and how to get them."""


@functools.cache
def paths(held_back):
    """Of the fonts to train on, or of those that are kept back; sorted."""
    found = []
    for path in sorted(FOLDER.rglob("*")):
        if path.suffix not in (".ttf", ".otf"):
            continue
        if any(word in path.name.lower() for word in WITHOUT_LETTERS):
            continue
        if bool(HELD_BACK & set(path.parts)) == held_back:
            found.append(path)
    if len(found) < 10:
        raise FontError(f"{FOLDER}: holds {len(found)} usable fonts; "
                        f"apt-get install {' '.join(PACKAGES)}")
    return found


@functools.cache
def font(path, size):
    return ImageFont.truetype(str(path), size)


def cap_height(path):
    """Height of a capital H as a share of the font's size."""
    left, top, right, bottom = font(path, 200).getbbox("H")
    return (bottom - top) / 200 if right > left else 0

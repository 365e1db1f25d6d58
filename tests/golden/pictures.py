"""How a picture goes through a network, in numpy: the rules of fovea's Upscaler, written again."""

import numpy as np

STUDIO = (
    np.array([[65.481, 128.553, 24.966], [-37.797, -74.203, 112.0], [112.0, -93.786, -18.214]])
    / 255,
    np.array([16, 128, 128]) / 255,
)  # MATLAB's rgb2ycbcr
JFIF = (
    np.array(
        [
            [0.299, 0.587, 0.114],
            [-0.299 / 1.772, -0.587 / 1.772, 0.886 / 1.772],
            [0.701 / 1.402, -0.587 / 1.402, -0.114 / 1.402],
        ]
    ),
    np.array([0, 128, 128]) / 255,
)


def cubic(x):
    """Keys' kernel with a = -0.5."""
    x = np.abs(x)
    return np.where(
        x <= 1,
        1.5 * x**3 - 2.5 * x**2 + 1,
        np.where(x < 2, -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2, 0),
    )


def bicubic_matrix(length, scale):
    """(length * scale, length): enlarging along one axis, half-pixel centres, borders clamped."""
    matrix = np.zeros((length * scale, length))
    for out in range(length * scale):
        centre = (out + 0.5) / scale - 0.5
        taps = np.floor(centre) + np.arange(-1, 3)
        weights = cubic(centre - taps)
        for tap, weight in zip(np.clip(taps, 0, length - 1).astype(int), weights / weights.sum()):
            matrix[out, tap] += weight
    return matrix


def bicubic(picture, scale):
    """(H, W, C) enlarged by a whole number, as MATLAB's imresize does."""
    height, width, _ = picture.shape
    rows = np.einsum("oh,hwc->owc", bicubic_matrix(height, scale), picture)
    return np.einsum("ow,hwc->hoc", bicubic_matrix(width, scale), rows)


def spread(channel):
    return np.repeat(channel, 3, axis=2)


def luma(rgb):
    return rgb @ JFIF[0][0][:, None]


def luma_beside_chroma(enlarge, space, scale, rgb):
    """Colour through a network on luma: chroma is resized beside it."""
    matrix, offset = space
    ycc = rgb @ matrix.T + offset
    ycc = np.concatenate([enlarge(ycc[..., :1]), bicubic(ycc[..., 1:], scale)], 2)
    return (ycc - offset) @ np.linalg.inv(matrix).T


def through_rgb(run, scale, colour):
    return run(colour) if colour.shape[2] == 3 else luma(run(spread(colour)))


def through_gray(run, scale, colour):
    return run(colour) if colour.shape[2] == 1 else luma_beside_chroma(run, JFIF, scale, colour)


def through_gray_to_rgb(run, scale, colour):
    return run(colour if colour.shape[2] == 1 else luma(colour))


def through_luma(run, scale, colour):
    def enlarge(y):
        return run(bicubic(y, scale))

    if colour.shape[2] == 1:
        return enlarge(colour)
    return luma_beside_chroma(enlarge, STUDIO, scale, colour)


# How colour, gray or RGB, goes through a network that is no RGBA one.
COLOUR_RULES = {
    "rgb": through_rgb,
    "gray": through_gray,
    "gray_to_rgb": through_gray_to_rgb,
    "luma": through_luma,
}


def upscale_alpha(run, mode, scale, alpha):
    """A run of its own as gray, unless all of it is the same."""
    if np.ptp(alpha) == 0:
        return np.full((alpha.shape[0] * scale, alpha.shape[1] * scale, 1), alpha.flat[0])
    result = COLOUR_RULES[mode](run, scale, alpha)
    return luma(result) if mode == "gray_to_rgb" else result


def upscale_rgba(run, colour, alpha):
    """Through a network of four channels; gray three times, alpha 1 where there is none."""
    rgb = colour if colour.shape[2] == 3 else spread(colour)
    result = run(np.concatenate([rgb, alpha if alpha.size else np.ones_like(rgb[..., :1])], 2))
    rgb = result[..., :3]
    return rgb if colour.shape[2] == 3 else luma(rgb), result[..., 3:]


def upscale(run, mode, scale, samples):
    """`samples` (H, W, C), uint8 or uint16, enlarged by `run`, a function of (H, W, C) in 0...1.

    mode: rgb, gray (1 -> 1), gray_to_rgb (1 -> 3), luma (1 -> 1 on enlarged studio-range luma),
    or rgba (4 -> 4).
    """
    peak = np.iinfo(samples.dtype).max
    picture = samples.astype(np.float64) / peak
    colours = 1 if samples.shape[2] < 3 else 3
    colour, alpha = picture[..., :colours], picture[..., colours:]
    if mode == "rgba":
        new_colour, new_alpha = upscale_rgba(run, colour, alpha)
    else:
        new_colour = COLOUR_RULES[mode](run, scale, colour)
        new_alpha = upscale_alpha(run, mode, scale, alpha) if alpha.size else alpha
    result = np.concatenate([new_colour, new_alpha], 2) if alpha.size else new_colour
    return np.rint(np.clip(result, 0, 1) * peak).astype(samples.dtype)

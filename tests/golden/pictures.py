"""How a picture goes through a network, in numpy: the rules that fovea's Upscaler follows, written again."""

import numpy as np

STUDIO = (np.array([[65.481, 128.553, 24.966], [-37.797, -74.203, 112.0], [112.0, -93.786, -18.214]]) / 255,
          np.array([16, 128, 128]) / 255)  # MATLAB's rgb2ycbcr
JFIF = (np.array([[0.299, 0.587, 0.114],
                  [-0.299 / 1.772, -0.587 / 1.772, 0.886 / 1.772],
                  [0.701 / 1.402, -0.587 / 1.402, -0.114 / 1.402]]), np.array([0, 128, 128]) / 255)


def cubic(x):
    """Keys' kernel with a = -0.5."""
    x = np.abs(x)
    return np.where(x <= 1, 1.5 * x**3 - 2.5 * x**2 + 1,
                    np.where(x < 2, -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2, 0))


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


def upscale(run, mode, scale, samples):
    """`samples` (H, W, C) of uint8 or uint16, enlarged by `run`: (H, W, C) in 0...1 to (H', W', C').

    mode: rgb, gray (1 -> 1), gray_to_rgb (1 -> 3), rgba (4 -> 4), luma (1 -> 1 on enlarged studio-range luma)."""
    peak = np.iinfo(samples.dtype).max
    picture = samples.astype(np.float64) / peak
    colours = 1 if samples.shape[2] < 3 else 3
    colour, alpha = picture[..., :colours], picture[..., colours:]
    enlarge = (lambda y: run(bicubic(y, scale))) if mode == "luma" else run

    if mode == "rgba":
        rgb = colour if colours == 3 else spread(colour)
        result = run(np.concatenate([rgb, alpha if alpha.size else np.ones_like(rgb[..., :1])], 2))
        colour, network_alpha = result[..., :3] if colours == 3 else luma(result[..., :3]), result[..., 3:]
        parts = [colour, network_alpha] if alpha.size else [colour]
    else:
        if mode == "rgb":
            colour = run(colour) if colours == 3 else luma(run(spread(colour)))
            of_alpha = lambda a: luma(run(spread(a)))
        elif mode == "gray_to_rgb":
            colour = run(luma(colour) if colours == 3 else colour)
            of_alpha = lambda a: luma(run(a))
        else:
            of_alpha = enlarge
            if colours == 1:
                colour = enlarge(colour)
            else:
                matrix, offset = STUDIO if mode == "luma" else JFIF
                ycc = colour @ matrix.T + offset
                ycc = np.concatenate([enlarge(ycc[..., :1]), bicubic(ycc[..., 1:], scale)], 2)
                colour = (ycc - offset) @ np.linalg.inv(matrix).T
        parts = [colour]
        if alpha.size:
            constant = np.ptp(alpha) == 0
            parts.append(np.full(colour.shape[:2] + (1,), alpha.flat[0]) if constant else of_alpha(alpha))
    result = np.concatenate(parts, 2)
    return np.rint(np.clip(result, 0, 1) * peak).astype(samples.dtype)

"""Luma of BT.601 in studio range, 16...235, as MATLAB's rgb2ycbcr has it."""

WEIGHTS = (65.481, 128.553, 24.966)


def luma(rgb):
    """(..., 3, H, W) samples 0...1 to (..., 1, H, W) of 16...235."""
    r, g, b = (rgb[..., i:i + 1, :, :] for i in range(3))
    return 16 + WEIGHTS[0] * r + WEIGHTS[1] * g + WEIGHTS[2] * b

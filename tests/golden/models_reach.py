"""The networks that see further than their convolutions of which goldens are made: as make_goldens.py's MODELS."""

from networks_attention import IMDN, RCAN, RFDN, RLFN, BasicRCAN, SmallIMDN
from networks_gated import FBCNN, MoSR, RTMoSR, SPANPlus
from networks_reach import PLKSR
from networks_valid import RealCUGAN, Waifu2x


def plksr(*args, **kwargs):
    return lambda: PLKSR(*args, **kwargs)


REACHING_MODELS = {
    "realplksr_x4": (plksr(8, 2, 4, norm="group"), "F16", ["1x1", "3x5", "9x14"], {}),
    "realplksr_x1": (plksr(8, 1, 1, 5, norm="group", attention=False), "F16", ["7x9"], {}),
    "realplksr_layer_norm_x2": (plksr(8, 2, 2, 7, norm="layer"), "F16", ["1x1", "7x9"], {}),
    "realplksr_dysample_x4": (
        plksr(8, 1, 4, 5, norm="group", dysample=4),
        "F16",
        ["1x1", "3x5", "7x9"],
        {},
    ),
    "realplksr_dysample_x3": (plksr(8, 1, 3, 5, norm="layer", dysample=3), "F32", ["5x7"], {}),
    "realplksr_dysample_x1": (plksr(8, 1, 1, 3, norm="layer", dysample=3), "F16", ["5x7"], {}),
    "plksr_x4": (plksr(8, 2, 4, 13, (3, 1)), "F16", ["1x1", "9x14"], {}),
    "plksr_dccm_x2": (plksr(8, 1, 2, 7), "F16", ["7x9"], {}),
    "plksr_iccm_x3": (plksr(8, 1, 3, 9, (1, 3), attention=False), "F16", ["7x9"], {}),
    "plksr_rectangular_x2": (plksr(8, 1, 2, 9, rectangular=True), "F16", ["7x9"], {}),
    "waifu2x_vgg_7": (lambda: Waifu2x((4, 4, 6, 6, 8, 8)), "F16", ["1x1", "3x5", "9x8"], {}),
    "waifu2x_upconv_7": (lambda: Waifu2x((4, 4, 6, 6, 8, 8), True), "F16", ["1x1", "9x8"], {}),
    "cugan_x2": (lambda: RealCUGAN(4, 2), "F16", ["20x21"], {}),
    "cugan_x2_pro": (lambda: RealCUGAN(4, 2, pro=True), "F16", ["20x22"], {}),
    "cugan_x2_fast": (lambda: RealCUGAN(4, 2, 1, fast=True), "F16", ["42x43"], {}),
    "cugan_x3": (lambda: RealCUGAN(4, 3), "F16", ["18x19"], {}),
    "cugan_x4": (lambda: RealCUGAN(4, 4, 1), "F16", ["21x22"], {}),
    "cunet_x1": (lambda: RealCUGAN(4, 1), "F16", ["1x1", "17x14"], {}),
    "mosr_x4": (lambda: MoSR(8, 2, 4), "F16", ["1x1", "3x5", "9x14"], {}),
    "mosr_gps_x2": (lambda: MoSR(8, 1, 2, "gps", 5, 8), "F16", ["7x9"], {}),
    "mosr_dys_x2": (lambda: MoSR(8, 1, 2, "dys"), "F16", ["1x1", "7x9"], {}),
    "rcan_x4": (lambda: RCAN(6, 2, 2, 4), "F16", ["1x1", "9x8"], {}),
    "rcan_x3_plain": (lambda: RCAN(6, 1, 2, 3, 0), "F16", ["7x9"], {}),
    "rcan_x2_unshuffle": (lambda: RCAN(6, 1, 1, 2, 255, 2), "F16", ["1x1", "7x9"], {}),
    "rcan_basicsr_x4": (lambda: BasicRCAN(6, 2, 2, 4), "F16", ["1x1", "9x8"], {}),
    "imdn_x4": (lambda: IMDN(8, 2, 4), "F16", ["1x1", "7x9"], {}),
    "imdn_rtc_x2": (lambda: SmallIMDN(8, 2, 2, "rtc"), "F16", ["1x1", "7x9"], {}),
    "imdn_kair_x3": (lambda: SmallIMDN(8, 1, 3, "kair"), "F16", ["5x7"], {}),
    "rfdn_x2": (lambda: RFDN(8, 2, 2), "F16", ["15x15", "17x23"], {}),
    "rlfn_x2": (lambda: RLFN(8, 2, 2), "F16", ["15x16", "20x29"], {}),
    "rlfn_range_1_x3": (lambda: RLFN(8, 1, 3, 1), "F16", ["17x15"], {"range": "1"}),
    "rtmosr_x2": (lambda: RTMoSR(4, 1, 2), "F16", ["1x1", "7x9"], {}),
    "rtmosr_x1_unshuffle": (lambda: RTMoSR(4, 1, 1, 2, False, False), "F16", ["7x9"], {}),
    "spanplus_x4": (lambda: SPANPlus(4, (1, 0), 4), "F16", ["1x1", "9x8"], {}),
    "spanplus_dys_x2": (lambda: SPANPlus(4, (1,), 2, "dys"), "F16", ["7x9"], {}),
    "spanplus_conv_x1": (lambda: SPANPlus(4, (1,), 1, "conv"), "F16", ["7x9"], {}),
    "fbcnn": (lambda: FBCNN((3, 4, 5, 6), 1, 7), "F16", ["1x1", "17x22"], {}),
    "fbcnn_gray": (lambda: FBCNN((3, 4, 5, 6), 2, 7, 1), "F16", ["16x8"], {}),
}

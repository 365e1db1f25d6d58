"""Networks of cross_check_spandrel.py that see further than their convolutions."""

from spandrel.architectures import FBCNN, MoSR, PLKSR, RCAN, RealCUGAN

# Padded by reflection: pictures may not be smaller than the padding.
LARGER = {"sizes": ["24x26", "45x41"]}


def first_result(network, x):
    return network(x)[0]


# As CASES.
REACHING_CASES = {
    "RealPLKSR x4": (lambda: PLKSR.RealPLKSR(dim=16, n_blocks=3, upscaling_factor=4), 3),
    "RealPLKSR layer norm x2": (
        lambda: PLKSR.RealPLKSR(dim=16, n_blocks=2, upscaling_factor=2, layer_norm=True),
        3,
    ),
    "RealPLKSR DySample x4": (
        lambda: PLKSR.RealPLKSR(dim=16, n_blocks=2, upscaling_factor=4, dysample=True),
        3,
    ),
    "RealPLKSR DySample x3": (
        lambda: PLKSR.RealPLKSR(
            dim=16, n_blocks=2, upscaling_factor=3, dysample=True, layer_norm=True
        ),
        3,
    ),
    "RealPLKSR 64/28 x4": (lambda: PLKSR.RealPLKSR(), 3, {"sizes": ["16x19"]}),
    "PLKSR x2": (lambda: PLKSR.PLKSR(dim=16, n_blocks=3, upscaling_factor=2), 3),
    "PLKSR ICCM x3": (
        lambda: PLKSR.PLKSR(dim=16, n_blocks=2, upscaling_factor=3, ccm_type="ICCM", use_ea=False),
        3,
    ),
    "PLKSR rectangular x2": (
        lambda: PLKSR.PLKSR(
            dim=16, n_blocks=2, upscaling_factor=2, ccm_type="DCCM", lk_type="RectSparsePLK"
        ),
        3,
    ),
    "MoSR x4": (lambda: MoSR.MoSR(dim=16, n_block=3, upscale=4), 3),
    "MoSR gps x2": (lambda: MoSR.MoSR(dim=16, n_block=2, upscale=2, upsampler="gps"), 3),
    "MoSR dys x3": (lambda: MoSR.MoSR(dim=16, n_block=2, upscale=3, upsampler="dys"), 3),
    "RCAN x4": (lambda: RCAN.RCAN(scale=4, n_resgroups=2, n_resblocks=2, n_feats=32), 3),
    "RCAN plain x3": (
        lambda: RCAN.RCAN(scale=3, n_resgroups=2, n_resblocks=1, n_feats=32, norm=False),
        3,
    ),
    "RCAN unshuffle x2": (
        lambda: RCAN.RCAN(scale=2, n_resgroups=1, n_resblocks=2, n_feats=32, unshuffle_mod=True),
        3,
        {"sizes": ["2x2", "8x6", "16x18"]},
    ),
    "Real-CUGAN x2": (lambda: RealCUGAN.UpCunet2x(), 3, LARGER),
    "Real-CUGAN x2 pro": (lambda: RealCUGAN.UpCunet2x(pro=True), 3, LARGER),
    "Real-CUGAN x3": (lambda: RealCUGAN.UpCunet3x(), 3, LARGER),
    "Real-CUGAN x4": (lambda: RealCUGAN.UpCunet4x(), 3, LARGER),
    "Real-CUGAN x2 fast": (lambda: RealCUGAN.UpCunet2x_fast(), 3, {"sizes": ["44x48"]}),
    "FBCNN": (
        lambda: FBCNN.FBCNN(nc=[8, 8, 8, 512], nb=2),
        3,
        {"call": first_result, "sizes": ["1x1", "21x30"]},
    ),
}

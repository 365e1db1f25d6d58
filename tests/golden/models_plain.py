"""The networks of networks_plain.py and networks_residual.py that make_goldens.py makes."""

from networks_collapsed import ABPN, ECBSR, ETDS, ArtCNN, JoinedETDS
from networks_dense import CARN, RDN, NumberedRDN
from networks_plain import ESPCN, FSRCNN, VDSR, DnCNN
from networks_residual import (
    EDSR,
    SRGAN,
    BasicEDSR,
    MSRResNet,
    SRGANParts,
    SRResNet,
    SwiftSRGAN,
)

# name: (network, stored type, sizes HxW of its maps, metadata)
PLAIN_MODELS = {
    "fsrcnn_x2": (lambda: FSRCNN(1, 8, 4, 2, 2), "F16", ["1x1", "3x5", "7x9"], {"scale": "2"}),
    "fsrcnn_x3": (lambda: FSRCNN(1, 8, 4, 2, 3, True), "F16", ["1x1", "7x9"], {"scale": "3"}),
    "fsrcnn_rgb_x4": (lambda: FSRCNN(3, 6, 3, 1, 4), "F32", ["1x1", "5x4"], {"scale": "4"}),
    "espcn_x3": (lambda: ESPCN(1, (8, 4), 3), "F16", ["1x1", "3x5", "7x9"], {}),
    "espcn_rgb_x2": (lambda: ESPCN(3, (8, 4), 2, "steps"), "F16", ["1x1", "7x9"], {}),
    "espcn_relu_x4": (
        lambda: ESPCN(1, (8, 8, 4), 4, "plain"),
        "F32",
        ["5x4"],
        {"act_type": "relu"},
    ),
    "espcn_sigmoid_x2": (
        lambda: ESPCN(3, (8, 4), 2, "numbered"),
        "F32",
        ["1x1", "5x4"],
        {"act_type": "tanh"},
    ),
    "srgan_x4": (lambda: SRGAN(3, 8, 2, 2), "F32", ["1x1", "5x7"], {}),
    "srgan_x2": (lambda: SRGAN(3, 6, 1, 1), "F16", ["7x9"], {}),
    "srgan_parts_x4": (lambda: SRGANParts(3, 6, 1), "F32", ["1x1", "5x4"], {}),
    "srresnet_x4": (lambda: SRResNet(3, 6, 2, 2), "F32", ["1x1", "5x4"], {}),
    "srresnet_old_x8": (lambda: SRResNet(1, 4, 1, 3, old=True), "F32", ["3x4"], {}),
    "edsr_x4": (lambda: EDSR(6, 2, 4, 0.1), "F32", ["1x1", "5x7"], {"res_scale": "0.1"}),
    "edsr_range_1_x3": (
        lambda: EDSR(6, 2, 3, 1.0, rgb_range=1),
        "F32",
        ["5x4"],
        {"res_scale": "1"},
    ),
    "edsr_basicsr_x2": (lambda: BasicEDSR(6, 2, 2, 0.5), "F16", ["7x9"], {"res_scale": "0.5"}),
    "msrresnet_x4": (lambda: MSRResNet(3, 8, 2, 4), "F16", ["1x1", "5x7"], {}),
    "msrresnet_2018_x3": (lambda: MSRResNet(3, 6, 1, 3, "2018"), "F16", ["5x4"], {}),
    "msrresnet_mmediting_x2": (lambda: MSRResNet(3, 6, 1, 2, "mmediting"), "F16", ["7x9"], {}),
    "vdsr": (lambda: VDSR(8, 6), "F16", ["1x1", "7x30"], {}),
    "vdsr_trunk_x2": (lambda: VDSR(6, 4, trunk=True), "F32", ["5x7"], {"scale": "2"}),
    "swift_srgan_x4": (lambda: SwiftSRGAN(3, 6, 2, 2), "F32", ["1x1", "5x4"], {}),
    "swift_srgan_x2": (lambda: SwiftSRGAN(3, 8, 1, 1), "F16", ["7x9"], {}),
    "rdn_x4": (lambda: RDN(3, 8, 4, 2, 3, 4), "F16", ["1x1", "5x4"], {}),
    "rdn_x3": (lambda: RDN(1, 6, 3, 1, 2, 3), "F32", ["5x7"], {}),
    "rdn_numbered_x4": (lambda: NumberedRDN(8, 4, 2, 2, 2), "F32", ["1x1", "5x4"], {}),
    "carn_x2": (lambda: CARN(8, 2), "F16", ["1x1", "7x9"], {}),
    "carn_x4_of_all": (lambda: CARN(6, 4, [2, 3, 4]), "F32", ["5x4"], {"scale": "4"}),
    "carn_m_x3": (lambda: CARN(8, 3, groups=4), "F32", ["1x1", "5x7"], {}),
    "dncnn": (lambda: DnCNN(1, 6, 9), "F16", ["1x1", "7x9"], {}),
    "dncnn_norm": (lambda: DnCNN(3, 6, 8, norm=1e-4), "F32", ["5x7"], {}),
    "dncnn_ported": (lambda: DnCNN(1, 6, 8, "dncnn", norm=1e-5), "F32", ["5x7"], {}),
    "fdncnn": (lambda: DnCNN(3, 6, 8, noise_level=15), "F16", ["7x9"], {"noise_level": "15"}),
    "artcnn_x2": (lambda: ArtCNN(3, 6, 2, 2), "F16", ["1x1", "7x9"], {}),
    "artcnn_gray_x4": (lambda: ArtCNN(1, 6, 1, 4), "F32", ["5x4"], {}),
    "ecbsr_x4": (lambda: ECBSR(3, 6, 2, 4), "F32", ["1x1", "5x7"], {}),
    "ecbsr_luma_x2": (lambda: ECBSR(1, 6, 2, 2, range=255), "F32", ["7x9"], {"range": "255"}),
    "ecbsr_plain_relu_x3": (
        lambda: ECBSR(3, 6, 1, 3, activation="relu", branches=False),
        "F16",
        ["5x4"],
        {"act_type": "relu"},
    ),
    "ecbsr_deployed_x2": (lambda: ECBSR(3, 6, 2, 2, deployed=True), "F16", ["7x9"], {}),
    "abpn_x3": (lambda: ABPN(6, 2, 3), "F16", ["1x1", "5x7"], {}),
    "etds_x2": (lambda: ETDS(3, 5, 3, 2, 2), "F32", ["1x1", "7x9"], {}),
    "etds_joined_x3": (lambda: JoinedETDS(3, 8, 2, 3), "F16", ["5x7"], {}),
}

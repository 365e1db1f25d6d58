"""The networks of cross_check_originals.py: where each author's code has them, what they are made
with, and the trained weights that lie beside them."""

from originals_calls import (FOR_POOLS, Original, at_scale, first, samples_of_255,
                             tanh_to_samples, unclipped)
from originals_trainers import TRAINERS_CASES


def etds(kind, module, create, **more):
    return Original("ECNUSR/ETDS", f"core.archs.ir.{module}.arch", create,
                    weights=f"experiments/pretrained_models/{kind}.pth", **more)


def etds_cases():
    """ETDS's repository: trained networks of its own and of the five that it is compared with."""
    cases = {
        "ETDS of two streams": Original(
            "ECNUSR/ETDS", "core.archs.ir.ETDS.arch", lambda m: m.ETDS(3, 3, 2, 3, 19, 3),
            call=first),
        "ETDS of two streams x3": Original(
            "ECNUSR/ETDS", "core.archs.ir.ETDS.arch", lambda m: m.ETDS(3, 3, 3, 2, 16, 4),
            call=first)}
    for scale in (2, 3, 4):
        for blocks, features in ((4, 32), (5, 16), (6, 32), (7, 48)):
            name = f"ETDS/ETDS_M{blocks}C{features}_x{scale}"
            cases[name] = etds(name, "ETDS", lambda m, s=scale, b=blocks, f=features:
                               m.ETDSForInference(3, 3, s, b, f, 3))
        for blocks, features in ((4, 28), (6, 40)):
            for suffix in ("", "_ET"):
                name = f"ABPN/ABPN{suffix}_M{blocks}C{features}_x{scale}"
                cases[name] = etds(name, "ABPN", lambda m, s=scale, b=blocks, f=features, t=suffix:
                                   getattr(m, f"ABPN{t}")(f, b, s))
        for blocks, features in ((4, 16), (4, 32), (6, 40)):
            for suffix, kind in (("", "ECBSRT"), ("_ET", "ECBSRET")):
                name = f"ECBSR/ECBSR{suffix}_M{blocks}C{features}_x{scale}"
                cases[name] = etds(name, "ECBSR", lambda m, s=scale, b=blocks, f=features, k=kind:
                                   getattr(m, k)(3, 3, s, b, f, "prelu"))
        cases[f"ESPCN/ESPCN_x{scale}"] = etds(
            f"ESPCN/ESPCN_x{scale}", "ESPCN", lambda m, s=scale: m.ESPCN(3, s),
            metadata={"act_type": "tanh"})
        cases[f"FSRCNN/FSRCNN_x{scale}"] = etds(
            f"FSRCNN/FSRCNN_x{scale}", "FSRCNN", lambda m, s=scale: m.FSRCNN(s),
            metadata={"scale": str(scale)})
    return {f"ECNUSR/ETDS: {name}": case for name, case in cases.items()}


def imdn_cases():
    cases = {
        f"IMDN x{s}": Original("Zheng222/IMDN", "model.architecture",
                               lambda m, s=s: m.IMDN(upscale=s),
                               weights=f"checkpoints/IMDN_x{s}.pth")
        for s in (2, 3, 4)}
    cases["IMDN_RTC"] = Original("Zheng222/IMDN", "model.architecture", lambda m: m.IMDN_RTC(),
                                 weights="checkpoints/model_RTC.pth")
    cases["random IMDN"] = Original("Zheng222/IMDN", "model.architecture",
                                    lambda m: m.IMDN(nf=16, upscale=3))
    return {f"Zheng222/IMDN: {name}": case for name, case in cases.items()}


def distillation_cases():
    """RFDN and RLFN, whose published weights take samples of 0...255."""
    rlfn = "bytedance/RLFN"
    cases = {
        "njulj/RFDN: RFDN": Original("njulj/RFDN", "RFDN", lambda m: m.RFDN(nf=16),
                                     sizes=FOR_POOLS, call=samples_of_255),
        "njulj/RFDN: RFDN_AIM": Original("njulj/RFDN", "RFDN", lambda m: m.RFDN(), sizes=FOR_POOLS,
                                         call=samples_of_255, weights="trained_model/RFDN_AIM.pth"),
        f"{rlfn}: RLFN": Original(rlfn, "model.rlfn", lambda m: m.RLFN(feature_channels=16),
                                  sizes=FOR_POOLS, call=samples_of_255)}
    for module, kind, file, scale in (
            ("rlfn_ntire", "RLFN_Prune", "rlfn_ntire_x4", 4), ("rlfn_s", "RLFN_S", "rlfn_s_x2", 2),
            ("rlfn_s", "RLFN_S", "rlfn_s_x4", 4), ("rlfn", "RLFN", "rlfn_x2", 2),
            ("rlfn", "RLFN", "rlfn_x4", 4)):
        cases[f"{rlfn}: {file}"] = Original(
            rlfn, f"model.{module}", lambda m, k=kind, s=scale: getattr(m, k)(upscale=s),
            sizes=FOR_POOLS, call=samples_of_255, weights=f"model_zoo/{file}.pth")
    return cases


def carn_cases():
    cases = {}
    for scale in (2, 3, 4):
        cases[f"carn_m.pth x{scale}"] = Original(
            "nmhkahn/CARN-pytorch", "model.carn_m", lambda m: m.Net(multi_scale=True, group=4),
            root="carn", weights="checkpoint/carn_m.pth", call=at_scale(scale),
            metadata={"scale": str(scale)})
        cases[f"CARN x{scale}"] = Original(
            "nmhkahn/CARN-pytorch", "model.carn",
            lambda m, s=scale: m.Net(scale=s, multi_scale=False), root="carn",
            call=at_scale(scale))
    return {f"nmhkahn/CARN-pytorch: {name}": case for name, case in cases.items()}


def classical_cases():
    """The first networks, as small repositories have them."""
    luma = {"channels": 1}
    cases = {
        "yjn870/SRCNN-pytorch: SRCNN": Original(
            "yjn870/SRCNN-pytorch", "models", lambda m: m.SRCNN(), **luma),
        "Lornatang/SRCNN-PyTorch: SRCNN": Original(
            "Lornatang/SRCNN-PyTorch", "model", lambda m: m.SRCNN(), **luma),
        "yjn870/ESPCN-pytorch: ESPCN x3": Original(
            "yjn870/ESPCN-pytorch", "models", lambda m: m.ESPCN(3), **luma),
        "yjn870/ESPCN-pytorch: ESPCN RGB x2": Original(
            "yjn870/ESPCN-pytorch", "models", lambda m: m.ESPCN(2, 3)),
        "Lornatang/ESPCN-PyTorch: ESPCN x4": Original(
            "Lornatang/ESPCN-PyTorch", "model", lambda m: m.espcn_x4(
                in_channels=1, out_channels=1, channels=64), **luma, call=unclipped),
        "pytorch/examples: ESPCN x3": Original(
            "pytorch/examples", "model", lambda m: m.Net(3), root="super_resolution",
            metadata={"act_type": "relu"}, **luma),
        "leftthomas/ESPCN: ESPCN x3": Original(
            "leftthomas/ESPCN", "model", lambda m: m.Net(3), metadata={"act_type": "tanh"}, **luma),
        "twtygqyy/pytorch-vdsr: VDSR": Original(
            "twtygqyy/pytorch-vdsr", "vdsr", lambda m: m.Net(), **luma),
        "Lornatang/VDSR-PyTorch: VDSR": Original(
            "Lornatang/VDSR-PyTorch", "model", lambda m: m.VDSR(), **luma),
        "Lornatang/FSRCNN-PyTorch: FSRCNN x3": Original(
            "Lornatang/FSRCNN-PyTorch", "model", lambda m: m.FSRCNN(3), metadata={"scale": "3"},
            **luma),
        "xindongzhang/ECBSR: ECBSR x2": Original(
            "xindongzhang/ECBSR", "models.ecbsr", lambda m: m.ECBSR(3, 16, False, "prelu", 2, 1),
            call=samples_of_255, training=True, metadata={"range": "255"}, **luma),
        "xindongzhang/ECBSR: PlainSR x4": Original(
            "xindongzhang/ECBSR", "models.plainsr", lambda m: m.PlainSR(2, 16, "prelu", 4, 1),
            call=samples_of_255, metadata={"range": "255"}, **luma),
        "xindongzhang/ECBSR: PlainSR relu x3": Original(
            "xindongzhang/ECBSR", "models.plainsr", lambda m: m.PlainSR(2, 16, "relu", 3, 1),
            call=samples_of_255, metadata={"range": "255", "act_type": "relu"}, **luma)}
    for scale in (2, 3, 4):
        cases[f"yjn870/FSRCNN-pytorch: FSRCNN x{scale}"] = Original(
            "yjn870/FSRCNN-pytorch", "models", lambda m, s=scale: m.FSRCNN(s),
            metadata={"scale": str(scale)}, **luma)
        cases[f"yjn870/RDN-pytorch: RDN x{scale}"] = Original(
            "yjn870/RDN-pytorch", "models", lambda m, s=scale: m.RDN(s, 3, 16, 16, 3, 3))
    return cases


def srgan_cases():
    cases = {}
    for scale in (2, 4, 8):
        cases[f"leftthomas/SRGAN: SRGAN x{scale}"] = Original(
            "leftthomas/SRGAN", "model", lambda m, s=scale: m.Generator(s))
        cases[f"Lornatang/SRGAN-PyTorch: SRResNet x{scale}"] = Original(
            "Lornatang/SRGAN-PyTorch", "model", lambda m, s=scale: m.SRResNet(
                channels=16, num_rcb=2, upscale=s), call=unclipped)
    cases["aladdinpersson/Machine-Learning-Collection: SRGAN x4"] = Original(
        "aladdinpersson/Machine-Learning-Collection", "model",
        lambda m: m.Generator(num_channels=16, num_blocks=2), root="ML/Pytorch/GANs/SRGAN",
        call=tanh_to_samples)
    return cases


CASES = {**etds_cases(), **imdn_cases(), **distillation_cases(), **carn_cases(),
         **classical_cases(), **srgan_cases(), **TRAINERS_CASES}

"""Networks of trainers and of what the community makes with them, as originals_cases.py."""

import torch
from originals_calls import (FOR_MARGINS, NOISE, Original, behind, cugan_samples, edsr_options,
                             first, minus_noise, samples_of_255, told_as_channel, told_of_noise,
                             unclipped, unpinned)


def basicsr_cases():
    """BasicSR, the trainer that most others are made of."""

    def basicsr(module, create, **more):
        return Original("XPixelGroup/BasicSR", f"basicsr.archs.{module}_arch", create, **more)

    cases = {
        "EDSR x4": basicsr("edsr", lambda m: m.EDSR(3, 3, 16, 3, 4), metadata={"res_scale": "1"}),
        "EDSR x3": basicsr("edsr", lambda m: m.EDSR(3, 3, 16, 2, 3, res_scale=0.1),
                           metadata={"res_scale": "0.1"}),
        "RCAN x4": basicsr("rcan", lambda m: m.RCAN(3, 3, 32, 2, 2, upscale=4)),
        "RCAN x3": basicsr("rcan", lambda m: m.RCAN(3, 3, 16, 2, 1, 4, upscale=3)),
        "ECBSR x2": basicsr("ecbsr", lambda m: m.ECBSR(3, 3, 3, 16, False, "prelu", 2),
                            training=True),
        "ECBSR gray x4": basicsr("ecbsr", lambda m: m.ECBSR(1, 1, 2, 16, False, "prelu", 4),
                                 channels=1, training=True, metadata={"range": "1"}),
        "SRVGGNetCompact x4": basicsr("srvgg", lambda m: m.SRVGGNetCompact(3, 3, 16, 4, 4)),
        "RRDBNet x4": basicsr("rrdbnet", lambda m: m.RRDBNet(3, 3, 4, 16, 1, 8)),
        "RRDBNet x2": basicsr("rrdbnet", lambda m: m.RRDBNet(3, 3, 2, 16, 1, 8),
                              sizes=("2x2", "8x6"))}
    for scale in (2, 3, 4):
        cases[f"MSRResNet x{scale}"] = basicsr(
            "srresnet", lambda m, s=scale: m.MSRResNet(3, 3, 16, 2, s))
    return {f"XPixelGroup/BasicSR: {name}": case for name, case in cases.items()}


def openmmlab_cases():
    """MMagic, MMEditing before."""

    def mmagic(module, create, **more):
        return Original("open-mmlab/mmagic", f"mmagic.models.editors.{module}", create, **more)

    cases = {
        "EDSR x4": mmagic("edsr.edsr_net", lambda m: m.EDSRNet(3, 3, 16, 3, 4),
                          metadata={"res_scale": "1"}),
        "RDN x4": mmagic("rdn.rdn_net", lambda m: m.RDNNet(3, 3, 16, 3, 4, 3, 16)),
        "SRCNN": mmagic("srcnn.srcnn_net", lambda m: m.SRCNNNet((1, 16, 8, 1), upscale_factor=1),
                        channels=1)}
    for scale in (2, 3, 4):
        cases[f"MSRResNet x{scale}"] = mmagic(
            "srgan.sr_resnet", lambda m, s=scale: m.MSRResNet(3, 3, 16, 2, s))
    return {f"open-mmlab/mmagic: {name}": case for name, case in cases.items()}


def snu_cases():
    """EDSR-PyTorch and RCAN, which grew out of it."""
    edsr, rcan = "sanghyun-son/EDSR-PyTorch", "yulunzhang/RCAN"
    blocks = {"n_resblocks": 2, "n_feats": 16, "n_resgroups": 2, "reduction": 4}
    code = "RCAN_TestCode/code"
    cases = {f"{edsr}: RDN x2": Original(
        edsr, "model.rdn",
        lambda m: m.RDN(edsr_options(2, G0=64, RDNkSize=3, RDNconfig="A")), root="src",
        sizes=("7x5",), call=samples_of_255)}
    for scale in (2, 3, 4):
        cases[f"{edsr}: EDSR x{scale}"] = Original(
            edsr, "model.edsr", lambda m, s=scale: m.EDSR(edsr_options(s, **blocks)), root="src",
            call=samples_of_255, metadata={"res_scale": "1"})
        cases[f"{edsr}: RCAN x{scale}"] = Original(
            edsr, "model.rcan", lambda m, s=scale: m.RCAN(edsr_options(s, **blocks)), root="src",
            call=samples_of_255)
        cases[f"{rcan}: RCAN x{scale}"] = Original(
            rcan, "model.rcan", lambda m, s=scale: m.RCAN(edsr_options(s, **blocks)), root=code,
            call=samples_of_255)
    return cases


def restoring_cases():
    """What leaves a picture its size."""
    dncnn = "SaoYan/DnCNN-PyTorch"
    cases = {
        "cszn/KAIR: dncnn_25": Original(
            "cszn/KAIR", "models.network_dncnn", lambda m: m.DnCNN(act_mode="R"), channels=1,
            weights="model_zoo/dncnn_25.pth"),
        "cszn/KAIR: FDnCNN": Original(
            "cszn/KAIR", "models.network_dncnn", lambda m: m.FDnCNN(4, 3, 16),
            call=told_as_channel, metadata={"noise_level": str(NOISE)}),
        "cszn/KAIR: FFDNet": Original(
            "cszn/KAIR", "models.network_ffdnet", lambda m: m.FFDNet(3, 3, 96, 12),
            call=told_of_noise, metadata={"noise_level": str(NOISE)}),
        "cszn/KAIR: FFDNet gray": Original(
            "cszn/KAIR", "models.network_ffdnet", lambda m: m.FFDNet(), channels=1,
            call=told_of_noise, metadata={"noise_level": str(NOISE)}),
        "cszn/KAIR: IRCNN": Original(
            "cszn/KAIR", "models.network_dncnn", lambda m: m.IRCNN(3, 3, 16)),
        "cszn/KAIR: IMDN x4": Original(
            "cszn/KAIR", "models.network_imdn", lambda m: m.IMDN(nc=16, nb=2)),
        "cszn/KAIR: MSRResNet1 x4": Original(
            "cszn/KAIR", "models.network_msrresnet", lambda m: m.MSRResNet1(nc=16, nb=2)),
        "cszn/KAIR: DnCNN with norms": Original(
            "cszn/KAIR", "models.network_dncnn", lambda m: m.DnCNN(3, 3, 16, 8)),
        "jiaxi-jiang/FBCNN: FBCNN": Original(
            "jiaxi-jiang/FBCNN", "models.network_fbcnn",
            lambda m: m.FBCNN(nc=[8, 8, 16, 512], nb=2), sizes=("1x1", "21x30"), call=first)}
    for name, layers in (("DnCNN-B", 20), ("DnCNN-S-15", 17), ("DnCNN-S-25", 17),
                         ("DnCNN-S-50", 17)):
        cases[f"{dncnn}: {name}"] = Original(
            dncnn, "models", lambda m, n=layers: m.DnCNN(1, n), channels=1, call=minus_noise,
            weights=f"logs/{name}/net.pth")
    return cases


def cugan(kind, pro):
    def create(module):
        network = getattr(module, kind)()
        if pro:
            network.register_buffer("pro", torch.zeros(1))
        return network

    return Original("bilibili/ailab", "upcunet_v3", create, root="Real-CUGAN", sizes=FOR_MARGINS,
                    call=cugan_samples(pro))


def waifu_cases():
    nunif = "nagadomi/nunif"
    cugans = {f"bilibili/ailab: {kind}{' pro' if pro else ''}": cugan(kind, pro)
              for kind in ("UpCunet2x", "UpCunet3x", "UpCunet4x") for pro in (False, True)}
    return {
        **cugans,
        f"{nunif}: vgg_7": Original(nunif, "waifu2x.models.vgg_7", lambda m: m.VGG7(),
                                    call=behind(7, "replicate")),
        f"{nunif}: upconv_7": Original(nunif, "waifu2x.models.upconv_7", lambda m: m.UpConv7(),
                                       call=behind(7, "replicate")),
        f"{nunif}: CUNet": Original(nunif, "waifu2x.models.cunet", lambda m: m.CUNet(no_clip=True),
                                    call=behind(28, "replicate", unclipped), sizes=FOR_MARGINS)}


def community_cases():
    """What the community's trainers have: neosr, traiNNer-redux, and the authors' own."""

    def plksr(*sizes, **more):
        return Original("dslisleedh/PLKSR", "plksr.archs.plksr_arch",
                        lambda m: m.PLKSR(16, 2, *sizes, **more))

    def neosr(module, create, repository="muslll/neosr", **more):
        return Original(repository, f"neosr.archs.{module}_arch", create, **more)

    def redux(module, create, **more):
        return Original("the-database/traiNNer-redux", f"traiNNer.archs.{module}_arch", create,
                        **more)

    small = {"dim": 16, "n_blocks": 2}
    mosr = {"dim": 16, "n_block": 2}
    cases = {
        "dslisleedh/PLKSR: PLKSR x2": plksr(2, "CCM", 13, 0.25),
        "dslisleedh/PLKSR: PLKSR DCCM x4": plksr(4, "DCCM", 17, 0.25),
        "dslisleedh/PLKSR: PLKSR ICCM x3": plksr(3, "ICCM", 9, 0.5, use_ea=False),
        "dslisleedh/PLKSR: PLKSR rectangular": plksr(2, "DCCM", 15, 0.25, "RectSparsePLK"),
        "muslll/neosr: realplksr x4": neosr("realplksr", lambda m: m.realplksr(**small)),
        "muslll/neosr: realplksr dysample x2": neosr(
            "realplksr", lambda m: m.realplksr(**small, upscaling_factor=2, dysample=True),
            call=unpinned),
        "muslll/neosr: mosr x4": neosr("mosr", lambda m: m.mosr(**mosr, upsampler="ps")),
        "muslll/neosr: mosr dys x2": neosr("mosr", lambda m: m.mosr(**mosr, upscale=2),
                                           call=unpinned),
        "umzi2/MoSR: mosr gps x3": neosr(
            "mosr", lambda m: m.mosr(**mosr, upscale=3, upsampler="gps"), "umzi2/MoSR"),
        "muslll/neosr: spanplus dys x4": neosr(
            "spanplus", lambda m: m.spanplus(feature_channels=16, blocks=[2]), call=unpinned),
        "muslll/neosr: spanplus ps x2": neosr(
            "spanplus", lambda m: m.spanplus(feature_channels=16, blocks=[1, 2], upscale=2,
                                             upsampler="ps")),
        "muslll/neosr: spanplus conv x1": neosr(
            "spanplus", lambda m: m.spanplus(feature_channels=16, blocks=[1], upscale=1,
                                             upsampler="conv")),
        "umzi2/SPANPlus: spanplus x4": neosr(
            "spanplus", lambda m: m.spanplus(feature_channels=16, blocks=[2]), "umzi2/SPANPlus",
            call=unpinned),
        "umzi2/ArtCNN-PyTorch: artcnn x4": neosr(
            "artcnn", lambda m: m.ArtCNN(scale=4, filters=16, n_block=2), "umzi2/ArtCNN-PyTorch"),
        "the-database/traiNNer-redux: ArtCNN x2": redux(
            "artcnn", lambda m: m.ArtCNN(scale=2, filters=16, n_block=2)),
        "the-database/traiNNer-redux: SpanPlus x4": redux(
            "spanplus", lambda m: m.SpanPlus(feature_channels=16, blocks=[2])),
        "the-database/traiNNer-redux: RCAN x4": redux(
            "rcan", lambda m: m.RCAN(scale=4, n_resgroups=2, n_resblocks=2, n_feats=32)),
        "rewaifu/RTMoSR: RTMoSR x2": Original(
            "rewaifu/RTMoSR", "RTMoSR", lambda m: m.RTMoSR(scale=2, dim=16),
            sizes=("8x6", "16x20")),
        "hongyuanyu/SPAN: SPAN x4": Original(
            "hongyuanyu/SPAN", "basicsr.archs.span_arch",
            lambda m: m.SPAN(3, 3, feature_channels=16, upscale=4))}
    for scale in (1, 2, 3, 4):
        for unshuffled in (False, True) if scale != 3 else (False,):
            cases[f"the-database/traiNNer-redux: RTMoSR x{scale}"
                  f"{' unshuffled' if unshuffled else ''}"] = redux(
                "rtmosr",
                lambda m, s=scale, u=unshuffled: m.RTMoSR(scale=s, dim=16, unshuffle_mod=u),
                sizes=("8x8", "16x24"))
    return cases


TRAINERS_CASES = {**basicsr_cases(), **openmmlab_cases(), **snu_cases(), **restoring_cases(),
                  **waifu_cases(), **community_cases()}

"""RDN (Zhang et al. 2018, arXiv 1802.08797) and RRDN (after Wang et al. 2018, arXiv 1809.00219) as
idealo's image-super-resolution lays them out in Keras, and names their layers."""

import torch
from torch import nn


def convolution(in_channels, out_channels, kernel):
    return nn.Conv2d(in_channels, out_channels, kernel, padding=kernel // 2)


def depth_to_space(x, factor):
    """TensorFlow's, of NHWC: input channel (dy r + dx) C + c is channel c at (dy, dx)."""
    n, channels, height, width = x.shape
    x = x.reshape(n, factor, factor, channels // factor**2, height, width)
    x = x.permute(0, 3, 4, 1, 5, 2)
    return x.reshape(n, channels // factor**2, height * factor, width * factor)


class KerasNetwork(nn.Module):
    """Layers by their Keras names, and the list of them that a model.json holds."""

    def __init__(self, range_, input_name):
        super().__init__()
        self.range = range_
        self.convolutions = nn.ModuleDict()
        self.input_name = input_name
        self.layers = [("InputLayer", input_name, {"batch_input_shape": [None, None, None, 3]}, [])]
        self.steps = []

    def add(self, kind, name, config, inputs, function):
        self.layers.append((kind, name, config, inputs))
        self.steps.append((name, inputs, function))
        return name

    def conv(self, name, source, in_channels, out_channels, kernel=3, padding="same"):
        module = convolution(in_channels, out_channels, kernel)
        self.convolutions[name] = module
        config = {"filters": out_channels, "kernel_size": [kernel] * 2, "strides": [1, 1],
                  "padding": padding, "data_format": "channels_last", "dilation_rate": [1, 1],
                  "groups": 1, "activation": "linear", "use_bias": True,
                  "kernel_initializer": {"class_name": "Zeros", "config": {}},
                  "activity_regularizer": None, "bias_constraint": None}
        return self.add("Conv2D", name, config, [source], module)

    def relu(self, source):
        return self.add("Activation", source + "_Relu", {"activation": "relu"}, [source],
                        torch.relu)

    def concatenate(self, name, *sources):
        return self.add("Concatenate", name, {"axis": 3}, list(sources),
                        lambda *maps: torch.cat(maps, 1))

    def sum(self, name, *sources):
        return self.add("Add", name, {}, list(sources), lambda *maps: sum(maps))

    def dense(self, source, suffix, in_channels, growth, count):
        """[source, F_1, F_2 ...]: its name and channels."""
        for i in range(1, count + 1):
            layer = self.relu(self.conv(f"F_{suffix}_{i}", source, in_channels, growth))
            source = self.concatenate(f"RDB_Concat_{suffix}_{i}", source, layer)
            in_channels += growth
        return source, in_channels

    def shuffle(self, name, source, factor, kind):
        return self.add(kind, name, {"scale": factor}, [source],
                        lambda x: depth_to_space(x, factor))

    def forward(self, x):
        values = {self.input_name: x}
        for name, inputs, function in self.steps:
            values[name] = function(*(values[source] for source in inputs))
        return values[self.steps[-1][0]]


class RDN(KerasNetwork):
    def __init__(self, count, blocks, growth, features, scale, shuffles=False):
        super().__init__(255, "LR")
        first = self.conv("F_m1", "LR", 3, features)
        value = self.conv("F_0", first, features, features)
        outputs = []
        for d in range(1, blocks + 1):
            dense, channels = self.dense(value, d, features, growth, count)
            fused = self.conv(f"LFF_{d}", dense, channels, features, 1, "valid")
            value = self.sum(f"LRL_{d}", fused, value)
            outputs.append(value)
        value = self.concatenate("LRLs_Concat", *outputs)
        value = self.conv("GFF_1", value, blocks * features, features, 1)
        value = self.conv("GFF_2", value, features, features)
        value = self.sum("FDF", value, first)
        value = self.relu(self.conv("UPN1", value, features, 12, 5))
        value = self.relu(self.conv("UPN2", value, 12, 8))
        value = self.conv("UPN3", value, 8, 3 * scale**2)
        if shuffles:
            value, channels = self.shuffle("PixelShuffle", value, scale, "PixelShuffle"), 3
        else:
            config = {"size": [scale, scale], "data_format": "channels_last",
                      "interpolation": "nearest"}
            value = self.add("UpSampling2D", "UPsample", config, [value],
                             lambda x: x.repeat_interleave(scale, 2).repeat_interleave(scale, 3))
            channels = 3 * scale**2
        self.conv("SR", value, channels, 3)
        self.scale = scale


class RRDN(KerasNetwork):
    BETA = 0.2

    def __init__(self, blocks, parts, count, growth, features, scale, kind):
        super().__init__(1, "LR_input")
        first = value = self.conv("Pre_blocks_conv", "LR_input", 3, features)
        for t in range(1, blocks + 1):
            before = value
            for d in range(1, parts + 1):
                dense, channels = self.dense(value, f"{t}_{d}", features, growth, count)
                fused = self.conv(f"LFF_{t}_{d}", dense, channels, features)
                value = self.sum(f"LRL_{t}_{d}", value, self.beta(fused))
            value = self.sum(f"RRDB_{t}_out", before, self.beta(value))
        value = self.sum("GRL", self.conv("post_blocks_conv", value, features, features), first)
        value = self.conv("PreShuffle", value, features, 3 * scale**2)
        self.conv("SR", self.shuffle("pixel_shuffle", value, scale, kind), 3, 3)
        self.scale = scale

    def beta(self, source):
        name = f"multiply_beta_{len(self.layers)}"
        return self.add("MultiplyBeta", name, {"beta": self.BETA}, [source],
                        lambda x: x * self.BETA)

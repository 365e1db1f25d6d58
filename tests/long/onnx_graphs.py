"""Small random ONNX graphs of the operators that fovea reads, and of near ones that it does not."""

import numpy as np
from onnx import TensorProto, helper, numpy_helper

FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64


class Map:
    """A value of (1, channels, side * HEIGHT + surplus, side * WIDTH + surplus)."""

    def __init__(self, name, channels, side=1.0, surplus=0):
        self.name, self.channels, self.side, self.surplus = name, channels, side, surplus

    def has_size_of(self, other):
        return (self.side, self.surplus) == (other.side, other.surplus)


class GraphMaker:
    """A graph that grows by random operators on random earlier values."""

    def __init__(self, seed):
        self.random = np.random.default_rng(seed)
        self.opset = int(self.pick([9, 10, 11, 12, 13, 17, 18, 20]))
        self.nodes, self.tensors, self.count = [], [], 0
        self.height, self.width = int(self.pick([8, 16])), int(self.pick([8, 24]))
        self.is_open = self.random.random() < 0.6
        channels = int(self.pick([1, 3]))
        self.maps = [Map("x", channels)]
        self.out = 3 if channels == 3 or self.random.random() < 0.5 else 1

    def pick(self, choices):
        return choices[int(self.random.integers(len(choices)))]

    def chance(self, share):
        return self.random.random() < share

    def name(self):
        self.count += 1
        return f"v{self.count}"

    def tensor(self, values, dtype=np.float32):
        name = f"t{len(self.tensors)}"
        self.tensors.append(numpy_helper.from_array(np.asarray(values, dtype), name))
        return name

    def reals(self, *shape, spread=1.0):
        return self.tensor(self.random.normal(0, spread, shape))

    def add(self, kind, inputs, outputs=1, **attributes):
        names = [self.name() for _ in range(outputs)]
        self.nodes.append(helper.make_node(kind, inputs, names, name=names[0], **attributes))
        return names[0] if outputs == 1 else names

    def any_map(self):
        # Mostly the last, so that the graph is deep.
        return self.maps[-1] if self.chance(0.6) else self.pick(self.maps)

    def keep(self, name, channels, side, surplus=0):
        self.maps.append(Map(name, channels, side, surplus))

    def size_of(self, m):
        return int(self.height * m.side) + m.surplus, int(self.width * m.side) + m.surplus

    # One random operator each; they may give up.

    def convolution(self):
        m = self.any_map()
        groups = m.channels if self.chance(0.2) else 1
        out = m.channels * int(self.pick([1, 2])) if groups > 1 else int(self.pick([1, 2, 3, 4, 8, 12]))
        kh = int(self.pick([1, 2, 3, 3, 5]))
        kw = kh if self.chance(0.8) else int(self.pick([1, 3]))
        stride = 2 if self.chance(0.15) and m.side >= 1 and m.surplus % 2 == 0 else 1
        dilation = 2 if self.chance(0.15) else 1
        reach = [(k - 1) * dilation for k in (kh, kw)]
        begin = [r // 2 + (r % 2) * int(self.chance(0.5)) for r in reach]
        end = [r - b for r, b in zip(reach, begin)]
        if stride == 2 and self.chance(0.5):
            end = [max(e - 1, 0) for e in end]
        attributes = {"pads": begin + end}
        if self.chance(0.1):
            attributes = {"auto_pad": self.pick(["SAME_UPPER", "SAME_LOWER"])}
        surplus = m.surplus // stride
        if self.chance(0.1) and max(reach) < min(self.size_of(m)):
            attributes = {}
            if stride == 1:
                surplus -= reach[0]  # refused where the other side's is not the same
        inputs = [m.name, self.reals(out, m.channels // groups, kh, kw,
                                     spread=(m.channels * kh * kw / groups) ** -0.5)]
        if self.chance(0.7):
            inputs.append(self.reals(out, spread=0.1))
        name = self.add("Conv", inputs, strides=[stride] * 2, dilations=[dilation] * 2,
                        group=groups, **attributes)
        self.keep(name, out, m.side / stride, surplus)

    def transposed(self):
        m = self.any_map()
        if m.side > 2:
            return
        kernel, stride, pad, extra = self.pick([(2, 2, 0, 0), (4, 2, 1, 0), (3, 2, 1, 1),
                                                (6, 2, 2, 0), (3, 1, 1, 0), (3, 2, 0, 0)])
        out = int(self.pick([1, 2, 3]))
        name = self.add("ConvTranspose", [m.name, self.reals(m.channels, out, kernel, kernel,
                                                             spread=0.5 / m.channels ** 0.5)],
                        strides=[stride] * 2, pads=[pad] * 4, output_padding=[extra] * 2)
        self.keep(name, out, m.side * stride, m.surplus * stride)

    def activation(self):
        m = self.any_map()
        kind = self.pick(["Relu", "LeakyRelu", "Sigmoid", "Tanh", "PRelu", "HardSwish", "Mish", "Gelu",
                          "HardSigmoid", "Clip", "Neg", "Softplus", "Elu", "Identity", "Dropout"])
        needs = {"HardSwish": 14, "Mish": 18, "Gelu": 20}
        if self.opset < needs.get(kind, 0):
            return
        inputs, attributes = [m.name], {}
        if kind == "PRelu":
            shape = self.pick([(m.channels, 1, 1), (1, m.channels, 1, 1), (1,), (1, 1, 1)])
            inputs.append(self.reals(*shape, spread=0.3))
        elif kind == "LeakyRelu":
            attributes["alpha"] = float(self.pick([0.1, 0.2, 0.01]))
        elif kind == "Clip" and self.opset < 11:
            attributes = {"min": -0.5, "max": 0.75}
        elif kind == "Clip":
            inputs += [self.tensor(-0.5), self.pick(["", self.tensor(0.75)])]
        self.keep(self.add(kind, inputs, **attributes), m.channels, m.side, m.surplus)

    def spelled_activation(self):
        m = self.any_map()
        kind = self.pick(["silu", "mish", "gelu", "gelu of a half", "near gelu", "near mish"])
        if kind == "silu":
            y = self.add("Mul", [m.name, self.add("Sigmoid", [m.name])])
        elif "mish" in kind:
            soft = self.add("Softplus", [m.name])
            if "near" in kind:
                soft = self.add("Mul", [soft, self.tensor(0.5)])
            y = self.add("Mul", [self.add("Tanh", [soft]), m.name])
        else:
            root = 1.41421356 if "near" not in kind else 1.3
            erf = self.add("Erf", [self.add("Div", [m.name, self.tensor(root)])])
            one = self.add("Add", [erf, self.tensor(1.0)])
            if kind == "gelu of a half":
                y = self.add("Mul", [self.add("Mul", [m.name, self.tensor(0.5)]), one])
            else:
                y = self.add("Mul", [self.add("Mul", [m.name, one]), self.tensor(0.5)])
        self.keep(y, m.channels, m.side, m.surplus)

    def with_numbers(self):
        m = self.any_map()
        c = m.channels
        shape = self.pick([(), (1,), (c, 1, 1), (1, c, 1, 1), (1, 1, 1, 1), (3, 1, 1), (c,)])
        values = self.random.uniform(0.3, 1.5, shape)
        kind = self.pick(["Add", "Sub", "Mul", "Div", "Mul", "Max", "Min"])
        inputs = [m.name, self.tensor(values)]
        if kind != "Div" and self.chance(0.3):
            inputs.reverse()
        if shape == (c,) and c not in (1, int(self.width * m.side)):
            return
        if c not in (1, 3) and shape == (3, 1, 1):
            return
        self.keep(self.add(kind, inputs), max(c, int(np.prod(shape)) if len(shape) > 2 else 1), m.side)

    def of_two(self):
        a = self.any_map()
        b = self.pick([m for m in self.maps if m.has_size_of(a)
                       and (m.channels == a.channels or 1 in (m.channels, a.channels))])
        y = self.add(self.pick(["Add", "Sub", "Mul", "Sum"]), [a.name, b.name])
        self.keep(y, max(a.channels, b.channels), a.side, a.surplus)

    def joined(self):
        a = self.any_map()
        group = [m for m in self.maps if m.has_size_of(a)]
        parts = [self.pick(group) for _ in range(int(self.pick([1, 2, 3, 4])))]
        channels = sum(m.channels for m in parts)
        if channels <= 24:
            self.keep(self.add("Concat", [m.name for m in parts], axis=self.pick([1, -3])), channels,
                      a.side, a.surplus)

    def cut(self):
        m = self.any_map()
        if m.channels < 2:
            return
        at = int(self.random.integers(1, m.channels))
        if self.chance(0.5):
            sizes = [at, m.channels - at]
            if self.opset < 13:
                names = self.add("Split", [m.name], 2, axis=1, split=sizes)
            else:
                names = self.add("Split", [m.name, self.tensor(sizes, np.int64)], 2, axis=1)
            for name, size in zip(names, sizes):
                self.keep(name, size, m.side, m.surplus)
            return
        begin, end = self.pick([(0, at), (at, m.channels), (at, 2**31 - 1), (-1, m.channels)])
        count = len(range(m.channels)[begin:end])
        if count == 0:
            return
        if self.opset < 10:
            y = self.add("Slice", [m.name], axes=[1], starts=[begin], ends=[end])
        else:
            y = self.add("Slice", [m.name] + [self.tensor([n], np.int64) for n in (begin, end, 1)])
        self.keep(y, count, m.side, m.surplus)

    def shuffle(self):
        m = self.any_map()
        if m.side > 2:
            return
        channels = int(self.pick([1, 2, 3]))
        wide = self.add("Conv", [m.name, self.reals(4 * channels, m.channels, 1, 1,
                                                    spread=m.channels ** -0.5)])
        mode = {"mode": self.pick(["DCR", "CRD"])} if self.opset >= 11 else {}
        self.keep(self.add("DepthToSpace", [wide], blocksize=2, **mode), channels, m.side * 2,
                  m.surplus * 2)

    def unshuffle(self):
        m = self.any_map()
        if m.side >= 1 and m.surplus % 2 == 0 and m.channels <= 6:
            self.keep(self.add("SpaceToDepth", [m.name], blocksize=2), 4 * m.channels, m.side / 2,
                      m.surplus // 2)

    def spelled_shuffle(self):
        """Reshape, Transpose, Reshape: sometimes a shuffle, an unshuffle, an order of channels,
        sometimes by an order that is none."""
        m = self.any_map()
        (height, width), c = self.size_of(m), m.channels
        if self.is_open:
            return
        way = self.pick(["shuffle", "unshuffle", "order", "any"])
        if way == "unshuffle" and (m.side < 1 or c > 6):
            return
        if m.surplus % 2 != 0 and way in ("unshuffle", "any"):
            return
        if way == "shuffle" and (c % 4 != 0 or m.side > 2):
            return
        if way == "shuffle":
            split = self.pick([[1, c // 4, 2, 2, height, width], [1, 2, 2, c // 4, height, width]])
            order = [0, 1, 4, 2, 5, 3] if split[1] == c // 4 else [0, 3, 4, 1, 5, 2]
            if self.chance(0.2):
                order[3], order[5] = order[5], order[3]
            shape, channels, side = [1, c // 4, 2 * height, 2 * width], c // 4, m.side * 2
        elif way == "unshuffle":
            split = [1, c, height // 2, 2, width // 2, 2]
            order = self.pick([[0, 1, 3, 5, 2, 4], [0, 3, 5, 1, 2, 4], [0, 5, 3, 1, 2, 4]])
            shape, channels, side = [1, 4 * c, height // 2, width // 2], 4 * c, m.side / 2
        elif way == "order" and c % 2 == 0:
            split, order = [1, 2, c // 2, height, width], [0, 2, 1, 3, 4]
            shape, channels, side = [1, c, height, width], c, m.side
        else:
            split = [1, c, height // 2, 2, width // 2, 2]
            order = [0] + [int(i) for i in self.random.permutation([1, 2, 3, 4, 5])]
            shape, channels, side = [1, c, height, width], c, m.side
        y = self.add("Reshape", [m.name, self.tensor(split, np.int64)])
        y = self.add("Transpose", [y], perm=order)
        y = self.add("Reshape", [y, self.tensor(shape, np.int64)])
        self.keep(y, channels, side, int(m.surplus * side / m.side))

    def resize(self):
        m = self.any_map()
        factor = float(self.pick([2, 2, 3, 1.5, 0.5, 1]))
        if m.side * factor > 4 or (m.side * factor) % 0.5 != 0 or (m.surplus * factor) % 1 != 0:
            return
        sides = [1, 1, factor, factor]
        if self.opset < 10:
            y = self.add("Upsample", [m.name, self.tensor(sides)], mode=self.pick(["nearest", "linear"]))
        elif self.opset < 11:
            y = self.add("Resize", [m.name, self.tensor(sides)], mode=self.pick(["nearest", "linear"]))
        else:
            mode = self.pick(["nearest", "linear", "cubic"])
            attributes = {
                "mode": mode,
                "coordinate_transformation_mode": self.pick(
                    ["half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel"]),
            }
            if mode == "nearest":
                attributes["nearest_mode"] = self.pick(
                    ["floor", "ceil", "round_prefer_floor", "round_prefer_ceil"])
            if self.chance(0.5):
                inputs = [m.name, self.tensor([]), self.tensor(sides)]
            else:
                inputs = [m.name, self.tensor([]), self.tensor([]), self.sizes(m, factor)]
            y = self.add("Resize", inputs, **attributes)
        self.keep(y, m.channels, m.side * factor, int(m.surplus * factor))

    def sizes(self, m, factor):
        """The lengths of `m` times `factor`, in numbers or computed from its shape."""
        whole = [1, m.channels, *(int(n * factor) for n in self.size_of(m))]
        if not self.is_open and self.chance(0.5):
            return self.tensor(whole, np.int64)
        shape = self.add("Shape", [m.name])
        real = self.add("Cast", [shape], to=FLOAT)
        real = self.add("Mul", [real, self.tensor([1, 1, factor, factor])])
        return self.add("Cast", [self.add("Floor", [real])], to=INT64)

    def norm(self):
        m = self.any_map()
        c = m.channels
        variance = self.tensor(self.random.uniform(0.5, 2, c))
        inputs = [self.reals(c, spread=0.5), self.reals(c), self.reals(c), variance]
        self.keep(self.add("BatchNormalization", [m.name, *inputs]), c, m.side, m.surplus)

    def padded(self):
        m = self.any_map()
        pads = self.pick([[0, 0, 1, 1, 0, 0, 1, 1], [0, 0, 0, 1, 0, 0, 2, 1], [0, 0, 2, 2, 0, 0, 0, 0]])
        if self.opset < 11:
            y = self.add("Pad", [m.name], pads=pads)
        else:
            y = self.add("Pad", [m.name, self.tensor(pads, np.int64)])
        spread = m.channels ** -0.5
        if self.chance(0.4):
            y = self.add("Conv", [y, self.reals(m.channels, m.channels, 1, 1, spread=spread),
                                  self.reals(m.channels)])
        y = self.add("Conv", [y, self.reals(m.channels, m.channels, 3, 3, spread=spread / 3),
                              self.reals(m.channels)])
        if self.chance(0.4):
            y = self.add("Conv", [y, self.reals(m.channels, m.channels, 1, 1, spread=spread)])
        if self.chance(0.4):
            beside = self.add("Conv", [m.name, self.reals(m.channels, m.channels, 1, 1, spread=spread)])
            y = self.add("Add", [y, beside])
        self.keep(y, m.channels, m.side, m.surplus)

    def gated(self):
        """A map times, plus or minus what a small network makes of its mean."""
        m = self.any_map()
        axes = self.pick([[2, 3], [-1, -2], [2, 3], [3]])
        if self.chance(0.5):
            y = self.add("GlobalAveragePool", [m.name])
        elif self.opset < 18:
            y = self.add("ReduceMean", [m.name], axes=axes)
        else:
            y = self.add("ReduceMean", [m.name, self.tensor(axes, np.int64)])
        channels = m.channels
        for _ in range(int(self.pick([0, 1, 2]))):
            out = int(self.pick([1, m.channels, m.channels]))
            y = self.add("Conv", [y, self.reals(out, channels, 1, 1), self.reals(out)])
            y = self.add(self.pick(["Sigmoid", "Relu", "Tanh"]), [y])
            channels = out
        if channels not in (1, m.channels):
            return
        if self.chance(0.3):
            y = self.add(self.pick(["Mul", "Add"]), [y, self.reals(channels, 1, 1)])
        inputs = [m.name, y] if self.chance(0.5) else [y, m.name]
        y = self.add(self.pick(["Mul", "Mul", "Add", "Sub", "Sum"]), inputs)
        self.keep(y, m.channels, m.side, m.surplus)

    def pooled(self):
        m = self.any_map()
        kernel, stride = self.pick([(2, 2), (3, 1), (2, 1), (3, 2), (5, 3)])
        if m.side < 1 or min(self.size_of(m)) < kernel or (stride == 3 and self.chance(0.5)):
            return
        attributes = {"pads": [1, 1, 1, 1]} if self.chance(0.05) else {}
        if self.opset >= 10 and self.chance(0.2):
            attributes["ceil_mode"] = 1
        y = self.add(self.pick(["MaxPool", "AveragePool"]), [m.name], kernel_shape=[kernel] * 2,
                     strides=[stride] * 2, **attributes)
        if stride < 3:  # no map's side is a multiple of 3
            self.keep(y, m.channels, m.side / stride, (m.surplus - kernel) // stride + 1)

    def pad_by(self, m, margin, mode):
        pads = [0, 0, margin, margin] * 2
        if self.chance(0.05):
            pads[3] += 1
        if self.opset < 11:
            return self.add("Pad", [m.name], pads=pads, mode=mode)
        return self.add("Pad", [m.name, self.tensor(pads, np.int64)], mode=mode)

    def bordered(self):
        m = self.any_map()
        margin = int(self.pick([1, 2, 3]))
        if margin < min(self.size_of(m)):
            y = self.pad_by(m, margin, self.pick(["reflect", "edge", "constant"]))
            self.keep(y, m.channels, m.side, m.surplus + 2 * margin)

    def end_of(self, m, axis, margin):
        """Where a slice without its last `margin` ends: from the end, or computed."""
        if self.chance(0.6):
            return self.tensor([-margin], np.int64)
        length = self.add("Gather", [self.add("Shape", [m.name]), self.tensor([axis], np.int64)])
        return self.add("Sub", [length, self.tensor([margin], np.int64)])

    def crop_by(self, m, margin):
        if self.opset >= 11 and self.chance(0.2):
            return self.pad_by(m, -margin, "constant")
        if self.opset < 10:
            return self.add("Slice", [m.name], axes=[2, 3], starts=[margin] * 2, ends=[-margin] * 2)
        y = m.name
        for axis in (2, 3):
            y = self.add("Slice", [y, self.tensor([margin], np.int64), self.end_of(m, axis, margin),
                                   self.tensor([axis], np.int64)])
        return y

    def cropped(self):
        m = self.any_map()
        margin = int(self.pick([1, 2]))
        if 2 * margin < min(self.size_of(m)):
            self.keep(self.crop_by(m, margin), m.channels, m.side, m.surplus - 2 * margin)

    def as_large_as_a_picture(self):
        """The last map without its surplus."""
        last = self.maps[-1]
        margin = abs(last.surplus) // 2
        if margin == 0 or last.surplus % 2 != 0:
            return
        y = self.crop_by(last, margin) if last.surplus > 0 else self.pad_by(last, margin, "edge")
        self.keep(y, last.channels, last.side)

    OPERATORS = (convolution, convolution, convolution, transposed, activation, activation,
                 spelled_activation, with_numbers, with_numbers, of_two, of_two, joined, cut, shuffle,
                 unshuffle, spelled_shuffle, resize, norm, padded, gated, gated, pooled,
                 bordered, cropped)

    def read_nodes(self):
        """The nodes that y depends on: fovea does not look at others, onnxruntime does."""
        names, nodes = {"y"}, []
        for node in reversed(self.nodes):
            if names & set(node.output):
                names |= set(node.input)
                nodes.insert(0, node)
        return nodes

    def make(self):
        """The model, from x to y."""
        for _ in range(int(self.random.integers(1, 9))):
            self.pick(self.OPERATORS)(self)
        self.as_large_as_a_picture()
        last = self.maps[-1]
        self.nodes.append(helper.make_node(
            "Conv", [last.name, self.reals(self.out, last.channels, 1, 1,
                                           spread=last.channels ** -0.5)], ["y"], name="y"))
        sides = ["h", "w"] if self.is_open else [self.height, self.width]
        graph = helper.make_graph(
            self.read_nodes(), "random",
            [helper.make_tensor_value_info("x", FLOAT, [1, self.maps[0].channels, *sides])],
            [helper.make_tensor_value_info("y", FLOAT, None)], self.tensors)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)])
        model.ir_version = min(model.ir_version, 9)
        return model

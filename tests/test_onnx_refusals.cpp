// Every way in which an ONNX file is refused, with what is said of it.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "loaders/formats/onnx/onnx_weights.h"
#include "tests/onnx_files.h"

namespace fovea::test {
namespace {

using std::string_literals::operator""s;

std::string refusal_of(const OnnxFile& file) {
  const auto model = file.read();
  return model ? "accepted" : model.error().message;
}

#define EXPECT_REFUSED(file, what)                                                    \
  do {                                                                                \
    const std::string said = refusal_of(file);                                        \
    EXPECT_NE(said.find(what), std::string::npos) << said << "\nexpected " << (what); \
  } while (0)

OnnxFile one_node(const std::string& type, const std::vector<std::string>& others = {},
                  const std::vector<std::string>& attributes = {},
                  const std::vector<std::string>& tensors = {}, int64_t opset = 17) {
  std::vector<std::string> inputs = {"x"};
  inputs.insert(inputs.end(), others.begin(), others.end());
  OnnxFile file{{onnx_node(type, inputs, {"y"}, attributes)}, tensors};
  file.opset = opset;
  return file;
}

OnnxFile relu() { return one_node("Relu"); }

OnnxFile convolution(const std::vector<int64_t>& shape,
                     const std::vector<std::string>& attributes) {
  int64_t count = 1;
  for (const int64_t length : shape) count *= length;
  return one_node("Conv", {"w"}, attributes,
                  {onnx_floats("w", shape, std::vector<float>(static_cast<size_t>(count), 0.5f))});
}

OnnxFile resize(const std::vector<std::string>& attributes, float factor = 2) {
  return one_node("Resize", {"", "s"}, attributes, {onnx_floats("s", {4}, {1, 1, factor, factor})});
}

TEST(OnnxRefusals, Versions) {
  OnnxFile file = relu();
  file.opset = 6;
  EXPECT_REFUSED(file, "has opset 6, expected 7...28; export it with opset 17");
  file.opset = 1000;
  EXPECT_REFUSED(file, "has opset 1000");
  file = relu();
  file.ir_version = 2;
  EXPECT_REFUSED(file, "has the IR version 2, expected 3...14");
}

TEST(OnnxRefusals, InputsAndOutputs) {
  OnnxFile file = relu();
  file.input = "";
  EXPECT_REFUSED(file, "has no input");
  file = relu();
  file.output = "";
  EXPECT_REFUSED(file, "has 0 outputs, expected one");
  for (const auto& [dims, what] : std::vector<std::pair<std::vector<int64_t>, std::string>>{
           {{1, 3, 4}, "has 3 dimensions, expected 4"},
           {{2, 3, 4, 4}, "takes 2 pictures at once"},
           {{1, -1, 8, 8}, "does not tell how many channels"},
           {{1, 2, 4, 4}, "2 -> 2 channels are no picture's"},
           {{1, 3, int64_t{1} << 40, 4}, "has a side of 1099511627776"}}) {
    file = relu();
    file.input = onnx_value("x", dims);
    EXPECT_REFUSED(file, what);
  }
  file.input = onnx_value("x", {1, 3, 4, 4}, kOnnxUint8);
  EXPECT_REFUSED(file, "is of uint8, expected a picture of real numbers");
  file = relu();
  file.output = onnx_value("z", {});
  EXPECT_REFUSED(file, "output 'z': no node makes it");
  file.output = onnx_value("y", {1, 4, -1, -1});
  EXPECT_REFUSED(file, "output 'y': is declared with length 4 of axis 1, has 3");
}

TEST(OnnxRefusals, Names) {
  OnnxFile file = relu();
  file.nodes.push_back(file.nodes[0]);
  EXPECT_REFUSED(file, "'y', which is there already");
  file = {{onnx_node("Relu", {"z"}, {"y"}), onnx_node("Relu", {"y"}, {"z"})}};
  EXPECT_REFUSED(file, "reads 'z', which no node before it makes");
  file = relu();
  file.tensors = {onnx_floats("w", {}, {1}), onnx_floats("w", {}, {1})};
  EXPECT_REFUSED(file, "has two initializers with the name 'w'");
  file.tensors = {onnx_floats("y", {}, {1})};
  EXPECT_REFUSED(file, "'y', which is there already");
}

TEST(OnnxRefusals, Operators) {
  EXPECT_REFUSED(one_node("Warp"), "node 0, Warp 'y': operators of the type 'Warp' are not");
  EXPECT_REFUSED(one_node("Relu", {}, {onnx_attribute("speed", int64_t{1})}),
                 "attribute 'speed' is not known for this operator");
  EXPECT_REFUSED(one_node("Softplus"), "reads what Softplus made");
  EXPECT_REFUSED(one_node("Erf"), "is supported inside Gelu only");
  EXPECT_REFUSED(one_node("Gelu", {}, {onnx_attribute("approximate", "tanh")}),
                 "approximates by tanh");
  OnnxFile file = relu();
  file.nodes[0] += proto_field(7, "com.example"s);
  EXPECT_REFUSED(file, "operators of the domain 'com.example' are not supported");
}

TEST(OnnxRefusals, Convolutions) {
  EXPECT_REFUSED(convolution({3, 3, 2, 2}, {}), "padding 0 0 0 0 (top left bottom right)");
  EXPECT_REFUSED(convolution({3, 3, 3, 3}, {}), "has sides -2 pixels longer");
  EXPECT_REFUSED(convolution({3, 3, 3, 3}, {onnx_attribute("pads", {1, 1, 1, -1})}),
                 "attribute pads holds -1");
  EXPECT_REFUSED(convolution({3, 3, 3, 3}, {onnx_attribute("pads", {1, 1, 1})}),
                 "attribute pads has 3 numbers, expected 4");
  EXPECT_REFUSED(convolution({3, 3, 1, 1}, {onnx_attribute("kernel_shape", {3, 3})}),
                 "attribute kernel_shape is [3, 3], the weights have [3, 3, 1, 1]");
  EXPECT_REFUSED(convolution({3, 3, 1, 1}, {onnx_attribute("strides", {1, 2})}),
                 "strides 1 and 2 differ");
  EXPECT_REFUSED(convolution({3, 3, 1, 1}, {onnx_attribute("group", int64_t{0})}),
                 "attribute group is 0");
  EXPECT_REFUSED(convolution({3, 3, 3}, {}), "has weights of the shape [3, 3, 3]");
  EXPECT_REFUSED(convolution({3, 4, 1, 1}, {}), "expected");
  OnnxFile file = convolution({3, 3, 1, 1}, {});
  file.tensors[0] = onnx_floats("w", {3, 3, 1, 1}, std::vector<float>(9, NAN));
  EXPECT_REFUSED(file, "tensor w holds a NaN or an infinity");
  file.tensors[0] = onnx_tensor("w", 3, {3, 3, 1, 1}, std::string(9, '\0'));
  EXPECT_REFUSED(file, "tensor 'w': holds int8, which is not supported");
  EXPECT_REFUSED(one_node("Conv", {"x"}), "input 1 (weights) is computed from the picture");
}

TEST(OnnxRefusals, Tensors) {
  const auto with = [](const std::string& tensor) {
    OnnxFile file = one_node("Add", {"w"});
    file.tensors = {tensor};
    return file;
  };
  EXPECT_REFUSED(with(onnx_tensor("w", 1, {2}, "1234")),
                 "has 4 bytes, the shape [2] of float32 asks for 8");
  EXPECT_REFUSED(with(onnx_tensor("w", 1, {-1}, "1234")), "has the shape [-1]");
  EXPECT_REFUSED(with(onnx_tensor("w", 1, {int64_t{1} << 62, 4}, "1234")), "too large");
  EXPECT_REFUSED(with(onnx_tensor("w", 1, {int64_t{1} << 32, int64_t{1} << 32, 0}, "")),
                 "too large");
  EXPECT_REFUSED(with(onnx_tensor("w", 1, {1}, "1234") + proto_field(4, floats({1}))),
                 "in two fields");
  EXPECT_REFUSED(
      with(proto_field(1, 1) + proto_field(2, 7) + proto_field(8, "w"s) + proto_field(5, 3)),
      "has 0 elements");
  EXPECT_REFUSED(with(onnx_floats("w", {1, 3, 4, 4}, std::vector<float>(48, 1.0f))),
                 "constants of the shape [1, 3, 4, 4], only one number, or one a channel");
  const std::string location = proto_field(1, "location"s) + proto_field(2, "../../etc/passwd"s);
  EXPECT_REFUSED(with(proto_field(1, 1) + proto_field(2, 1) + proto_field(8, "w"s) +
                      proto_field(13, location) + proto_field(14, 1)),
                 "'../../etc/passwd' is no plain name of a file beside it");
}

TEST(OnnxRefusals, Resizes) {
  EXPECT_REFUSED(resize({onnx_attribute("coordinate_transformation_mode", "align_corners"),
                         onnx_attribute("mode", "linear")}),
                 "linear resize with 'align_corners' coordinates is not supported");
  EXPECT_REFUSED(resize({onnx_attribute("nearest_mode", "floor")}),
                 "nearest resize with 'half_pixel' coordinates and nearest_mode 'floor'");
  EXPECT_REFUSED(resize({onnx_attribute("coordinate_transformation_mode", "asymmetric")}, 3),
                 "nearest_mode 'round_prefer_floor'");
  EXPECT_REFUSED(resize({onnx_attribute("antialias", int64_t{1})}), "attribute antialias is 1");
  EXPECT_REFUSED(resize({}, 0), "its factor is not within 1/64...64");
  EXPECT_REFUSED(resize({}, -2), "its factor is not within 1/64...64");
  EXPECT_REFUSED(resize({}, 1.5f), "nearest resize by 1.5");
  EXPECT_REFUSED(one_node("Upsample", {"s"}, {onnx_attribute("mode", "linear")},
                          {onnx_floats("s", {4}, {1, 1, 2, 2})}, 9),
                 "linear resize with 'asymmetric' coordinates");
  EXPECT_REFUSED(one_node("Resize", {"", "", "s"}, {}, {onnx_integers("s", {1, 3, 8, 8})}),
                 "depends on the picture");
}

TEST(OnnxRefusals, Shapes) {
  const auto reshaped = [](const std::vector<int64_t>& shape) {
    OnnxFile file = one_node("Reshape", {"s"}, {}, {onnx_integers("s", shape)});
    file.input = onnx_value("x", {1, 3, 4, 6});
    return file;
  };
  EXPECT_REFUSED(reshaped({1, 3, 4, 7}), "their elements differ");
  EXPECT_REFUSED(reshaped({1, 3, 6, 4}), "which");
  EXPECT_REFUSED(reshaped({1, 3, -1, -1}), "which is not understood");
  EXPECT_REFUSED(reshaped({1, 3, 24}), "regrouped to [1, 3, 24], which is no pixel shuffle");
  EXPECT_REFUSED(one_node("Transpose", {}, {onnx_attribute("perm", {0, 1, 3, 2})}),
                 "which is no pixel shuffle");
  EXPECT_REFUSED(one_node("Transpose", {}, {onnx_attribute("perm", {0, 1, 1, 2})}),
                 "is no permutation");
  EXPECT_REFUSED(one_node("Concat", {"x"}, {onnx_attribute("axis", int64_t{2})}),
                 "joins maps along axis 2");
  EXPECT_REFUSED(one_node("Concat", {"x"}, {onnx_attribute("axis", int64_t{4})}),
                 "attribute axis is 4");
  EXPECT_REFUSED(
      one_node("Slice", {"a", "b", "c"}, {},
               {onnx_integers("a", {1}), onnx_integers("b", {9}), onnx_integers("c", {2})}),
      "cuts axis 2 of [1, 3, ?, ?]");
  EXPECT_REFUSED(
      one_node("Slice", {"a", "b", "c"}, {},
               {onnx_integers("a", {-2}), onnx_integers("b", {1 << 30}), onnx_integers("c", {3})}),
      "cuts axis 3");
  EXPECT_REFUSED(one_node("Pad", {"p"}, {}, {onnx_integers("p", {0, 0, 1, 1, 0, 0, 1, 1})}),
                 "has sides 2 pixels longer");
  EXPECT_REFUSED(one_node("DepthToSpace", {}, {onnx_attribute("blocksize", int64_t{2})}),
                 "3 channels are no multiple of 2^2");
  EXPECT_REFUSED(
      one_node("Split", {"n"}, {onnx_attribute("axis", int64_t{1})}, {onnx_integers("n", {4})}),
      "splits 3 channels into");
  EXPECT_REFUSED(one_node("Cast", {}, {onnx_attribute("to", int64_t{7})}), "casts a map to int64");
}

TEST(OnnxRefusals, ConstantsBeyondMemory) {
  OnnxFile file = one_node("Add", {"large"});
  file.nodes.insert(file.nodes.begin(), onnx_node("ConstantOfShape", {"n"}, {"large"}));
  file.tensors = {onnx_integers("n", {int64_t{1} << 20, int64_t{1} << 20})};
  EXPECT_REFUSED(file, "the network's constants pass 419");
  file.tensors = {onnx_integers("n", {int64_t{1} << 62, 8})};
  EXPECT_REFUSED(file, "is too large");
}

// Files of stray bytes end in a refusal or a model, never otherwise.
TEST(OnnxRefusals, MutatedFiles) {
  OnnxFile file = convolution({3, 3, 3, 3}, {onnx_attribute("pads", {1, 1, 1, 1})});
  file.nodes.push_back(onnx_node("PRelu", {"y", "s"}, {"z"}));
  file.tensors.push_back(onnx_floats("s", {1, 1, 1}, {0.5f}));
  std::mt19937 random(1);
  for (int i = 0; i < 20000; ++i) {
    const std::string bytes = mutated(file.bytes(), random);
    const auto model = read_onnx(file_bytes(bytes));
    EXPECT_TRUE(model || !model.error().message.empty());
    const auto weights = read_onnx_weights(file_bytes(bytes));
    EXPECT_TRUE(weights || !weights.error().message.empty());
  }
}

}  // namespace
}  // namespace fovea::test

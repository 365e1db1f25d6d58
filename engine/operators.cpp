#include "engine/operators.h"

namespace fovea {
namespace {

struct NameOf {
  std::string_view operator()(const Convolution&) const { return "Convolution"; }
  std::string_view operator()(const UpsampleConvolution&) const { return "UpsampleConvolution"; }
  std::string_view operator()(const ShuffleConvolution&) const { return "ShuffleConvolution"; }
  std::string_view operator()(const DenseBlock&) const { return "DenseBlock"; }
  std::string_view operator()(const Activate& op) const { return to_string(op.activation.kind); }
  std::string_view operator()(const Add&) const { return "Add"; }
  std::string_view operator()(const Multiply&) const { return "Multiply"; }
  std::string_view operator()(const Concat&) const { return "Concat"; }
  std::string_view operator()(const Slice&) const { return "Slice"; }
  std::string_view operator()(const Resize&) const { return "Resize"; }
  std::string_view operator()(const PixelShuffle&) const { return "PixelShuffle"; }
  std::string_view operator()(const PixelUnshuffle&) const { return "PixelUnshuffle"; }
  std::string_view operator()(const Affine&) const { return "Affine"; }
  std::string_view operator()(const Clamp&) const { return "Clamp"; }
  std::string_view operator()(const GlobalAverage& op) const {
    return op.deviation ? "GlobalDeviation" : "GlobalAverage";
  }
  std::string_view operator()(const GroupNormFactors&) const { return "GroupNorm"; }
  std::string_view operator()(const ChannelNorm& op) const {
    return op.centred ? "LayerNorm" : "RMSNorm";
  }
  std::string_view operator()(const Pad&) const { return "Pad"; }
  std::string_view operator()(const Crop&) const { return "Crop"; }
  std::string_view operator()(const Pool& op) const {
    return op.kind == PoolKind::kMax ? "MaxPool" : "AveragePool";
  }
  std::string_view operator()(const GridSample&) const { return "GridSample"; }
};

}  // namespace

std::string_view operator_name(const Operator& op) { return std::visit(NameOf{}, op); }

std::string_view to_string(ActivationKind kind) {
  switch (kind) {
    case ActivationKind::kNone:
      return "Identity";
    case ActivationKind::kRelu:
      return "ReLU";
    case ActivationKind::kLeakyRelu:
      return "LeakyReLU";
    case ActivationKind::kPrelu:
      return "PReLU";
    case ActivationKind::kSigmoid:
      return "Sigmoid";
    case ActivationKind::kSilu:
      return "SiLU";
    case ActivationKind::kTanh:
      return "Tanh";
    case ActivationKind::kGelu:
      return "GELU";
    case ActivationKind::kMish:
      return "Mish";
    case ActivationKind::kHardSwish:
      return "Hardswish";
  }
  return "";
}

std::string_view to_string(ResizeFilter filter) {
  switch (filter) {
    case ResizeFilter::kNearest:
      return "nearest";
    case ResizeFilter::kBilinear:
      return "bilinear";
    case ResizeFilter::kBicubic:
      return "bicubic";
    case ResizeFilter::kLanczos3:
      return "lanczos";
  }
  return "";
}

std::string_view to_string(PadMode mode) {
  switch (mode) {
    case PadMode::kZero:
      return "zero";
    case PadMode::kReflect:
      return "reflect";
    case PadMode::kReplicate:
      return "replicate";
  }
  return "";
}

bool sees_whole_picture(const Operator& op) {
  return std::holds_alternative<GlobalAverage>(op) ||
         std::holds_alternative<GroupNormFactors>(op) || std::holds_alternative<GridSample>(op);
}

}  // namespace fovea

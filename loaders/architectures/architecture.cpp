#include "loaders/architectures/architecture.h"

#include <fmt/format.h>

#include <array>

#include "loaders/architectures/families.h"
#include "loaders/architectures/refused.h"
#include "loaders/architectures/tensor_names.h"

namespace fovea {
namespace {

// In the order in which they are tried.
constexpr std::array kArchitectures = {
    &kRrdbNet,          //
    &kCompactRestorer,  //
    &kDamageUnet,       //
    &kSrvggNetCompact,  //
    &kSpan,             //
    &kSrcnn,            //
    &kRealPlksr,        //
    &kPlksr,            //
    &kRealCugan,        //
    &kWaifu2x,          //
    &kMosr,             //
    &kRcan,             //
    &kImdn,             //
    &kRfdn,             //
    &kRlfn,             //
    &kRtmosr,           //
    &kSpanPlus,         //
    &kFbcnn,            //
    &kFsrcnn,           //
    &kEspcn,            //
    &kSrresnet,         //
    &kEdsr,             //
    &kMsrresnet,        //
    &kVdsr,             //
    &kSwiftSrgan,       //
    &kRdn,              //
    &kCarn,             //
    &kDncnn,            //
    &kIrcnn,            //
    &kArtcnn,           //
    &kEcbsr,            //
    &kAbpn,             //
    &kEtds,             //
};

// The family that the metadata name, or else the tensors; null when there is none.
const Architecture* find_architecture(const Weights& weights) {
  const auto named = weights.metadata.find("architecture");
  if (named != weights.metadata.end()) {
    for (const Architecture* architecture : kArchitectures) {
      if (architecture->name == named->second) return architecture;
    }
  }
  for (const Architecture* architecture : kArchitectures) {
    if (architecture->detect(weights)) return architecture;
  }
  return nullptr;
}

// "RRDBNet, SRVGGNetCompact, SPAN, SRCNN"
std::string known_names() {
  std::vector<std::string_view> names;
  for (const Architecture* architecture : kArchitectures) names.push_back(architecture->name);
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string tensor_names(const Weights& weights) {
  std::vector<std::string> names;
  for (const WeightTensor& tensor : weights.tensors()) names.push_back(tensor.name);
  return first_names(names);
}

}  // namespace

std::span<const Architecture* const> architectures() { return kArchitectures; }

Result<Model> build_architecture(const Weights& weights) {
  if (weights.tensors().empty()) return fail(ErrorCode::kModel, "holds no tensors");
  if (const auto refusal = refuse_known(weights))
    return fail(ErrorCode::kModel, "{}; use a model of {}", *refusal, known_names());
  const Architecture* architecture = find_architecture(weights);
  if (architecture == nullptr)
    return fail(ErrorCode::kModel, "unknown architecture with the tensors {}; use a model of {}",
                tensor_names(weights), known_names());

  auto model = architecture->build(weights);
  if (!model) return fail_in(std::string(architecture->name), std::move(model.error()));
  model->architecture = architecture->name;
  model->metadata = weights.metadata;
  return model;
}

}  // namespace fovea

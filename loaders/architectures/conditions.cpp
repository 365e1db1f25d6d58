#include "loaders/architectures/conditions.h"

#include "loaders/architectures/parameters.h"

namespace fovea {
namespace {

struct KnownCondition {
  std::string_view name;
  double lowest;
  double highest;
  double unit;
};

constexpr KnownCondition kKnown[] = {{kJpegQuality, 1, 100, 100}, {kNoiseLevel, 0, 255, 255}};

}  // namespace

Result<Condition> read_condition(const Weights& weights, std::string_view name) {
  for (const KnownCondition& known : kKnown) {
    if (known.name != name) continue;
    Condition condition{std::string(name), known.lowest, known.highest, known.unit, {}};
    FOVEA_ASSIGN_OR_RETURN(condition.usual, metadata_number(weights, condition.name));
    if (condition.usual && !(*condition.usual >= known.lowest && *condition.usual <= known.highest))
      return fail(ErrorCode::kModel, "its metadata key {} is {} ({} to {})", name, *condition.usual,
                  known.lowest, known.highest);
    return condition;
  }
  return fail(ErrorCode::kModel, "it is told \"{}\", which is not known; {} and {} are", name,
              kJpegQuality, kNoiseLevel);
}

Result<Condition> read_named_condition(const Weights& weights) {
  const auto found = weights.metadata.find("condition");
  if (found == weights.metadata.end())
    return fail(ErrorCode::kModel,
                "the file does not tell which number the network is told; set its metadata key "
                "condition to {} or {}",
                kJpegQuality, kNoiseLevel);
  return read_condition(weights, found->second);
}

}  // namespace fovea

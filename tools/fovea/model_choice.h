// Which network or networks were asked for.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/status.h"

namespace fovea::cli {

/// One network of --blend.
struct BlendTerm {
  std::string model;  ///< name or file
  double factor = 0;
};

struct ModelChoice {
  std::vector<std::string> chain;  ///< what each -n says, in order; none: the default model
  std::string models_dir;
  std::vector<BlendTerm> blend;   ///< in the place of `chain`
  std::optional<double> denoise;  ///< strength, of one model and its twin
};

/// "a.pth:0.7,b.pth:0.3". Names may hold colons and commas: a factor is what stands behind the last
/// colon before a comma or the end, where that is a number. kUsage where there is none.
Result<std::vector<BlendTerm>> parse_blend(std::string_view text);

/// kUsage where two ways to name a model contradict each other.
Status check_choice(const ModelChoice& choice);

/// The name of the twin that denoises less: "-wdn" before the scale that ends a name, as in
/// realesr-general-x4v3 and realesr-general-wdn-x4v3. Empty for a name without one.
std::string twin_name(std::string_view name);

}  // namespace fovea::cli

#include "tools/fovea/model_choice.h"

#include <charconv>
#include <cmath>

namespace fovea::cli {
namespace {

// The whole of `text` as a finite number; from_chars knows no locale.
std::optional<double> to_number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<BlendTerm> to_term(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == text.npos || colon == 0) return std::nullopt;
  const auto factor = to_number(text.substr(colon + 1));
  if (!factor) return std::nullopt;
  return BlendTerm{std::string(text.substr(0, colon)), *factor};
}

}  // namespace

Result<std::vector<BlendTerm>> parse_blend(std::string_view text) {
  std::vector<BlendTerm> terms;
  size_t begin = 0;
  for (size_t end = 0; end <= text.size(); ++end) {
    if (end < text.size() && text[end] != ',') continue;
    if (auto term = to_term(text.substr(begin, end - begin))) {
      terms.push_back(std::move(*term));
      begin = end + 1;
    }
  }
  if (begin <= text.size())
    return fail(ErrorCode::kUsage,
                "--blend: '{}' does not end in a colon and a number; give it as "
                "a.pth:0.7,b.pth:0.3",
                text.substr(begin));
  return terms;
}

Status check_choice(const ModelChoice& choice) {
  if (!choice.blend.empty() && (!choice.chain.empty() || choice.denoise))
    return fail(ErrorCode::kUsage, "--blend: names its models itself; leave {} out",
                choice.chain.empty() ? "--denoise" : "-n");
  if (choice.denoise && choice.chain.size() != 1)
    return fail(ErrorCode::kUsage, "--denoise: is for one model that has a twin; name it, as in {}",
                "-n realesr-general-x4v3");
  return {};
}

std::string twin_name(std::string_view name) {
  const size_t at = name.rfind("-x");
  if (at == name.npos || at == 0 || at + 2 == name.size() || name[at + 2] < '0' ||
      name[at + 2] > '9')
    return {};
  return std::string(name.substr(0, at)).append("-wdn").append(name.substr(at));
}

}  // namespace fovea::cli

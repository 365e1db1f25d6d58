#include "tests/instruction_sets.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace fovea::test {

std::vector<cpu::Isa> all_isas() {
  // to_string knows each level: a new one is tested without being named here.
  std::vector<cpu::Isa> isas;
  for (int i = 0; !cpu::to_string(static_cast<cpu::Isa>(i)).empty(); ++i) {
    const auto isa = static_cast<cpu::Isa>(i);
    if (isa != cpu::Isa::kAmxEmulated) isas.push_back(isa);
  }
  return isas;
}

std::string reason_to_skip(cpu::Isa isa) {
  const auto supported = cpu::supported_isas();
  if (std::find(supported.begin(), supported.end(), isa) != supported.end()) return "";
  return fmt::format("this machine does not run {}: its processor or operating system lacks it",
                     cpu::to_string(isa));
}

std::string describe_isas() {
  std::vector<std::string> tested, skipped;
  for (const cpu::Isa isa : all_isas()) {
    const std::string reason = reason_to_skip(isa);
    if (reason.empty())
      tested.emplace_back(cpu::to_string(isa));
    else
      skipped.push_back(fmt::format("{} ({})", cpu::to_string(isa), reason));
  }
  return fmt::format("instruction sets tested: {}; skipped: {}", fmt::join(tested, ", "),
                     skipped.empty() ? "none" : fmt::format("{}", fmt::join(skipped, ", ")));
}

std::string isa_name(const ::testing::TestParamInfo<cpu::Isa>& tested) {
  return std::string(cpu::to_string(tested.param));
}

}  // namespace fovea::test

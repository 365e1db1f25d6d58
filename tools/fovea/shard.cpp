#include "tools/fovea/shard.h"

#include "tools/fovea/option_values.h"

namespace fovea::cli {
namespace {

// FNV-1a, whose low bits hang on few bits of the text, stirred by the finisher of MurmurHash3: its
// remainders are even for any count.
uint64_t hash(std::string_view text) {
  uint64_t value = 0xcbf29ce484222325;
  for (const char c : text) value = (value ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  value = (value ^ (value >> 33)) * 0xff51afd7ed558ccd;
  value = (value ^ (value >> 33)) * 0xc4ceb9fe1a85ec53;
  return value ^ (value >> 33);
}

}  // namespace

bool Shard::takes(std::string_view name) const {
  return count == 1 ||
         hash(name) % static_cast<uint64_t>(count) == static_cast<uint64_t>(number - 1);
}

Result<Shard> parse_shard(std::string_view text) {
  constexpr int64_t kMostShards = 1'000'000;
  const size_t slash = text.find('/');
  if (slash == text.npos)
    return fail(ErrorCode::kUsage, "--shard {}: give K/N, the K-th of N parts, as 3/8", text);
  Shard shard;
  FOVEA_ASSIGN_OR_RETURN(shard.count,
                         parse_integer("--shard", text.substr(slash + 1), 1, kMostShards));
  FOVEA_ASSIGN_OR_RETURN(shard.number,
                         parse_integer("--shard", text.substr(0, slash), 1, shard.count));
  return shard;
}

}  // namespace fovea::cli

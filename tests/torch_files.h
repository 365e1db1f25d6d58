// What torch.save writes, made in memory: pickles from pieces, and the files around them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fovea::test {

/// Pieces of a pickle of protocol 2; each leaves one value on the stack.
namespace pickled {

using Pairs = std::vector<std::pair<std::string, std::string>>;  // pieces

std::string none();
std::string truth(bool value);
std::string number(int64_t value);
std::string real(double value);
std::string text(std::string_view value);
std::string global(std::string_view module, std::string_view name);
std::string tuple(const std::vector<std::string>& items);
std::string numbers(const std::vector<int64_t>& values);  // a tuple
std::string list(const std::vector<std::string>& items);
std::string dict(const Pairs& items);
std::string ordered_dict(const Pairs& items);
std::string call(const std::string& callee, const std::vector<std::string>& arguments);

/// ('storage', torch.TYPE, key, 'cpu', elements) as PyTorch has it since 1.6.
std::string storage(std::string_view type, std::string_view key, int64_t elements);

/// The same before 1.6, where `view` follows: none(), or a tuple.
std::string legacy_storage(std::string_view type, std::string_view key, int64_t elements,
                           const std::string& view = none());

/// torch._utils._rebuild_tensor_v2 of a storage.
std::string tensor(const std::string& storage, int64_t offset, const std::vector<int64_t>& shape,
                   const std::vector<int64_t>& strides);

/// Row-major strides.
std::vector<int64_t> strides_of(const std::vector<int64_t>& shape);

/// A whole pickle that leaves `piece`.
std::string whole(const std::string& piece);

}  // namespace pickled

/// Numbers by the key of their storage.
using Storages = std::vector<std::pair<std::string, std::string>>;

/// A file of PyTorch since 1.6: `piece` pickled, and its storages.
std::string torch_zip(const std::string& piece, const Storages& storages);

/// A file of PyTorch before 1.6; each storage's numbers with the bytes of one.
struct LegacyStorage {
  std::string key;
  std::string bytes;
  int64_t element = 4;
};
std::string torch_legacy(const std::string& piece, const std::vector<LegacyStorage>& storages);

/// The magic number, the protocol and the system of a legacy file.
std::string legacy_head();

/// A tensor of f32 for `checkpoint`.
struct NamedValues {
  std::string name;
  std::vector<int64_t> shape;
  std::vector<float> values;
};

/// A whole file with an OrderedDict of these tensors, in `wrapper` where that is not empty.
std::string torch_zip_of(const std::vector<NamedValues>& tensors, std::string_view wrapper = "");
std::string torch_legacy_of(const std::vector<NamedValues>& tensors);

}  // namespace fovea::test

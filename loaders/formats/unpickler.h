// The machine that a pickle is a program for: a stack, marks on it, a memo. 32 of its opcodes,
// those that state dicts are written with.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "loaders/formats/pickle.h"
#include "loaders/formats/pickle_globals.h"

namespace fovea {

/// Runs one pickle into the values of `pickle`.
class Unpickler {
 public:
  Unpickler(Pickle& pickle, ByteReader& reader) : pickle_(pickle), reader_(reader) {}

  Result<PickleId> run();

 private:
  Result<PickleId> run_opcodes();
  Status check_keys(size_t first_value) const;
  Status step(uint8_t opcode);
  /// A number of one byte, or of four.
  Result<uint32_t> read_short_or_long(bool is_short, std::string_view what);
  Status push_number(uint8_t opcode);
  Status push_text(uint64_t length);
  Status push_global();
  Status push_tuple(size_t count);
  Status set_items(std::vector<PickleId> items);
  Status append_items(const std::vector<PickleId>& items);
  Status reduce();
  Status build();
  Status push_storage();
  Result<PickleValue> call(const KnownGlobal& global, const PickleValue& arguments);
  Result<PickleValue> rebuild_parameter(const PickleValue& arguments);
  Result<PickleValue> rebuild_tensor(const PickleValue& arguments, bool is_v2);

  void push(PickleValue value);
  bool is_empty() const;  // above the last mark
  Result<PickleId> pop();
  Result<std::vector<PickleId>> pop_to_mark();
  Status memoize(uint64_t index);
  Status recall(uint64_t index);
  const PickleValue& at(PickleId id) const { return pickle_.values_[id]; }
  bool is(PickleId id, PickleKind kind) const { return at(id).kind == kind; }
  /// The whole numbers >= 0 of a tuple; no value where it holds anything else.
  std::optional<std::vector<int64_t>> lengths(const PickleValue& tuple) const;

  Pickle& pickle_;
  ByteReader& reader_;
  std::vector<PickleId> stack_;
  std::vector<size_t> marks_;  // depths of the stack
  std::map<uint64_t, PickleId> memo_;
  std::vector<KnownGlobal> globals_;  // by the integer of a kGlobal
};

}  // namespace fovea

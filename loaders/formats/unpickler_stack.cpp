// The stack of a pickle: containers made of its values, marks, the memo.
#include <algorithm>
#include <tuple>
#include <utility>

#include "loaders/formats/unpickler.h"

namespace fovea {

// No key is twice in any dict: of two values, readers take either.
Status Unpickler::check_keys(size_t first_value) const {
  const auto order = [this](PickleId id) {
    return std::tuple(at(id).kind, at(id).integer, at(id).text);
  };
  std::vector<PickleId> keys;
  for (size_t i = first_value; i < pickle_.values_.size(); ++i) {
    const PickleValue& dict = pickle_.values_[i];
    if (dict.kind != PickleKind::kDict) continue;
    keys.clear();
    for (size_t k = 0; k < dict.items.size(); k += 2) keys.push_back(dict.items[k]);
    std::sort(keys.begin(), keys.end(),
              [&](PickleId a, PickleId b) { return order(a) < order(b); });
    const auto twice = std::adjacent_find(
        keys.begin(), keys.end(), [&](PickleId a, PickleId b) { return order(a) == order(b); });
    if (twice != keys.end())
      return fail(ErrorCode::kModel, "the key {} is there twice", key_text(at(*twice)));
  }
  return {};
}

Status Unpickler::push_tuple(size_t count) {
  const size_t there = stack_.size() - (marks_.empty() ? 0 : marks_.back());
  if (there < count)
    return fail(ErrorCode::kModel, "a tuple of {} with {} values there", count, there);
  PickleValue tuple;
  tuple.kind = PickleKind::kTuple;
  tuple.items.resize(count);
  for (size_t i = count; i-- > 0;) {
    FOVEA_ASSIGN_OR_RETURN(tuple.items[i], pop());
  }
  push(std::move(tuple));
  return {};
}

Status Unpickler::append_items(const std::vector<PickleId>& items) {
  if (is_empty() || !is(stack_.back(), PickleKind::kList))
    return fail(ErrorCode::kModel, "it appends to what is no list");
  auto& list = pickle_.values_[stack_.back()].items;
  list.insert(list.end(), items.begin(), items.end());
  return {};
}

Status Unpickler::set_items(std::vector<PickleId> items) {
  if (is_empty() || !is(stack_.back(), PickleKind::kDict))
    return fail(ErrorCode::kModel, "it sets an item of what is no dict");
  if (items.size() % 2 != 0) return fail(ErrorCode::kModel, "a key without its item");
  for (size_t i = 0; i < items.size(); i += 2) {
    if (!is(items[i], PickleKind::kString) && !is(items[i], PickleKind::kInt))
      return fail(ErrorCode::kModel, "a key that is neither text nor a number");
  }
  auto& dict = pickle_.values_[stack_.back()].items;
  dict.insert(dict.end(), items.begin(), items.end());
  return {};
}

void Unpickler::push(PickleValue value) {
  stack_.push_back(static_cast<PickleId>(pickle_.values_.size()));
  pickle_.values_.push_back(std::move(value));
}

bool Unpickler::is_empty() const { return stack_.size() == (marks_.empty() ? 0 : marks_.back()); }

Result<PickleId> Unpickler::pop() {
  if (is_empty()) return fail(ErrorCode::kModel, "it takes a value where there is none");
  const PickleId id = stack_.back();
  stack_.pop_back();
  return id;
}

Result<std::vector<PickleId>> Unpickler::pop_to_mark() {
  if (marks_.empty()) return fail(ErrorCode::kModel, "it goes back to a mark where there is none");
  const size_t depth = marks_.back();
  marks_.pop_back();
  std::vector<PickleId> items(stack_.begin() + static_cast<std::ptrdiff_t>(depth), stack_.end());
  stack_.resize(depth);
  return items;
}

Status Unpickler::memoize(uint64_t index) {
  if (is_empty()) return fail(ErrorCode::kModel, "it keeps a value where there is none");
  memo_[index] = stack_.back();
  return {};
}

Status Unpickler::recall(uint64_t index) {
  const auto found = memo_.find(index);
  if (found == memo_.end())
    return fail(ErrorCode::kModel, "it asks for the value {}, which it has not kept", index);
  stack_.push_back(found->second);
  return {};
}

}  // namespace fovea

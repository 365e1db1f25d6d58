// The plumbing of passes: a graph copied node by node, with some nodes changed on the way.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "engine/graph.h"

namespace fovea {

/// Builds a new graph from an old one. Values and parameters keep their identity through the maps
/// inside.
class Rewriter {
 public:
  explicit Rewriter(const Graph& from);

  /// Appends `op` on the new counterparts of `inputs` (old values) as the new producer of `output`
  /// (old value).
  Status emit(Operator op, const std::vector<ValueId>& inputs, ValueId output,
              const std::string& name);

  /// Appends a node of the old graph as it is.
  Status copy(const Node& node) { return emit(node.op, node.inputs, node.output, node.name); }

  /// A parameter the old graph does not have, for operators given to emit().
  ParameterId add_parameter(WeightTensor tensor);

  /// The new graph, its output set to the counterpart of the old one's.
  Graph finish();

 private:
  ParameterId map_parameter(ParameterId id);

  const Graph& from_;
  Graph to_;
  std::vector<ValueId> values_;  // old -> new
  std::vector<ParameterId>
      parameters_;  // old -> new, kNoParameter while not copied; new ones follow the old
};

/// New operators that take the place of several nodes each.
class Replacements {
 public:
  /// `op` of `inputs` (old values) where `last` stands; `inner`, which nothing else may read, go.
  void add(const Node& last, Operator op, std::vector<ValueId> inputs,
           const std::vector<const Node*>& inner);

  /// Whether `node` is replaced already.
  bool cover(const Node& node) const { return replaced_.contains(&node); }

  /// `graph`, whose nodes these are, with all of them made.
  Result<Graph> apply(const Graph& graph) const;

 private:
  struct Replacement {
    Operator op;
    std::vector<ValueId> inputs;
  };

  std::map<const Node*, Replacement> by_last_;
  std::set<const Node*> replaced_;
};

/// For each value, its node; null for the graph's input.
std::vector<const Node*> producers_of_values(const Graph& graph);

/// For each value, the nodes (by index) that read it; a node that reads it twice is there twice.
std::vector<std::vector<size_t>> readers_of_values(const Graph& graph);

/// The one node that reads `value`, or none when there are more, or when it is the graph's output.
const Node* only_reader(const Graph& graph, const std::vector<std::vector<size_t>>& readers,
                        ValueId value);

}  // namespace fovea

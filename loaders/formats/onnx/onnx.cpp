#include "loaders/formats/onnx/onnx.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "loaders/formats/graph_structure.h"
#include "loaders/formats/onnx/onnx_input.h"
#include "loaders/formats/onnx/onnx_messages.h"
#include "loaders/formats/onnx/onnx_operators.h"
#include "loaders/formats/onnx/onnx_tensor_message.h"
#include "loaders/formats/text.h"

namespace fovea {
namespace {

constexpr int64_t kMinIr = 3, kMaxIr = 14;
// Operators here mean the same in all of these.
constexpr int64_t kMinOpset = 7, kMaxOpset = 28;

std::string describe(const OnnxNode& node, size_t index) {
  return fmt::format("node {}, {} {}", index, node.type,
                     shown(!node.name.empty()      ? node.name
                           : !node.outputs.empty() ? node.outputs[0]
                                                   : ""));
}

Status check_versions(const OnnxModel& model) {
  if (model.ir_version < kMinIr || model.ir_version > kMaxIr)
    return fail(ErrorCode::kModel, "has the IR version {}, expected {}...{}", model.ir_version,
                kMinIr, kMaxIr);
  if (model.opset < kMinOpset || model.opset > kMaxOpset)
    return fail(ErrorCode::kModel, "has opset {}, expected {}...{}; export it with opset 17",
                model.opset, kMinOpset, kMaxOpset);
  return {};
}

// Reads the nodes one after the other and keeps which name is which value.
class Network {
 public:
  Network(const OnnxModel& model, const OnnxData& data) : model_(model), build_(data) {
    build_.opset = model.opset;
  }

  Status add_constants() {
    for (const OnnxTensor& tensor : model_.initializers) {
      if (tensor.name.empty()) return fail(ErrorCode::kModel, "an initializer has no name");
      // Read where a node wants it: what nothing reads may be of any type.
      if (!initializers_.emplace(tensor.name, &tensor).second)
        return fail(ErrorCode::kModel, "has two initializers with the name {}", shown(tensor.name));
    }
    return {};
  }

  Status add_input() {
    const OnnxValueInfo* found = nullptr;
    for (const OnnxValueInfo& info : model_.inputs) {
      if (initializers_.contains(info.name)) continue;  // as old files list them
      if (found != nullptr)
        return fail(ErrorCode::kModel, "has the inputs {} and {}, expected one, the picture",
                    shown(found->name), shown(info.name));
      found = &info;
    }
    if (found == nullptr) return fail(ErrorCode::kModel, "has no input");
    FOVEA_ASSIGN_OR_RETURN(input_, read_onnx_input(*found));
    build_.height = input_.height;
    build_.width = input_.width;
    const ValueId id = build_.graph.add_input(input_.channels, std::string(found->name));
    OnnxMap map = build_.map_of(id);
    if (input_.channels_last)
      map.view = OnnxView::channels_last(input_.channels, input_.height, input_.width);
    values_.emplace(found->name, std::move(map));
    return {};
  }

  Status add_nodes() {
    FOVEA_ASSIGN_OR_RETURN(const std::vector<bool> needed, needed_nodes());
    for (size_t i = 0; i < model_.nodes.size(); ++i) {
      const OnnxNode& node = model_.nodes[i];
      if (!needed[i]) continue;
      if (auto added = add_node(node); !added)
        return fail_in(describe(node, i), std::move(added.error()));
    }
    return {};
  }

  // The graph, when all nodes are there.
  Result<Model> finish() {
    const OnnxValueInfo& info = model_.outputs[0];
    const std::string where = "output " + shown(info.name);
    const auto found = values_.find(info.name);
    if (found == values_.end()) return fail(ErrorCode::kModel, "{}: no node makes it", where);
    OnnxNode node;
    node.name = info.name;
    node.type = "output";
    OnnxAttributes attributes(node);
    if (input_.channels_last) FOVEA_TRY(turn_back(found->second, where));
    const OnnxCall call(node, attributes, {&found->second}, build_);
    auto id = call.value(0);
    if (!id) return fail_in(where, std::move(id.error()));
    if (const int64_t surplus = build_.surplus_of(*id); surplus != 0)
      return fail(ErrorCode::kModel,
                  "{}: has sides {} pixels longer than its scale tells, which no picture may",
                  where, surplus);
    FOVEA_TRY(check_output(info, where, *id));
    Model model;
    model.graph = std::move(build_.graph);
    model.graph.set_output(*id);
    FOVEA_TRY(fit_picture(model, build_.multiple));
    return model;
  }

 private:
  // Channels last in, channels last out.
  Status turn_back(OnnxValue& value, const std::string& where) {
    auto* map = std::get_if<OnnxMap>(&value);
    if (map == nullptr) return {};
    auto turned = map->view.transpose({0, 3, 1, 2});
    if (!turned) return fail_in(where, std::move(turned.error()));
    map->view = std::move(*turned);
    return {};
  }

  // What the file says of its output must be what was understood.
  Status check_output(const OnnxValueInfo& info, const std::string& where, ValueId id) const {
    if (!info.shape) return {};
    std::vector<Extent> made = {1, build_.graph.value(id).channels, build_.height_of(id),
                                build_.width_of(id)};
    if (input_.channels_last) made = {made[0], made[2], made[3], made[1]};
    const bool same_rank = info.shape->size() == made.size();
    for (size_t i = 0; i < made.size() && same_rank; ++i) {
      const auto declared = (*info.shape)[i].length, number = made[i].number();
      if (!declared || !number || *declared <= 0 || *declared == *number) continue;
      return fail(ErrorCode::kModel, "{}: is declared with length {} of axis {}, has {}", where,
                  *declared, i, *number);
    }
    if (!same_rank)
      return fail(ErrorCode::kModel, "{}: is declared with {} dimensions, expected 4", where,
                  info.shape->size());
    return {};
  }

  // Which nodes the output depends on. Names are made once, and before they are read.
  Result<std::vector<bool>> needed_nodes() const {
    std::map<std::string_view, size_t> makers;
    for (size_t i = 0; i < model_.nodes.size(); ++i) {
      for (const std::string_view name : model_.nodes[i].outputs) {
        if (name.empty()) continue;
        if (initializers_.contains(name) || values_.contains(name) ||
            !makers.emplace(name, i).second)
          return fail(ErrorCode::kModel, "makes {}, which is there already",
                      describe(model_.nodes[i], i) + " " + shown(name));
      }
    }
    if (model_.outputs.size() != 1)
      return fail(ErrorCode::kModel, "has {} outputs{}, expected one", model_.outputs.size(),
                  model_.outputs.size() > 1 ? " (" + shown(model_.outputs[0].name) + ", " +
                                                  shown(model_.outputs[1].name) + " ...)"
                                            : "");
    std::vector<bool> needed(model_.nodes.size(), false);
    std::set<std::string_view> names = {model_.outputs[0].name};
    for (size_t i = model_.nodes.size(); i-- > 0;) {
      const OnnxNode& node = model_.nodes[i];
      for (const std::string_view name : node.outputs) {
        if (names.contains(name)) needed[i] = true;
      }
      if (!needed[i]) continue;
      for (const std::string_view name : node.inputs) {
        if (!name.empty()) names.insert(name);
      }
    }
    return needed;
  }

  // The value called `name`; null where there is none.
  Result<OnnxValue*> find(std::string_view name) {
    const auto found = values_.find(name);
    if (found != values_.end()) return &found->second;
    const auto initializer = initializers_.find(name);
    if (initializer == initializers_.end())
      return fail(ErrorCode::kModel, "reads {}, which no node before it makes", shown(name));
    OnnxConstant constant;
    FOVEA_ASSIGN_OR_RETURN(constant.tensor, to_weight(*initializer->second, build_.data));
    return &values_.emplace(name, std::move(constant)).first->second;
  }

  Status add_node(const OnnxNode& node) {
    if (!node.domain.empty() && node.domain != "ai.onnx")
      return fail(ErrorCode::kModel, "operators of the domain {} are not supported",
                  shown(node.domain));
    const OnnxOperator* op = find_onnx_operator(node.type);
    if (op == nullptr)
      return fail(ErrorCode::kModel, "operators of the type {} are not supported",
                  shown(node.type));
    if (node.inputs.size() < op->min_inputs || node.inputs.size() > op->max_inputs)
      return fail(ErrorCode::kModel, "has {} inputs, expected {}...{}", node.inputs.size(),
                  op->min_inputs, op->max_inputs);
    if (node.outputs.empty()) return fail(ErrorCode::kModel, "has no outputs");
    std::vector<OnnxValue*> inputs;
    bool all_constant = true;
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      inputs.push_back(nullptr);
      if (node.inputs[i].empty()) {
        if (i < op->min_inputs) return fail(ErrorCode::kModel, "input {} is missing", i);
        continue;
      }
      FOVEA_ASSIGN_OR_RETURN(inputs.back(), find(node.inputs[i]));
      all_constant = all_constant && std::holds_alternative<OnnxConstant>(*inputs.back());
    }
    const auto run = all_constant ? op->fold : op->build;
    if (run == nullptr)
      return fail(ErrorCode::kModel, "of {} is not supported",
                  all_constant ? "constants alone" : "a feature map");
    OnnxAttributes attributes(node);
    FOVEA_ASSIGN_OR_RETURN(std::vector<OnnxValue> made,
                           run(OnnxCall(node, attributes, std::move(inputs), build_)));
    for (size_t i = 0; i < std::min(made.size(), node.outputs.size()); ++i) {
      if (!node.outputs[i].empty()) values_.emplace(node.outputs[i], std::move(made[i]));
    }
    return {};
  }

  const OnnxModel& model_;
  OnnxBuild build_;
  OnnxInput input_;
  std::map<std::string_view, const OnnxTensor*> initializers_;
  std::map<std::string_view, OnnxValue> values_;
};

}  // namespace

Result<Model> read_onnx(const FileBytes& file, FilesBeside beside) {
  FOVEA_ASSIGN_OR_RETURN(const OnnxModel decoded, decode_onnx(file.span()));
  FOVEA_TRY(check_versions(decoded));
  Network network(decoded, {file, beside});
  FOVEA_TRY(network.add_constants());
  FOVEA_TRY(network.add_input());
  FOVEA_TRY(network.add_nodes());
  FOVEA_ASSIGN_OR_RETURN(Model model, network.finish());
  model.format = "ONNX";
  for (const auto& [key, value] : decoded.metadata) model.metadata.emplace(key, value);
  describe_structure(model);
  model.details.emplace_back("opset", std::to_string(decoded.opset));
  if (!decoded.producer.empty()) model.details.emplace_back("producer", decoded.producer);
  return model;
}

}  // namespace fovea

#include "loaders/formats/onnx/onnx_messages.h"

#include "loaders/formats/onnx/onnx_tensor_message.h"
#include "loaders/formats/protobuf.h"
#include "loaders/formats/text.h"

namespace fovea {
namespace {

// RRDBNet with 23 blocks has 1200 nodes and 700 tensors.
constexpr size_t kMaxNodes = 100'000;
constexpr size_t kMaxTensors = 100'000;
constexpr size_t kMaxValues = 1024;  // inputs or outputs of a node or a graph
constexpr size_t kMaxAttributes = 64;
constexpr size_t kMaxNumbers = 4096;  // of one attribute
constexpr size_t kMaxProperties = 1024;
constexpr size_t kMaxTextBytes = 4096;
constexpr size_t kMaxPropertyBytes = size_t{1} << 20;

// Adds one to a list that a field of the file grows.
template <class T>
Status push(std::vector<T>& list, T value, size_t limit, std::string_view what) {
  if (list.size() == limit) return fail(ErrorCode::kModel, "has more than {} {}", limit, what);
  list.push_back(std::move(value));
  return {};
}

Result<OnnxDimension> decode_dimension(ProtoReader reader) {
  OnnxDimension dimension;
  ProtoField field;
  while (true) {
    FOVEA_ASSIGN_OR_RETURN(const bool more, reader.next(field));
    if (!more) return dimension;
    if (field.number == 1) {
      FOVEA_ASSIGN_OR_RETURN(dimension.length, reader.integer(field));
    }
  }
}

Result<std::vector<OnnxDimension>> decode_shape(ProtoReader reader) {
  std::vector<OnnxDimension> shape;
  ProtoField field;
  while (true) {
    FOVEA_ASSIGN_OR_RETURN(const bool more, reader.next(field));
    if (!more) return shape;
    if (field.number != 1) continue;
    FOVEA_ASSIGN_OR_RETURN(const ProtoReader inner, reader.message(field, "a dimension"));
    FOVEA_ASSIGN_OR_RETURN(OnnxDimension dimension, decode_dimension(inner));
    FOVEA_TRY(push(shape, dimension, kMaxOnnxRank, "dimensions"));
  }
}

Status decode_tensor_type(ProtoReader reader, OnnxValueInfo& info) {
  OnceEach once({1, 2});
  ProtoField field;
  while (true) {
    FOVEA_ASSIGN_OR_RETURN(const bool more, reader.next(field));
    if (!more) return {};
    FOVEA_TRY(once.check(field));
    if (field.number == 1) {
      FOVEA_ASSIGN_OR_RETURN(info.type, reader.integer(field));
    } else if (field.number == 2) {
      FOVEA_ASSIGN_OR_RETURN(const ProtoReader inner, reader.message(field, "a shape"));
      FOVEA_ASSIGN_OR_RETURN(info.shape, decode_shape(inner));
    }
  }
}

Status decode_type(ProtoReader reader, OnnxValueInfo& info) {
  OnceEach once({1});
  ProtoField field;
  while (true) {
    FOVEA_ASSIGN_OR_RETURN(const bool more, reader.next(field));
    if (!more) return {};
    FOVEA_TRY(once.check(field));
    if (field.number != 1) continue;
    info.is_tensor = true;
    FOVEA_ASSIGN_OR_RETURN(const ProtoReader inner, reader.message(field, "a tensor's type"));
    FOVEA_TRY(decode_tensor_type(inner, info));
  }
}

Result<OnnxValueInfo> decode_value_info(ProtoReader reader) {
  OnnxValueInfo info;
  OnceEach once({1, 2});
  ProtoField field;
  while (true) {
    FOVEA_ASSIGN_OR_RETURN(const bool more, reader.next(field));
    if (!more) return info;
    FOVEA_TRY(once.check(field));
    if (field.number == 1) {
      FOVEA_ASSIGN_OR_RETURN(info.name, reader.text(field, kMaxOnnxNameBytes));
    } else if (field.number == 2) {
      FOVEA_ASSIGN_OR_RETURN(const ProtoReader inner, reader.message(field, "a type"));
      FOVEA_TRY(decode_type(inner, info));
    }
  }
}

// AttributeProto.AttributeType, as far as it is understood.
OnnxAttribute::Kind kind_of(int64_t type) {
  constexpr std::array<OnnxAttribute::Kind, 8> kKinds = {
      OnnxAttribute::Kind::kOther,  OnnxAttribute::Kind::kFloat,   OnnxAttribute::Kind::kInteger,
      OnnxAttribute::Kind::kText,   OnnxAttribute::Kind::kTensor,  OnnxAttribute::Kind::kOther,
      OnnxAttribute::Kind::kFloats, OnnxAttribute::Kind::kIntegers};
  return type > 0 && type < 8 ? kKinds[static_cast<size_t>(type)] : OnnxAttribute::Kind::kOther;
}

Result<OnnxAttribute> decode_attribute(ProtoReader reader) {
  OnnxAttribute attribute;
  OnceEach once({1, 2, 3, 4, 5, 20});
  ProtoField field;
  while (true) {
    FOVEA_ASSIGN_OR_RETURN(const bool more, reader.next(field));
    if (!more) return attribute;
    FOVEA_TRY(once.check(field));
    switch (field.number) {
      case 1: {
        FOVEA_ASSIGN_OR_RETURN(attribute.name, reader.text(field, kMaxOnnxNameBytes));
        break;
      }
      case 2: {
        FOVEA_ASSIGN_OR_RETURN(attribute.real, reader.real(field));
        break;
      }
      case 3: {
        FOVEA_ASSIGN_OR_RETURN(attribute.integer, reader.integer(field));
        break;
      }
      case 4: {
        FOVEA_ASSIGN_OR_RETURN(attribute.text, reader.text(field, kMaxTextBytes));
        break;
      }
      case 5: {
        FOVEA_ASSIGN_OR_RETURN(const ProtoReader inner, reader.message(field, "TensorProto"));
        FOVEA_ASSIGN_OR_RETURN(attribute.tensor, decode_onnx_tensor(inner));
        break;
      }
      case 7:
        FOVEA_TRY(reader.append(field, attribute.reals, kMaxNumbers));
        break;
      case 8:
        FOVEA_TRY(reader.append(field, attribute.integers, kMaxNumbers));
        break;
      case 20: {
        FOVEA_ASSIGN_OR_RETURN(const int64_t type, reader.integer(field));
        attribute.kind = kind_of(type);
        break;
      }
      default:
        break;
    }
  }
}

Result<OnnxNode> decode_node(ProtoReader reader) {
  OnnxNode node;
  OnceEach once({3, 4, 7});
  ProtoField field;
  while (true) {
    FOVEA_ASSIGN_OR_RETURN(const bool more, reader.next(field));
    if (!more) return node;
    if (field.number == 1 || field.number == 2) {
      FOVEA_ASSIGN_OR_RETURN(const auto name, reader.text(field, kMaxOnnxNameBytes));
      FOVEA_TRY(push(field.number == 1 ? node.inputs : node.outputs, name, kMaxValues,
                     "inputs or outputs of one node"));
    } else if (field.number == 5) {
      FOVEA_ASSIGN_OR_RETURN(const ProtoReader inner, reader.message(field, "AttributeProto"));
      FOVEA_ASSIGN_OR_RETURN(OnnxAttribute attribute, decode_attribute(inner));
      FOVEA_TRY(
          push(node.attributes, std::move(attribute), kMaxAttributes, "attributes of one node"));
    } else if (field.number == 3 || field.number == 4 || field.number == 7) {
      FOVEA_TRY(once.check(field));
      FOVEA_ASSIGN_OR_RETURN(const auto text, reader.text(field, kMaxOnnxNameBytes));
      (field.number == 3 ? node.name : field.number == 4 ? node.type : node.domain) = text;
    }
  }
}

Status decode_graph(ProtoReader reader, OnnxModel& model) {
  ProtoField field;
  while (true) {
    FOVEA_ASSIGN_OR_RETURN(const bool more, reader.next(field));
    if (!more) return {};
    if (field.number == 1) {
      FOVEA_ASSIGN_OR_RETURN(const ProtoReader inner, reader.message(field, "NodeProto"));
      FOVEA_ASSIGN_OR_RETURN(OnnxNode node, decode_node(inner));
      FOVEA_TRY(push(model.nodes, std::move(node), kMaxNodes, "nodes"));
    } else if (field.number == 5) {
      FOVEA_ASSIGN_OR_RETURN(const ProtoReader inner, reader.message(field, "TensorProto"));
      FOVEA_ASSIGN_OR_RETURN(OnnxTensor tensor, decode_onnx_tensor(inner));
      FOVEA_TRY(push(model.initializers, std::move(tensor), kMaxTensors, "initializers"));
    } else if (field.number == 11 || field.number == 12) {
      FOVEA_ASSIGN_OR_RETURN(const ProtoReader inner, reader.message(field, "ValueInfoProto"));
      FOVEA_ASSIGN_OR_RETURN(OnnxValueInfo info, decode_value_info(inner));
      // Before IR version 4 the inputs list the initializers too.
      FOVEA_TRY(push(field.number == 11 ? model.inputs : model.outputs, std::move(info),
                     kMaxTensors, "inputs or outputs"));
    } else if (field.number == 15) {
      return fail(ErrorCode::kModel, "holds sparse tensors, which are not supported");
    }
  }
}

struct Pair {
  std::string_view key;
  std::string_view text;
  int64_t number = 0;
};

// Both OperatorSetIdProto (domain, version) and StringStringEntryProto (key, value).
Result<Pair> decode_pair(ProtoReader reader, bool with_number) {
  Pair pair;
  OnceEach once({1, 2});
  ProtoField field;
  while (true) {
    FOVEA_ASSIGN_OR_RETURN(const bool more, reader.next(field));
    if (!more) return pair;
    FOVEA_TRY(once.check(field));
    if (field.number == 1) {
      FOVEA_ASSIGN_OR_RETURN(pair.key, reader.text(field, kMaxOnnxNameBytes));
    } else if (field.number == 2 && with_number) {
      FOVEA_ASSIGN_OR_RETURN(pair.number, reader.integer(field));
    } else if (field.number == 2) {
      // Notes may have lines, and are only shown where that is safe.
      FOVEA_ASSIGN_OR_RETURN(const auto bytes, reader.bytes(field));
      if (bytes.size() > kMaxPropertyBytes)
        return fail(ErrorCode::kModel, "a metadata value has {} bytes, limit {}", bytes.size(),
                    kMaxPropertyBytes);
      pair.text = {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    }
  }
}

Status decode_opset(ProtoReader reader, OnnxModel& model) {
  FOVEA_ASSIGN_OR_RETURN(const Pair import, decode_pair(reader, true));
  if (!import.key.empty() && import.key != "ai.onnx") return {};
  if (model.opset != 0) return fail(ErrorCode::kModel, "imports ONNX's operators twice");
  if (import.number < 1) return fail(ErrorCode::kModel, "imports opset {}", import.number);
  model.opset = import.number;
  return {};
}

}  // namespace

Result<OnnxModel> decode_onnx(std::span<const std::byte> file) {
  OnnxModel model;
  ProtoReader reader(file, 0, "ModelProto");
  OnceEach once({1, 2, 7});
  ProtoField field;
  while (true) {
    FOVEA_ASSIGN_OR_RETURN(const bool more, reader.next(field));
    if (!more) return model;
    if (field.number == 1) {
      FOVEA_TRY(once.check(field));
      FOVEA_ASSIGN_OR_RETURN(model.ir_version, reader.integer(field));
    } else if (field.number == 2) {
      FOVEA_TRY(once.check(field));
      FOVEA_ASSIGN_OR_RETURN(model.producer, reader.text(field, kMaxOnnxNameBytes));
    } else if (field.number == 7) {
      FOVEA_TRY(once.check(field));
      FOVEA_ASSIGN_OR_RETURN(const ProtoReader inner, reader.message(field, "GraphProto"));
      FOVEA_TRY(decode_graph(inner, model));
    } else if (field.number == 8) {
      FOVEA_ASSIGN_OR_RETURN(const ProtoReader inner, reader.message(field, "OperatorSetIdProto"));
      FOVEA_TRY(decode_opset(inner, model));
    } else if (field.number == 14) {
      FOVEA_ASSIGN_OR_RETURN(const ProtoReader inner, reader.message(field, "metadata"));
      FOVEA_ASSIGN_OR_RETURN(const Pair pair, decode_pair(inner, false));
      FOVEA_TRY(push(model.metadata, {pair.key, pair.text}, kMaxProperties, "metadata"));
    }
  }
}

}  // namespace fovea

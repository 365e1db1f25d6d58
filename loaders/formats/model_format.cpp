#include "loaders/formats/model_format.h"

#include <algorithm>

#include "loaders/formats/ncnn_param.h"

namespace fovea {
namespace {

using std::string_view_literals::operator""sv;

// Eight bytes of length, which for any real header leaves the upper four zero, then a JSON object.
// An ncnn .bin file may have the brace there, but no zeros: the first weights are.
bool is_safetensors(std::string_view text) {
  return text.size() > 8 && text[8] == '{' && text.substr(0, 4) != "\0\0\0\0"sv &&
         text.substr(4, 4) == "\0\0\0\0"sv;
}

// A protobuf message that begins with ModelProto.ir_version (field 1, a small number) and goes on
// with another field of ModelProto.
bool is_onnx(std::string_view text) {
  constexpr std::string_view kNextFields = "\x12\x1a\x22\x28\x32\x3a\x42";
  return text.size() > 3 && text[0] == '\x08' && text[1] >= 1 && text[1] <= 20 &&
         kNextFields.find(text[2]) != text.npos;
}

// The mark of POSIX and of GNU tar, in the header of the first member.
bool is_tar(std::string_view text) {
  constexpr size_t kMarkAt = 257;
  return text.size() >= 512 && text.substr(kMarkAt, 5) == "ustar";
}

bool is_json(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  return first != text.npos && text[first] == '{';
}

}  // namespace

ModelFormat sniff_model_format(std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const auto begins = [&](std::string_view magic) { return text.substr(0, magic.size()) == magic; };
  // First, as a header's length may begin with the marks of others: 640 bytes are a pickle's.
  if (is_safetensors(text)) return ModelFormat::kSafetensors;
  if (begins("PK\x03\x04"sv)) return ModelFormat::kZip;
  if (begins("\x80\x02"sv) || begins("\x80\x03"sv) || begins("\x80\x04"sv) || begins("\x80\x05"sv))
    return ModelFormat::kPickle;
  if (begins("PYTORCH1"sv)) return ModelFormat::kTorchPreview;
  if (begins("GGUF"sv)) return ModelFormat::kGguf;
  if (begins("\x89HDF\r\n\x1a\n"sv)) return ModelFormat::kHdf5;
  if (begins("\xdd\x85\x76\x00"sv)) return ModelFormat::kNcnnBinaryParam;
  if (begins(kNcnnMagic)) return ModelFormat::kNcnnParam;
  if (text.substr(std::min<size_t>(4, text.size()), 4) == "TFL3") return ModelFormat::kTflite;
  if (is_tar(text)) return ModelFormat::kTar;
  if (is_onnx(text)) return ModelFormat::kOnnx;
  if (is_json(text)) return ModelFormat::kJson;
  return ModelFormat::kUnknown;
}

std::string_view refusal(ModelFormat format) {
  switch (format) {
    case ModelFormat::kSafetensors:
    case ModelFormat::kNcnnParam:
    case ModelFormat::kZip:
    case ModelFormat::kPickle:
    case ModelFormat::kOnnx:
    case ModelFormat::kJson:
      return "";
    case ModelFormat::kTar:
      return "is a tar archive, as the first versions of PyTorch wrote models, which is not read; "
             "load it with PyTorch where you trust it and save its state dict again";
    case ModelFormat::kTorchPreview:
      return "is an archive of a preview of PyTorch 1.0, which is not read; load it with that "
             "PyTorch and save its state dict with torch.save";
    case ModelFormat::kNcnnBinaryParam:
      return "is a binary ncnn .param.bin, which is not read; give the text .param";
    case ModelFormat::kGguf:
      return "is GGUF, which is not read; save the PyTorch weights as safetensors";
    case ModelFormat::kHdf5:
      return "is HDF5, as Keras writes models, which is not read; convert it with "
             "tensorflowjs_converter --input_format=keras and give the model.json";
    case ModelFormat::kTflite:
      return "is TensorFlow Lite, which is not read; convert the weights to safetensors";
    case ModelFormat::kUnknown:
      return "is no model file that is known; give safetensors, a .pth, ONNX, ncnn's .param with "
             "its .bin beside it, or a TensorFlow.js model.json";
  }
  return "";
}

}  // namespace fovea

// run_maps MODEL MAPS OUT: what MODEL gives for each tensor input_NAME (H, W, C) of the safetensors
// file MAPS, as reference_NAME (plain loops, sums in f64) and cpu_NAME (the widest instructions of
// this machine, swept) in the file OUT, for cross_check_spandrel.py.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "engine/run_whole.h"
#include "kernels/cpu/cpu_backend.h"
#include "loaders/formats/read_file.h"
#include "loaders/formats/safetensors.h"
#include "loaders/formats/safetensors_writer.h"
#include "loaders/load_model.h"
#include "tests/swept.h"
#include "tests/told_map.h"

namespace fovea {
namespace {

constexpr size_t kMaxBytes = size_t{1} << 28;

Result<Tensor> to_map(const WeightTensor& tensor) {
  if (tensor.shape.size() != 3)
    return fail(ErrorCode::kUsage, "{} has shape {}, expected (H, W, C)", tensor.name,
                shape_string(tensor.shape));
  Tensor map({tensor.shape[0], tensor.shape[1]}, tensor.shape[2]);
  FOVEA_ASSIGN_OR_RETURN(const std::vector<float> values, to_f32(tensor));
  std::copy(values.begin(), values.end(), map.values().begin());
  return map;
}

WeightTensor to_tensor(const std::string& name, const Tensor& map) {
  return make_weight(name, {map.size().height, map.size().width, map.channels()}, map.values());
}

Result<Weights> run_all(const Model& model, const Weights& maps) {
  const auto reference = make_reference_backend(ReferenceAccumulator::kF64);
  FOVEA_ASSIGN_OR_RETURN(const auto cpu, cpu::make_cpu_backend(cpu::supported_isas().back()));
  Weights results;
  for (const WeightTensor& tensor : maps.tensors()) {
    if (!tensor.name.starts_with("input_")) continue;
    const std::string name = tensor.name.substr(6);
    FOVEA_ASSIGN_OR_RETURN(Tensor map, to_map(tensor));
    const Tensor input = test::told_map(model, std::move(map));
    FOVEA_ASSIGN_OR_RETURN(const Tensor exact, run_whole(*reference, model.graph, input));
    FOVEA_ASSIGN_OR_RETURN(const Tensor fast, test::swept(model.graph, *cpu, input, 7, 2));
    FOVEA_TRY(results.add(to_tensor("reference_" + name, exact)));
    FOVEA_TRY(results.add(to_tensor("cpu_" + name, fast)));
  }
  return results;
}

Status run(const char* model_file, const char* maps_file, const char* out_file) {
  FOVEA_ASSIGN_OR_RETURN(const Model model, load_model(model_file));
  FOVEA_ASSIGN_OR_RETURN(const FileBytes bytes, read_file(maps_file, kMaxBytes, ErrorCode::kUsage));
  FOVEA_ASSIGN_OR_RETURN(const Weights maps, read_safetensors(bytes));
  FOVEA_ASSIGN_OR_RETURN(const Weights results, run_all(model, maps));
  FOVEA_ASSIGN_OR_RETURN(const std::vector<std::byte> file, write_safetensors(results));
  std::ofstream out(out_file, std::ios::binary);
  out.write(reinterpret_cast<const char*>(file.data()), static_cast<std::streamsize>(file.size()));
  if (!out.flush()) return fail(ErrorCode::kOutput, "{}: not written", out_file);
  fmt::print("{}\n", model.architecture);
  return {};
}

}  // namespace
}  // namespace fovea

int main(int argc, char** argv) {
  if (argc != 4) {
    fmt::print(stderr, "usage: run_maps MODEL MAPS OUT\n");
    return 2;
  }
  const fovea::Status status = fovea::run(argv[1], argv[2], argv[3]);
  if (status) return 0;
  fmt::print(stderr, "{}\n", status.error().message);
  return 1;
}

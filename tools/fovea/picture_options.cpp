#include "tools/fovea/picture_options.h"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "tools/codecs/jpeg_projection.h"
#include "tools/codecs/jpeg_quality.h"

namespace fovea::cli {
namespace {

bool is_told(const Model& model, std::string_view name) {
  return model.condition && model.condition->name == name;
}

// A result that shows the picture in other colours than the file cannot be held to it.
bool can_be_projected(const Model& model, const codecs::JpegCoefficients& file) {
  if (model.colour == ColourMode::kRgb) return true;
  return model.colour == ColourMode::kGray && file.colour != codecs::JpegColour::kRgb;
}

// Numbers that neither the file nor the model tells have to be given.
Status check_all_told(const std::vector<SharedModel>& models, const SetNumbers& numbers,
                      const std::string& name) {
  for (const SharedModel& model : models) {
    const auto& wanted = model->condition;
    if (!wanted || wanted->usual || numbers.contains(wanted->name)) continue;
    return fail(ErrorCode::kUsage,
                "{}: the model is told {} ({} to {}), which neither the picture's file nor its own "
                "tells; give --set {}=N",
                name, wanted->name, wanted->lowest, wanted->highest, wanted->name);
  }
  return {};
}

Result<ResultFilter> projection(const Model& model, std::span<const std::byte> jpeg,
                                const std::string& name) {
  FOVEA_ASSIGN_OR_RETURN(auto read, codecs::read_jpeg_coefficients(jpeg, name, {}));
  if (!read || !can_be_projected(model, *read)) return ResultFilter();
  // Shared: a std::function has to be copyable.
  const auto file = std::make_shared<const codecs::JpegCoefficients>(std::move(*read));
  return [file](std::span<float> map, Size size, int64_t channels, ThreadTeam& team) {
    return codecs::project_onto_jpeg(*file, map, size, channels, team);
  };
}

}  // namespace

Status check_numbers(const std::vector<SharedModel>& models, const SetNumbers& numbers) {
  for (const auto& [name, number] : numbers) {
    const Condition* wanted = nullptr;
    std::string others;
    for (const SharedModel& model : models) {
      if (is_told(*model, name)) {
        wanted = &*model->condition;
      } else if (model->condition) {
        others += (others.empty() ? "" : ", ") + model->condition->name;
      }
    }
    if (wanted == nullptr)
      return fail(ErrorCode::kUsage, "--set {}: the model is not told that{}", name,
                  others.empty() ? "; leave it out" : fmt::format(", but {}", others));
    if (!(number >= wanted->lowest && number <= wanted->highest))
      return fail(ErrorCode::kUsage, "--set {}={}: not within {} and {}", name, number,
                  wanted->lowest, wanted->highest);
  }
  return {};
}

Result<ToldPicture> tell_of_picture(const std::vector<SharedModel>& models,
                                    const SetNumbers& numbers, std::span<const std::byte> jpeg,
                                    const std::string& name) {
  ToldPicture told;
  told.options.told = numbers;
  const std::string quality(kJpegQuality);
  bool is_wanted = models.front()->undoes_jpeg;
  for (const SharedModel& model : models) is_wanted |= is_told(*model, quality);
  if (!is_wanted || jpeg.empty() || numbers.contains(quality)) {
    FOVEA_TRY(check_all_told(models, told.options.told, name));
    return told;
  }
  if (const auto found = codecs::jpeg_quality(jpeg)) {
    told.options.told[quality] = *found;
    told.remark = fmt::format("JPEG of quality {} by its table", *found);
  }
  if (models.front()->undoes_jpeg) {
    FOVEA_ASSIGN_OR_RETURN(told.options.filter, projection(*models.front(), jpeg, name));
    told.remark += fmt::format(
        "{}{}", told.remark.empty() ? "" : ", ",
        told.options.filter ? "result held to its coefficients" : "its coefficients are not used");
  }
  FOVEA_TRY(check_all_told(models, told.options.told, name));
  return told;
}

}  // namespace fovea::cli

#include "tools/fovea/eval_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "tools/fovea/console.h"

namespace fovea::cli {
namespace {

using evaluation::Figures;
using Json = nlohmann::ordered_json;

struct Column {
  const char* key;      // in JSON and CSV
  const char* heading;  // for people; none: there is no room
  double& (*figure)(Figures&);
  int decimals;
};

double& time_of(Figures& figures) { return figures.ms_per_megapixel; }

template <size_t kOctave>
double& octave_of(Figures& figures) {
  return figures.spectrum[kOctave];
}

constexpr Column kColumns[] = {
    {"psnr_a", "PSNR A", [](Figures& f) -> double& { return f.psnr_a; }, 3},
    {"ssim_a", "SSIM A", [](Figures& f) -> double& { return f.ssim_a; }, 4},
    {"psnr_c", "PSNR C", [](Figures& f) -> double& { return f.psnr_c; }, 3},
    {"ssim_c", "SSIM C", [](Figures& f) -> double& { return f.ssim_c; }, 4},
    {"psnr_rgb", "RGB", [](Figures& f) -> double& { return f.psnr_rgb; }, 3},
    {"spectrum_top_db", "top dB", octave_of<0>, 2},
    {"spectrum_second_db", nullptr, octave_of<1>, 2},
    {"spectrum_third_db", nullptr, octave_of<2>, 2},
    {"spectrum_fourth_db", nullptr, octave_of<3>, 2},
    {"psnr_small", "small", [](Figures& f) -> double& { return f.psnr_small; }, 2},
    {"ms_per_output_megapixel", "ms/MP", time_of, 1},
};
static_assert(evaluation::kOctaves == 4, "a column each");

constexpr size_t kFigureWidth = 8;
constexpr const char* kMeanName = "mean";

// One line of figures: of a picture, or of all.
struct Line {
  std::string name;
  int64_t scale;
  std::string model;
  Figures figures;

  std::string figure(const Column& column) const {
    Figures copy = figures;
    const double value = column.figure(copy);
    return std::isnan(value) ? "-" : fmt::format("{:.{}f}", value, column.decimals);
  }
};

std::string table_line(const Line& line, const EvalLayout& layout) {
  std::string text = fmt::format("{:<{}}  x{:<3} {:<{}}", one_line(line.name), layout.name_width,
                                 line.scale, one_line(line.model), layout.model_width);
  for (const Column& column : kColumns) {
    if (column.heading != nullptr)
      text += fmt::format(" {:>{}}", line.figure(column), kFigureWidth);
  }
  return text + "\n";
}

// A | ends a cell wherever it stands.
std::string cell(std::string text) {
  for (size_t at = 0; (at = text.find('|', at)) != text.npos; at += 2) text.insert(at, 1, '\\');
  return one_line(text);
}

std::string markdown_line(const Line& line) {
  std::string text =
      fmt::format("| {} | ×{} | {} |", cell(line.name), line.scale, cell(line.model));
  for (const Column& column : kColumns) {
    if (column.heading != nullptr) text += fmt::format(" {} |", line.figure(column));
  }
  return text + "\n";
}

// RFC 4180.
std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == text.npos) return text;
  std::string result = "\"";
  for (const char letter : text) result += letter == '"' ? "\"\"" : std::string(1, letter);
  return result + "\"";
}

// Nothing for NaN, inf for infinity.
std::string csv_line(const EvalRow& row, const EvalLayout& layout, const std::string& picture,
                     const std::string& width, const std::string& height, Figures figures) {
  const bool spoilt = layout.degradation.spoils();
  std::string text =
      fmt::format("{},{},{},{},{},{},{}", quoted(row.dataset), row.scale, quoted(row.model),
                  quoted(spoilt ? to_string(layout.degradation) : std::string()), quoted(picture),
                  width, height);
  for (const Column& column : kColumns) {
    const double value = column.figure(figures);
    text += std::isnan(value) ? "," : fmt::format(",{}", value);
  }
  return text + "\n";
}

std::string as_csv(const EvalRow& row, const EvalLayout& layout) {
  std::string text;
  for (const EvalPicture& picture : row.pictures)
    text += csv_line(row, layout, picture.name, std::to_string(picture.size.width),
                     std::to_string(picture.size.height), picture.figures);
  return text + csv_line(row, layout, kMeanName, "", "", row.means());
}

void put(Json& object, Figures figures) {
  for (const Column& column : kColumns) object[column.key] = column.figure(figures);
}

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

Json as_json(const evaluation::Degradation& degradation) {
  if (!degradation.spoils()) return {};
  Json object;
  object["blur"] = or_null(degradation.blur);
  object["noise"] = or_null(degradation.noise);
  object["seed"] = degradation.seed;
  object["jpeg"] = or_null(degradation.jpeg);
  return object;
}

// JSON has neither infinity nor NaN: null.
std::string as_json(const EvalRow& row, const EvalLayout& layout) {
  Json object;
  object["dataset"] = row.dataset;
  object["scale"] = row.scale;
  object["model"] = row.model;
  object["degradation"] = as_json(layout.degradation);
  put(object, row.means());
  object["pictures"] = Json::array();
  for (const EvalPicture& picture : row.pictures) {
    Json one;
    one["picture"] = picture.name;
    one["width"] = picture.size.width;
    one["height"] = picture.size.height;
    put(one, picture.figures);
    object["pictures"].push_back(std::move(one));
  }
  return object.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string for_people(const EvalRow& row, const EvalLayout& layout) {
  const bool markdown = layout.format == EvalFormat::kMarkdown;
  std::string text;
  const auto add = [&](const Line& line) {
    text += markdown ? markdown_line(line) : table_line(line, layout);
  };
  if (layout.each_picture) {
    for (const EvalPicture& picture : row.pictures)
      add({row.dataset + "/" + picture.name, row.scale, row.model, picture.figures});
  }
  add({row.dataset, row.scale, row.model, row.means()});
  return text;
}

std::string table_heading(const EvalLayout& layout) {
  std::string text = fmt::format("{:<{}}  {:<4} {:<{}}", "dataset", layout.name_width, "", "model",
                                 layout.model_width);
  for (const Column& column : kColumns) {
    if (column.heading != nullptr) text += fmt::format(" {:>{}}", column.heading, kFigureWidth);
  }
  return text + "\n";
}

std::string markdown_heading() {
  std::string names = "| dataset | scale | model |";
  std::string rule = "|---|---|---|";
  for (const Column& column : kColumns) {
    if (column.heading == nullptr) continue;
    names += fmt::format(" {} |", column.heading);
    rule += "---:|";
  }
  return names + "\n" + rule + "\n";
}

std::string csv_heading() {
  std::string text = "dataset,scale,model,degradation,picture,width,height";
  for (const Column& column : kColumns) text += fmt::format(",{}", column.key);
  return text + "\n";
}

}  // namespace

Figures EvalRow::means() const {
  Figures means;
  for (const Column& column : kColumns) {
    double sum = 0;
    double weights = 0;
    for (const EvalPicture& picture : pictures) {
      Figures figures = picture.figures;
      const double weight = column.figure == time_of ? static_cast<double>(picture.size.area()) : 1;
      sum += weight * column.figure(figures);
      weights += weight;
    }
    column.figure(means) = sum / weights;
  }
  return means;
}

std::string eval_heading(const EvalLayout& layout) {
  if (layout.format == EvalFormat::kJson) return {};
  if (layout.format == EvalFormat::kCsv) return csv_heading();
  const bool markdown = layout.format == EvalFormat::kMarkdown;
  std::string text = markdown ? markdown_heading() : table_heading(layout);
  if (!layout.degradation.spoils()) return text;
  return fmt::format("Degraded: {}\n{}", to_string(layout.degradation), markdown ? "\n" : "") +
         text;
}

std::string eval_text(const EvalRow& row, const EvalLayout& layout) {
  if (layout.format == EvalFormat::kJson) return as_json(row, layout);
  if (layout.format == EvalFormat::kCsv) return as_csv(row, layout);
  return for_people(row, layout);
}

}  // namespace fovea::cli

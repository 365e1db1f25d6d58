// What fovea eval prints of its figures: one row a dataset, scale and model.
#pragma once

#include <string>
#include <vector>

#include "tools/evaluation/degradation.h"
#include "tools/evaluation/figures.h"

namespace fovea::cli {

enum class EvalFormat { kTable, kMarkdown, kCsv, kJson };

struct EvalPicture {
  std::string name;
  Size size;  ///< of the truth
  evaluation::Figures figures;
};

struct EvalRow {
  std::string dataset;
  int64_t scale = 0;
  std::string model;
  std::vector<EvalPicture> pictures;

  /// Of every figure over the pictures; of the time over their pixels.
  evaluation::Figures means() const;
};

/// How rows are printed, and what is the same for all of them.
struct EvalLayout {
  EvalFormat format = EvalFormat::kTable;
  bool each_picture = false;  ///< a line for each picture too; CSV and JSON have them always
  evaluation::Degradation degradation;
  size_t name_width = 0;  ///< of the longest DATASET, or DATASET/PICTURE if these are to be seen
  size_t model_width = 0;
};

/// What stands before the first row; may be empty.
std::string eval_heading(const EvalLayout& layout);

/// The row, with its line breaks.
std::string eval_text(const EvalRow& row, const EvalLayout& layout);

}  // namespace fovea::cli

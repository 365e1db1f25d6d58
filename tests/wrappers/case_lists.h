// The parts of the list of cases that have files of their own.
#pragma once

#include <vector>

#include "tests/wrappers/wrapper_cases.h"

namespace fovea::cuda {

void add_matrix_cases(std::vector<WrapperCase>& cases);
void add_bulk_cases(std::vector<WrapperCase>& cases);

}  // namespace fovea::cuda

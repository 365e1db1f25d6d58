// What a fovea_model is.
#pragma once

#include "engine/fovea.h"
#include "engine/model_chain.h"

struct fovea_model {
  fovea::SharedModel model;
};

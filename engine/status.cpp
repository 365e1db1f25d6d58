#include "engine/status.h"

namespace fovea {

tl::unexpected<Error> fail_in(const std::string& context, Error error) {
  error.message = context + ": " + error.message;
  return tl::unexpected<Error>(std::move(error));
}

}  // namespace fovea

// Which of a checkpoint's values are a network's weights.
#pragma once

#include <functional>
#include <memory>

#include "engine/weights.h"
#include "loaders/formats/pickle.h"

namespace fovea {

/// The bytes of a storage's view: contiguous, in the file's order, aliasing the file.
using StorageBytes =
    std::function<Result<std::shared_ptr<const std::byte[]>>(const PickleStorage& storage)>;

/// The weights in the value `root` of `pickle`: a dict of tensors, or one that holds such a dict
/// under a name that trainers use (params_ema before params, state_dict, model, ...) or as its only
/// dict, or several such dicts by number, whose tensors are then called NUMBER.NAME. A prefix that all names have and trainers put there (module., netG., ...) is taken off.
/// Tensors that are no contiguous run of their storage are copied. kModel where there is no such
/// dict, where a name is there twice, and where the tensors together, views of one storage as often
/// as they are there, take more than 4 times `file_bytes` and 16 MiB; what `bytes_of` says.
Result<Weights> weights_of(const Pickle& pickle, PickleId root, size_t file_bytes,
                           const StorageBytes& bytes_of);

}  // namespace fovea

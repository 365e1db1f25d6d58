// Output that is either the old file or the whole new one.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <utility>

#include "engine/status.h"
#include "tools/fovea/descriptor_io.h"

namespace fovea::cli {

/// A temporary file in the folder of the one that it is to become; removed unless it was published.
/// It is locked while it is written: one without a lock is of a process that was killed.
class AtomicFile {
 public:
  /// kOutput where no file can be created beside `path`.
  static Result<AtomicFile> create(const std::string& path, bool overwrite);
  ~AtomicFile();
  AtomicFile(AtomicFile&& other) noexcept
      : path_(std::move(other.path_)),
        overwrite_(other.overwrite_),
        folder_(std::move(other.folder_)),
        file_(std::move(other.file_)),
        lock_(std::move(other.lock_)),
        temporary_(std::exchange(other.temporary_, {})) {}

  /// Appends. kOutput where that fails, kCancelled at a signal.
  Status write(std::span<const std::byte> bytes);

  /// Syncs the file and gives it its name in one step, which replaces an existing one only when
  /// `overwrite`. The folder is synced last. kOutput where anything fails.
  Status publish();

 private:
  AtomicFile() = default;

  std::string path_;
  bool overwrite_ = false;
  Descriptor folder_;
  Descriptor file_;
  Descriptor lock_;        // the same open file, which it keeps locked until it has its name
  std::string temporary_;  // its name in the folder; empty: there is none
};

/// Removes what processes that were killed have left in `folder`; returns how many files. Those of
/// processes at work, on this machine or another one, are locked and stay.
int remove_stale_files(const std::string& folder);

}  // namespace fovea::cli

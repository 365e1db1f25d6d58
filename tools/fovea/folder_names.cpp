#include "tools/fovea/folder_names.h"

#include <dirent.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <new>

namespace fovea::cli {
namespace {

struct CloseListing {
  void operator()(DIR* listing) const { closedir(listing); }
};

}  // namespace

std::vector<std::string> folder_names(const std::string& folder, std::error_code& error) {
  error.clear();
  std::vector<std::string> names;
  errno = 0;
  const std::unique_ptr<DIR, CloseListing> listing(opendir(folder.c_str()));
  while (listing) {
    errno = 0;  // which tells the end from a failure
    const dirent* entry = readdir(listing.get());
    if (entry == nullptr) break;
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  if (errno == ENOMEM) throw std::bad_alloc();
  if (errno != 0) error = std::error_code(errno, std::generic_category());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace fovea::cli

// What went wrong, as a value. The library never prints, throws across its interface, aborts or
// exits.
#pragma once

#include <fmt/core.h>

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace fovea {

/// The class of a failure. The values are the exit codes of the command line and are pinned.
enum class ErrorCode {
  kUsage = 2,     ///< the caller asked for something that makes no sense
  kPicture = 3,   ///< a picture is broken, unsupported or over a limit
  kModel = 4,     ///< a model is missing, broken or not supported
  kNumeric = 5,   ///< non-finite or otherwise wrong numbers
  kMemory = 6,    ///< not enough memory, or over the ceiling that was set
  kOutput = 7,    ///< the output could not be written
  kDevice = 8,    ///< the device is missing or failed
  kCancelled = 9  ///< the caller's progress function asked to stop
};

/// A failure: its class and one line for a person, of the form `FILE: what (value, limit); what to
/// do`.
struct Error {
  ErrorCode code;
  std::string message;
};

/// A value or the Error that kept it from being made.
template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using tl::expected<T, Error>::expected;
};

/// Success or an Error.
using Status = Result<void>;

/// An Error with a formatted message, ready to be returned from any function that returns a Result:
///   return fail(ErrorCode::kModel, "{}: header is {} bytes, limit {}", file, n, kLimit);
template <class... Args>
tl::unexpected<Error> fail(ErrorCode code, fmt::format_string<Args...> format, Args&&... args) {
  return tl::unexpected<Error>(Error{code, fmt::vformat(format, fmt::make_format_args(args...))});
}

/// `error` again, its message led by `context` and ": ", to name the file where only an inner part
/// was known.
tl::unexpected<Error> fail_in(const std::string& context, Error error);

}  // namespace fovea

#define FOVEA_CONCAT_INNER(a, b) a##b
#define FOVEA_CONCAT(a, b) FOVEA_CONCAT_INNER(a, b)

/// Returns the Error of `expression` (a Result) from the enclosing function, if it has one.
#define FOVEA_TRY(expression)                                                  \
  do {                                                                         \
    auto fovea_status = (expression);                                          \
    if (!fovea_status) return tl::unexpected(std::move(fovea_status.error())); \
  } while (0)

/// Declares or assigns `target` from the value of `expression`, or returns its Error.
#define FOVEA_ASSIGN_OR_RETURN(target, expression) \
  FOVEA_ASSIGN_OR_RETURN_NAMED(FOVEA_CONCAT(fovea_result_, __LINE__), target, expression)
#define FOVEA_ASSIGN_OR_RETURN_NAMED(result, target, expression) \
  auto result = (expression);                                    \
  if (!result) return tl::unexpected(std::move(result.error())); \
  target = std::move(*result)

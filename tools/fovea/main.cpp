// fovea: makes pictures larger with super-resolution networks.
#include <unistd.h>

#include <new>
#include <string_view>
#include <utility>

#include "tools/fovea/commands.h"
#include "tools/fovea/interrupt.h"

namespace {

using namespace fovea;
using namespace fovea::cli;

int run(std::vector<std::string> arguments) {
  const Result<Command> command = parse_command_line(std::move(arguments));
  if (!command) return show_error(command.error());
  if (const auto* upscale = std::get_if<UpscaleOptions>(&*command)) return run_upscale(*upscale);
  if (const auto* info = std::get_if<InfoOptions>(&*command)) return run_info(*info);
  if (const auto* models = std::get_if<ModelsOptions>(&*command)) return run_models(*models);
  if (const auto* convert = std::get_if<ConvertOptions>(&*command)) return run_convert(*convert);
  if (const auto* eval = std::get_if<EvalOptions>(&*command)) return run_eval(*eval);
  if (const auto* bench = std::get_if<BenchOptions>(&*command)) return run_bench(*bench);
  return show_text(std::get<ShowText>(*command).text);
}

// Takes no memory: there may be none.
int show_lack_of_memory() noexcept {
  constexpr std::string_view kLine = "fovea: no memory left; free some or use smaller pictures\n";
  const ssize_t written = write(STDERR_FILENO, kLine.data(), kLine.size());
  static_cast<void>(written);  // there is nobody else to tell
  return static_cast<int>(ErrorCode::kMemory);
}

}  // namespace

int main(int argument_count, char** arguments) {
  set_up_process();
  int code = 0;
  try {
    code = run({arguments + (argument_count > 0 ? 1 : 0), arguments + argument_count});
  } catch (const std::bad_alloc&) {
    code = show_lack_of_memory();
  }
  const int signal = interrupted();
  if (signal != 0 && code == 128 + signal) die_by_signal(signal);
  return code;
}

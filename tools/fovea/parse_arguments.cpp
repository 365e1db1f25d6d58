#include "tools/fovea/parse_arguments.h"

#include <algorithm>
#include <utility>

#include "tools/fovea/version.h"

namespace fovea::cli {
namespace {

// An empty value is a script's unset variable: to take it for a value left out would hide that.
Status refuse_empty_values(const CLI::App& app) {
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& value : option->results()) {
      if (value.empty()) {
        return fail(ErrorCode::kUsage, "{}: its value is empty; give one or leave it out",
                    option->get_name());
      }
    }
  }
  return {};
}

}  // namespace

void add_option(CLI::App& app, const char* names, std::string& value, const char* kind,
                const char* help) {
  app.add_option(names, value, help)->type_name(kind);
}

void add_models_dir(CLI::App& app, std::string& value) {
  add_option(app, "-m,--models-dir", value, "DIR", "Folder of models, searched first");
}

void set_up(CLI::App& app) {
  app.set_version_flag("--version", std::string(), "Version, compiler, instruction sets, codecs");
  app.get_formatter()->column_width(34);
}

Result<std::string> parse(CLI::App& app, std::vector<std::string> arguments) {
  // CLI11 takes a vector from its back.
  std::reverse(arguments.begin(), arguments.end());
  try {
    app.parse(std::move(arguments));
  } catch (const CLI::CallForHelp&) {
    return app.help();
  } catch (const CLI::CallForVersion&) {
    return version_text();
  } catch (const CLI::ParseError& error) {
    std::string what = error.what();
    std::replace(what.begin(), what.end(), '\n', ' ');
    return fail(ErrorCode::kUsage, "{}; see fovea --help", what);
  }
  FOVEA_TRY(refuse_empty_values(app));
  return std::string();
}

Status read_scale(const std::string& text, std::optional<Scale>& scale) {
  if (text.empty()) return {};
  auto parsed = parse_scale(text);
  if (!parsed) return fail_in("-s", std::move(parsed.error()));
  scale = *parsed;
  return {};
}

}  // namespace fovea::cli

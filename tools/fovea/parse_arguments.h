// What the arguments of every subcommand have in common. CLI11 is slow to compile: only files that
// declare options include this.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "engine/scale.h"
#include "engine/status.h"

namespace fovea::cli {

/// An option with one value, which is read afterwards: by one set of rules and without a locale.
void add_option(CLI::App& app, const char* names, std::string& value, const char* kind,
                const char* help);

/// -m
void add_models_dir(CLI::App& app, std::string& value);

/// --version, and how --help looks.
void set_up(CLI::App& app);

/// Runs CLI11's parser. The text to show when it was asked for help or the version, else nothing.
/// kUsage for what it refuses, and for empty values.
Result<std::string> parse(CLI::App& app, std::vector<std::string> arguments);

/// What -s says; nothing where it was not given.
Status read_scale(const std::string& text, std::optional<Scale>& scale);

}  // namespace fovea::cli

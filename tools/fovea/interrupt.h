// Signals of the command line: the library knows none.
#pragma once

namespace fovea::cli {

/// SIGINT and SIGTERM are noted (the second one of a kind kills at once; one ignored by the parent,
/// as under nohup, stays ignored). SIGXFSZ and SIGPIPE are ignored, so that a full quota and a
/// reader that went away are errors of write(). Standard descriptors that are closed are opened
/// unusable, so that no output file gets their number. Called once, first.
void set_up_process();

/// The signal that asked to stop, or 0.
int interrupted();

/// Ends the process by `signal`, as whoever waits for it expects. Does not return.
[[noreturn]] void die_by_signal(int signal);

}  // namespace fovea::cli

#include "tools/fovea/interrupt.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>

namespace fovea::cli {
namespace {

std::atomic<int> pending_signal{0};
static_assert(std::atomic<int>::is_always_lock_free, "used in a signal handler");

void on_signal(int signal) { pending_signal.store(signal); }

void watch(int signal) {
  struct sigaction old {};
  sigaction(signal, nullptr, &old);
  if (old.sa_handler == SIG_IGN) return;
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  // No SA_RESTART: a read of standard input must return to look at the flag.
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(signal, &action, nullptr);
}

void keep_descriptor(int descriptor, int flags) {
  if (fcntl(descriptor, F_GETFD) != -1 || errno != EBADF) return;
  // The lowest free number is given, and those below are taken already.
  if (open("/dev/null", flags) != descriptor) std::_Exit(7);
}

}  // namespace

void set_up_process() {
  // The wrong way round on purpose: use of a closed descriptor stays an error.
  keep_descriptor(STDIN_FILENO, O_WRONLY);
  keep_descriptor(STDOUT_FILENO, O_RDONLY);
  keep_descriptor(STDERR_FILENO, O_RDONLY);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  watch(SIGINT);
  watch(SIGTERM);
}

int interrupted() { return pending_signal.load(); }

void die_by_signal(int signal) {
  std::signal(signal, SIG_DFL);
  std::raise(signal);
  std::_Exit(128 + signal);  // reached only where the signal is blocked
}

}  // namespace fovea::cli

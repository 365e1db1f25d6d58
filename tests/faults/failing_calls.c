/* Preloaded into a program, makes the N-th of its calls of one function fail, counted from main():
 *
 *   FOVEA_FAIL=malloc:17        the 17th call alone fails
 *   FOVEA_FAIL=malloc:17+       it and all that follow fail
 *   FOVEA_FAIL_COUNT=file       how many calls of each function there were is written there at the end
 *
 * Functions: malloc (with calloc, realloc and the aligned ones), open, read, write, fsync, close,
 * rename, thread. For glibc, whose own allocator is reached by its second names. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum Function { MALLOC, OPEN, READ, WRITE, FSYNC, CLOSE, RENAME, THREAD, FUNCTIONS };
static const char *const kNames[FUNCTIONS] = {"malloc", "open",  "read",   "write",
                                              "fsync",  "close", "rename", "thread"};

static atomic_int armed;
static atomic_long calls[FUNCTIONS];
static int failing = -1;
static long failing_call;
static int fails_on;

static int fails(enum Function function) {
  if (!atomic_load(&armed)) return 0;
  const long call = atomic_fetch_add(&calls[function], 1) + 1;
  return failing == (int)function && (call == failing_call || (fails_on && call > failing_call));
}

static void read_request(void) {
  const char *request = getenv("FOVEA_FAIL");
  if (!request) return;
  for (int i = 0; i < FUNCTIONS; ++i) {
    const size_t length = strlen(kNames[i]);
    if (strncmp(request, kNames[i], length) != 0 || request[length] != ':') continue;
    failing = i;
    failing_call = strtol(request + length + 1, NULL, 10);
    fails_on = request[strlen(request) - 1] == '+';
  }
}

/* By system calls, which count nowhere and take no memory. */
static void tell_counts(void) {
  const char *path = getenv("FOVEA_FAIL_COUNT");
  atomic_store(&armed, 0);
  if (!path) return;
  const int file = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
  for (int i = 0; file >= 0 && i < FUNCTIONS; ++i) {
    char line[64];
    const int length = snprintf(line, sizeof line, "%s %ld\n", kNames[i], atomic_load(&calls[i]));
    if (syscall(SYS_write, file, line, (size_t)length) != length) break;
  }
  if (file >= 0) syscall(SYS_close, file);
}

typedef int (*Main)(int, char **, char **);
static Main real_main;

static int counted_main(int argc, char **argv, char **environment) {
  read_request();
  atomic_store(&armed, 1);
  const int code = real_main(argc, argv, environment);
  tell_counts();
  return code;
}

int __libc_start_main(Main main, int argc, char **argv, void (*init)(void), void (*fini)(void),
                      void (*rtld_fini)(void), void *stack_end);
int __libc_start_main(Main main, int argc, char **argv, void (*init)(void), void (*fini)(void),
                      void (*rtld_fini)(void), void *stack_end) {
  int (*next)(Main, int, char **, void (*)(void), void (*)(void), void (*)(void), void *);
  *(void **)&next = dlsym(RTLD_NEXT, "__libc_start_main");
  real_main = main;
  return next(counted_main, argc, argv, init, fini, rtld_fini, stack_end);
}

/* The functions that are counted; each but the allocator's is found when it is first called. */
#define NEXT(type, name)                               \
  static type real;                                    \
  if (!real) *(void **)&real = dlsym(RTLD_NEXT, name)

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static void *no_memory(void) {
  errno = ENOMEM;
  return NULL;
}

void *malloc(size_t size) { return fails(MALLOC) ? no_memory() : __libc_malloc(size); }

void *calloc(size_t count, size_t size) {
  return fails(MALLOC) ? no_memory() : __libc_calloc(count, size);
}

void *realloc(void *block, size_t size) {
  return fails(MALLOC) ? no_memory() : __libc_realloc(block, size);
}

void *memalign(size_t alignment, size_t size) {
  return fails(MALLOC) ? no_memory() : __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **block, size_t alignment, size_t size) {
  if (fails(MALLOC)) return ENOMEM;
  *block = __libc_memalign(alignment, size);
  return *block ? 0 : ENOMEM;
}

typedef int (*OpenAt)(int, const char *, int, ...);

int openat(int folder, const char *path, int flags, ...) {
  NEXT(OpenAt, "openat");
  va_list more;
  va_start(more, flags);
  const int mode = va_arg(more, int);
  va_end(more);
  if (fails(OPEN)) return errno = EMFILE, -1;
  return real(folder, path, flags, mode);
}

int open(const char *path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const int mode = va_arg(more, int);
  va_end(more);
  return openat(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...) __attribute__((alias("open")));
int openat64(int folder, const char *path, int flags, ...) __attribute__((alias("openat")));

typedef ssize_t (*Read)(int, void *, size_t);

ssize_t read(int file, void *bytes, size_t count) {
  NEXT(Read, "read");
  return fails(READ) ? (errno = EIO, -1) : real(file, bytes, count);
}

typedef ssize_t (*Write)(int, const void *, size_t);

ssize_t write(int file, const void *bytes, size_t count) {
  NEXT(Write, "write");
  return fails(WRITE) ? (errno = ENOSPC, -1) : real(file, bytes, count);
}

typedef int (*OfFile)(int);

int fsync(int file) {
  NEXT(OfFile, "fsync");
  return fails(FSYNC) ? (errno = EIO, -1) : real(file);
}

/* A close that fails has closed the file all the same, as on Linux. */
int close(int file) {
  NEXT(OfFile, "close");
  const int fail = fails(CLOSE);
  const int code = real(file);
  return fail ? (errno = EIO, -1) : code;
}

typedef int (*RenameAt2)(int, const char *, int, const char *, unsigned);

int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags) {
  NEXT(RenameAt2, "renameat2");
  return fails(RENAME) ? (errno = EIO, -1) : real(from_folder, from, to_folder, to, flags);
}

typedef int (*RenameAt)(int, const char *, int, const char *);

int renameat(int from_folder, const char *from, int to_folder, const char *to) {
  NEXT(RenameAt, "renameat");
  return fails(RENAME) ? (errno = EIO, -1) : real(from_folder, from, to_folder, to);
}

typedef int (*Rename)(const char *, const char *);

int rename(const char *from, const char *to) {
  NEXT(Rename, "rename");
  return fails(RENAME) ? (errno = EIO, -1) : real(from, to);
}

typedef int (*LinkAt)(int, const char *, int, const char *, int);

int linkat(int from_folder, const char *from, int to_folder, const char *to, int flags) {
  NEXT(LinkAt, "linkat");
  return fails(RENAME) ? (errno = EIO, -1) : real(from_folder, from, to_folder, to, flags);
}

typedef int (*CreateThread)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *),
                   void *argument) {
  NEXT(CreateThread, "pthread_create");
  return fails(THREAD) ? EAGAIN : real(thread, attributes, start, argument);
}

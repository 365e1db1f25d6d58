/* fovea: super-resolution as a library. C99 and newer, and C++.
 *
 *   fovea_model* model;
 *   fovea_upscaler* upscaler;
 *   fovea_shape photo = {640, 480, 3, FOVEA_U8}, large;
 *   fovea_error error;
 *   if (fovea_model_open("standard", NULL, &model, &error) ||
 *       fovea_upscaler_create(model, NULL, &upscaler, &error) ||
 *       fovea_upscaler_output(upscaler, &photo, &large, &error)) ...error.message...
 *   (allocate large.height rows of large.width * large.channels samples)
 *   if (fovea_upscale(upscaler, &photo, pixels, 0, result, 0, NULL, &error)) ...
 *   fovea_upscaler_destroy(upscaler);
 *   fovea_model_close(model);
 *
 * Failures. A function that can fail returns a fovea_code: FOVEA_OK, which is 0, or the class of
 * the failure. The last argument of such a function takes the message, and may be NULL. On failure
 * nothing is stored through any other argument, but for the pixels of a result, which are then of
 * no use. Nothing is thrown, not even as memory runs out.
 *
 * Threads. A model never changes: any number of threads and upscalers may use it at once. An
 * upscaler is used by one thread at a time, not always the same; two upscalers know nothing of each
 * other. Used by two threads at once, or from its own progress function, an upscaler answers
 * FOVEA_ERROR_USAGE. An upscaler has threads of its own, which never call back.
 *
 * The library prints nothing, ends no process, and leaves signals, the locale, the working folder
 * and environment variables alone. It opens no file but models that it is asked to open, and what
 * the system tells of its memory and processors (/proc, /sys).
 *
 * Structs that begin with struct_size may grow in later versions, at their end. Set it to the
 * struct's size as your compiler sees it; the ..._INIT macros do, and set everything else to what
 * is usual. A library that is older than your header refuses what it does not know, unless that is
 * zero.
 */
#ifndef FOVEA_H
#define FOVEA_H

#include <stddef.h>
#include <stdint.h>

/* Raised when programs that were compiled against an older header must be compiled again. The
 * shared library's name ends in it: libfovea.so.0. */
#define FOVEA_ABI_VERSION 0

#if defined(__GNUC__)
#define FOVEA_API __attribute__((visibility("default")))
#else
#define FOVEA_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Failures ---------------------------------------------------------------------------------*/

/* FOVEA_OK or what went wrong: 2 to 8 are the exit codes of the command line. */
typedef enum fovea_code {
  FOVEA_OK = 0,
  FOVEA_ERROR_USAGE = 2,    /* an argument makes no sense */
  FOVEA_ERROR_PICTURE = 3,  /* a picture is over a limit, or holds a NaN */
  FOVEA_ERROR_MODEL = 4,    /* a model is missing, broken or not supported */
  FOVEA_ERROR_NUMERIC = 5,  /* the network gave numbers that are not finite */
  FOVEA_ERROR_MEMORY = 6,   /* not enough memory, or over the ceiling that was set */
  FOVEA_ERROR_OUTPUT = 7,   /* a file could not be written; no function here does that */
  FOVEA_ERROR_DEVICE = 8,   /* the device is missing or failed */
  FOVEA_CANCELLED = 9,      /* the progress function said so */
  FOVEA_ERROR_INTERNAL = 10 /* a fault of this library: please report it */
} fovea_code;

#define FOVEA_MESSAGE_BYTES 1020

/* One line for a person, in UTF-8, cut off where it is longer: what is wrong, the value and its
 * limit, and what to do. After a call that succeeds the code is FOVEA_OK and the message empty. */
typedef struct fovea_error {
  fovea_code code;
  char message[FOVEA_MESSAGE_BYTES];
} fovea_error;

/* ---- The library ------------------------------------------------------------------------------*/

/* "0.1.0" */
FOVEA_API const char* fovea_version(void);

/* FOVEA_ABI_VERSION of the library that runs. */
FOVEA_API int fovea_abi_version(void);

/* ---- Models -----------------------------------------------------------------------------------*/

typedef struct fovea_model fovea_model;

typedef struct fovea_model_options {
  size_t struct_size;
  double scale; /* what a file does not tell (FSRCNN), and which of a family; 0: not told */
  uint64_t max_file_bytes; /* larger files are refused; 0: 4 GiB */
} fovea_model_options;
#define FOVEA_MODEL_OPTIONS_INIT \
  { sizeof(fovea_model_options), 0.0, 0u }

/* The names of what is built in, classical methods too; NULL from the last on. */
FOVEA_API const char* fovea_builtin_name(size_t index);

/* Opens a model by the name of what is built in ("standard-x2", "bicubic"), of a family of such
 * ("standard": the member for options->scale, x4 where there is none), or by the path of a file:
 * .pth, .safetensors, .onnx, ncnn's .param, TensorFlow.js's .json. What has a slash in it is a
 * path. `options` may be NULL. */
FOVEA_API fovea_code fovea_model_open(const char* name_or_path, const fovea_model_options* options,
                                      fovea_model** model, fovea_error* error);

/* Opens a file that is in memory: .pth, .safetensors or .onnx. The bytes are copied. `name` leads
 * messages. */
FOVEA_API fovea_code fovea_model_open_memory(const void* bytes, size_t byte_count, const char* name,
                                             const fovea_model_options* options,
                                             fovea_model** model, fovea_error* error);

/* Upscalers that were made of it keep what they need. NULL is ignored. */
FOVEA_API void fovea_model_close(fovea_model* model);

/* Output size over input size; 0 where it is any (bicubic) or the weights do not tell (SRCNN). */
FOVEA_API double fovea_model_scale(const fovea_model* model);

/* "RRDBNet"; lives as long as the model. */
FOVEA_API const char* fovea_model_architecture(const fovea_model* model);

/* ---- Upscalers --------------------------------------------------------------------------------*/

typedef struct fovea_upscaler fovea_upscaler;

typedef enum fovea_device {
  FOVEA_DEVICE_AUTO = 0, /* the CPU */
  FOVEA_DEVICE_CPU = 1,
  FOVEA_DEVICE_REFERENCE = 2, /* plain loops, slow: what the others are tested against */
  FOVEA_DEVICE_CUDA = 3
} fovea_device;

typedef enum fovea_precision {
  FOVEA_PRECISION_AUTO = 0, /* f32 on the CPU, f16 on a GPU */
  FOVEA_PRECISION_F32 = 1,
  FOVEA_PRECISION_F16 = 2, /* GPUs */
  FOVEA_PRECISION_BF16 = 3 /* GPUs and processors with AMX; coarser */
} fovea_precision;

typedef struct fovea_upscaler_options {
  size_t struct_size;
  fovea_device device;
  int device_index; /* among those of its kind */
  fovea_precision precision;
  int threads;            /* 0: one for each core that this process may use */
  double scale;           /* of the result, up to 64, to six decimals; 0: the model's own */
  int64_t band_height;    /* rows of input worked on at a time; 0: chosen. Changes no sample. */
  int64_t memory_ceiling; /* bytes that the whole process may hold; 0: what is free */
} fovea_upscaler_options;
#define FOVEA_UPSCALER_OPTIONS_INIT \
  { sizeof(fovea_upscaler_options), FOVEA_DEVICE_AUTO, 0, FOVEA_PRECISION_AUTO, 0, 0.0, 0, 0 }

/* Makes a model ready: starts threads, packs weights. Beyond the model's own scale, or below it,
 * its result is resized: where that is far, the command line runs a model twice, as a chain does
 * here. `options` may be NULL. */
FOVEA_API fovea_code fovea_upscaler_create(const fovea_model* model,
                                           const fovea_upscaler_options* options,
                                           fovea_upscaler** upscaler, fovea_error* error);

/* The same for models one behind the other, with nothing rounded or clamped in between; the scale
 * is the product of theirs. */
FOVEA_API fovea_code fovea_upscaler_create_chain(fovea_model* const* models, size_t model_count,
                                                 const fovea_upscaler_options* options,
                                                 fovea_upscaler** upscaler, fovea_error* error);

/* NULL is ignored. */
FOVEA_API void fovea_upscaler_destroy(fovea_upscaler* upscaler);

/* ---- Pictures ---------------------------------------------------------------------------------*/

/* What a sample is; the value is its size in bytes. 8 and 16 bits stand for 0...1 and are in the
 * machine's byte order. Floats are 0 for black and 1 for white; they must be finite, and those of a
 * result are neither clamped nor rounded. */
typedef enum fovea_sample { FOVEA_U8 = 1, FOVEA_U16 = 2, FOVEA_F32 = 4 } fovea_sample;

/* A picture's form. Its samples are interleaved, its rows go from top to bottom. Colours are as the
 * network was trained, sRGB as a rule; alpha is straight, not premultiplied. Sides are of up to
 * 2^20 pixels, pictures of up to 2^36. */
typedef struct fovea_shape {
  int64_t width;
  int64_t height;
  int channels; /* 1 gray, 2 gray and alpha, 3 RGB, 4 RGBA */
  fovea_sample sample;
} fovea_shape;

/* The form that the result for `input` will have. */
FOVEA_API fovea_code fovea_upscaler_output(fovea_upscaler* upscaler, const fovea_shape* input,
                                           fovea_shape* output, fovea_error* error);

/* Told the share of the work that is done, 0...1, never falling, on the thread that called
 * fovea_upscale; a value other than 0 cancels. It must not throw. */
typedef int (*fovea_progress)(void* user, double done);

/* A number that some networks are told of a picture, as FFDNet is told its noise. */
typedef struct fovea_number {
  const char* name; /* "noise"; a model that lacks one says which */
  double value;
} fovea_number;

typedef struct fovea_run_options {
  size_t struct_size;
  fovea_progress progress; /* may be NULL */
  void* user;              /* handed to it */
  const fovea_number* numbers;
  size_t number_count;
} fovea_run_options;
#define FOVEA_RUN_OPTIONS_INIT \
  { sizeof(fovea_run_options), NULL, NULL, NULL, 0 }

typedef struct fovea_plan {
  size_t struct_size;
  fovea_shape output;
  int64_t bands;       /* how many the picture is worked on in */
  int64_t band_height; /* rows of input */
  int64_t arena_bytes; /* of feature maps */
  int64_t peak_bytes;  /* the most that the process will have held, the result's buffer included */
} fovea_plan;
#define FOVEA_PLAN_INIT \
  { sizeof(fovea_plan), {0, 0, 0, FOVEA_U8}, 0, 0, 0, 0 }

/* What fovea_upscale would do, without doing it: FOVEA_ERROR_MEMORY where it would refuse.
 * `options` may be NULL. */
FOVEA_API fovea_code fovea_upscaler_plan(fovea_upscaler* upscaler, const fovea_shape* input,
                                         const fovea_run_options* options, fovea_plan* plan,
                                         fovea_error* error);

/* Enlarges the picture at `pixels` into the buffer at `result`, whose form is
 * fovea_upscaler_output's. A stride is the distance of two rows in bytes, 0 where there is no gap
 * between them; bytes in gaps are neither read nor written. The buffers must not overlap; they need
 * no alignment. The samples of a result depend on nothing but the picture, the model, the scale and
 * the kind of processor. `options` may be NULL. */
FOVEA_API fovea_code fovea_upscale(fovea_upscaler* upscaler, const fovea_shape* input,
                                   const void* pixels, size_t stride, void* result,
                                   size_t result_stride, const fovea_run_options* options,
                                   fovea_error* error);

/* What the last picture took. */
typedef struct fovea_report {
  size_t struct_size;
  double network_ms; /* time in the engine */
  int64_t bands;
  int64_t redone; /* 1: computed a second time in f32, as f16 did not hold the values */
} fovea_report;
#define FOVEA_REPORT_INIT \
  { sizeof(fovea_report), 0.0, 0, 0 }

/* FOVEA_ERROR_USAGE before the first picture. */
FOVEA_API fovea_code fovea_upscaler_report(fovea_upscaler* upscaler, fovea_report* report,
                                           fovea_error* error);

#ifdef __cplusplus
}
#endif

#endif /* FOVEA_H */

// fovea.h: every wrong argument is a code and a message, and nothing is stored.
#include <cstddef>
#include <limits>

#include "tests/library/c_handles.h"

namespace fovea_test {
namespace {

constexpr fovea_shape kPhoto{13, 9, 3, FOVEA_U8};

// An error that must be filled by every call.
struct Poisoned : fovea_error {
  Poisoned() { std::memset(static_cast<fovea_error*>(this), 0x7F, sizeof(fovea_error)); }
};

#define EXPECT_REFUSED(expected, call, part)                                              \
  do {                                                                                    \
    Poisoned error;                                                                       \
    EXPECT_EQ(call, expected) << error.message;                                           \
    EXPECT_EQ(error.code, expected);                                                      \
    EXPECT_NE(std::string(error.message).find(part), std::string::npos) << error.message; \
  } while (0)

TEST(CRefusals, Models) {
  fovea_model* const untouched = reinterpret_cast<fovea_model*>(1);
  fovea_model* model = untouched;
  EXPECT_REFUSED(FOVEA_ERROR_USAGE, fovea_model_open(nullptr, nullptr, &model, &error), "name");
  EXPECT_REFUSED(FOVEA_ERROR_USAGE, fovea_model_open("bicubic", nullptr, nullptr, &error), "model");
  EXPECT_REFUSED(FOVEA_ERROR_MODEL, fovea_model_open("/no/such.pth", nullptr, &model, &error),
                 "/no/such.pth: ");
  EXPECT_REFUSED(FOVEA_ERROR_MODEL, fovea_model_open("", nullptr, &model, &error), "");
  EXPECT_REFUSED(FOVEA_ERROR_USAGE,
                 fovea_model_open_memory(nullptr, 5, "mine", nullptr, &model, &error), "bytes");
  EXPECT_REFUSED(FOVEA_ERROR_USAGE,
                 fovea_model_open_memory("abcde", 5, nullptr, nullptr, &model, &error), "name");
  EXPECT_REFUSED(FOVEA_ERROR_USAGE,
                 fovea_model_open_memory("abcde", 5, "mine", nullptr, nullptr, &error), "model");
  EXPECT_REFUSED(FOVEA_ERROR_MODEL,
                 fovea_model_open_memory("abcde", 5, "mine", nullptr, &model, &error), "mine: ");
  EXPECT_REFUSED(FOVEA_ERROR_MODEL,
                 fovea_model_open_memory("abcde", 0, "mine", nullptr, &model, &error), "mine: ");
  fovea_model_options options = FOVEA_MODEL_OPTIONS_INIT;
  options.max_file_bytes = 4;
  EXPECT_REFUSED(FOVEA_ERROR_MODEL,
                 fovea_model_open_memory("abcde", 5, "mine", &options, &model, &error), "limit 4");
  for (const double scale : {-1.0, 65.0, 1e-9, 1e300, std::numeric_limits<double>::infinity(),
                             std::numeric_limits<double>::quiet_NaN()}) {
    options = FOVEA_MODEL_OPTIONS_INIT;
    options.scale = scale;
    EXPECT_REFUSED(FOVEA_ERROR_USAGE, fovea_model_open("bicubic", &options, &model, &error),
                   "scale");
  }
  EXPECT_EQ(model, untouched);
  EXPECT_EQ(fovea_model_scale(nullptr), 0);
  EXPECT_STREQ(fovea_model_architecture(nullptr), "");
}

TEST(CRefusals, UpscalersAndTheirOptions) {
  const ModelHandle model = open_model("standard-x2");
  const ModelHandle bicubic = open_model("bicubic");
  fovea_upscaler* const untouched = reinterpret_cast<fovea_upscaler*>(1);
  fovea_upscaler* upscaler = untouched;
  EXPECT_REFUSED(FOVEA_ERROR_USAGE, fovea_upscaler_create(nullptr, nullptr, &upscaler, &error),
                 "model");
  EXPECT_REFUSED(FOVEA_ERROR_USAGE, fovea_upscaler_create(model.get(), nullptr, nullptr, &error),
                 "upscaler");
  EXPECT_REFUSED(FOVEA_ERROR_USAGE,
                 fovea_upscaler_create(bicubic.get(), nullptr, &upscaler, &error), "scale");
  EXPECT_REFUSED(FOVEA_ERROR_USAGE,
                 fovea_upscaler_create_chain(nullptr, 1, nullptr, &upscaler, &error), "models");
  fovea_model* models[] = {model.get(), nullptr};
  EXPECT_REFUSED(FOVEA_ERROR_USAGE,
                 fovea_upscaler_create_chain(models, 0, nullptr, &upscaler, &error), "chain");
  EXPECT_REFUSED(FOVEA_ERROR_USAGE,
                 fovea_upscaler_create_chain(models, 2, nullptr, &upscaler, &error), "model");
  const struct {
    const char* part;
    void (*spoil)(fovea_upscaler_options&);
    fovea_code status = FOVEA_ERROR_USAGE;
  } cases[] = {
      {"device_index", [](fovea_upscaler_options& o) { o.device_index = -1; }},
      {"device 9", [](fovea_upscaler_options& o) { o.device = static_cast<fovea_device>(9); }},
      {"precision 9",
       [](fovea_upscaler_options& o) { o.precision = static_cast<fovea_precision>(9); }},
      {"f16", [](fovea_upscaler_options& o) { o.precision = FOVEA_PRECISION_F16; },
       FOVEA_ERROR_DEVICE},
      {"threads", [](fovea_upscaler_options& o) { o.threads = -1; }},
      {"scale", [](fovea_upscaler_options& o) { o.scale = -2; }},
      {"scale", [](fovea_upscaler_options& o) { o.scale = 64.5; }},
      {"scale",
       [](fovea_upscaler_options& o) { o.scale = std::numeric_limits<double>::quiet_NaN(); }},
      {"band_height", [](fovea_upscaler_options& o) { o.band_height = -1; }},
      {"memory_ceiling", [](fovea_upscaler_options& o) { o.memory_ceiling = -1; }},
      {"struct_size is 0", [](fovea_upscaler_options& o) { o.struct_size = 0; }},
      {"struct_size is 47", [](fovea_upscaler_options& o) { o.struct_size = 47; }},
      {"struct_size is 5000", [](fovea_upscaler_options& o) { o.struct_size = 5000; }},
  };
  for (const auto& bad : cases) {
    fovea_upscaler_options options = FOVEA_UPSCALER_OPTIONS_INIT;
    bad.spoil(options);
    EXPECT_REFUSED(bad.status, fovea_upscaler_create(model.get(), &options, &upscaler, &error),
                   bad.part);
  }
  EXPECT_EQ(upscaler, untouched);
}

// A program that was compiled against a later header hands over a longer struct.
TEST(CRefusals, FieldsOfLaterVersions) {
  const ModelHandle model = open_model("standard-x2");
  struct Later {
    fovea_upscaler_options known;
    int64_t added;
  } later = {FOVEA_UPSCALER_OPTIONS_INIT, 0};
  later.known.struct_size = sizeof later;
  later.known.threads = 1;
  fovea_upscaler* upscaler = nullptr;
  EXPECT_EQ(fovea_upscaler_create(model.get(), &later.known, &upscaler, nullptr), FOVEA_OK);
  fovea_upscaler_destroy(upscaler);
  later.added = 1;
  EXPECT_REFUSED(FOVEA_ERROR_USAGE,
                 fovea_upscaler_create(model.get(), &later.known, &upscaler, &error),
                 "does not know");

  const UpscalerHandle ready = make_upscaler(model);
  struct LaterPlan {
    fovea_plan known;
    int64_t added;
  } plan = {FOVEA_PLAN_INIT, 0};
  plan.known.struct_size = sizeof plan;
  EXPECT_EQ(fovea_upscaler_plan(ready.get(), &kPhoto, nullptr, &plan.known, nullptr), FOVEA_OK);
  EXPECT_EQ(plan.known.struct_size, sizeof plan);
  EXPECT_EQ(plan.known.output.width, 26);
  EXPECT_EQ(plan.added, 0);
}

TEST(CRefusals, Shapes) {
  const UpscalerHandle upscaler = make_upscaler(open_model("standard-x2"));
  const int64_t huge = std::numeric_limits<int64_t>::max();
  const struct {
    fovea_shape shape;
    fovea_code status = FOVEA_ERROR_USAGE;
  } cases[] = {
      {{0, 9, 3, FOVEA_U8}},
      {{13, 0, 3, FOVEA_U8}},
      {{-1, 9, 3, FOVEA_U8}},
      {{13, 9, 0, FOVEA_U8}},
      {{13, 9, 5, FOVEA_U8}},
      {{13, 9, 3, static_cast<fovea_sample>(0)}},
      {{13, 9, 3, static_cast<fovea_sample>(3)}},
      {{huge, 9, 3, FOVEA_U8}, FOVEA_ERROR_PICTURE},
      {{13, huge, 3, FOVEA_U8}, FOVEA_ERROR_PICTURE},
      {{1 << 20, 1 << 20, 3, FOVEA_U8}, FOVEA_ERROR_PICTURE},
  };
  std::vector<uint8_t> samples(13 * 9 * 3 * 4), result(4 * samples.size(), 0x5A);
  for (const auto& bad : cases) {
    fovea_shape output{-7, -7, -7, FOVEA_U16};
    EXPECT_REFUSED(bad.status, fovea_upscaler_output(upscaler.get(), &bad.shape, &output, &error),
                   "");
    EXPECT_EQ(output.width, -7);
    fovea_plan plan = FOVEA_PLAN_INIT;
    EXPECT_REFUSED(bad.status,
                   fovea_upscaler_plan(upscaler.get(), &bad.shape, nullptr, &plan, &error), "");
    EXPECT_EQ(plan.output.width, 0);
    EXPECT_REFUSED(bad.status,
                   fovea_upscale(upscaler.get(), &bad.shape, samples.data(), 0, result.data(), 0,
                                 nullptr, &error),
                   "");
  }
  for (const uint8_t byte : result) ASSERT_EQ(byte, 0x5A);
}

TEST(CRefusals, PicturesAndTheirBuffers) {
  const UpscalerHandle upscaler = make_upscaler(open_model("standard-x2"));
  fovea_upscaler* const up = upscaler.get();
  const std::vector<uint8_t> samples = random_samples(kPhoto, 1);
  std::vector<uint8_t> buffer(4 * samples.size(), 0x5A);
  const void* const in = samples.data();
  void* const out = buffer.data();
  fovea_error* const none = nullptr;
  EXPECT_EQ(fovea_upscale(nullptr, &kPhoto, in, 0, out, 0, nullptr, none), FOVEA_ERROR_USAGE);
  EXPECT_REFUSED(FOVEA_ERROR_USAGE, fovea_upscale(up, nullptr, in, 0, out, 0, nullptr, &error),
                 "input");
  EXPECT_REFUSED(FOVEA_ERROR_USAGE, fovea_upscale(up, &kPhoto, nullptr, 0, out, 0, nullptr, &error),
                 "pixels");
  EXPECT_REFUSED(FOVEA_ERROR_USAGE, fovea_upscale(up, &kPhoto, in, 0, nullptr, 0, nullptr, &error),
                 "result");
  EXPECT_REFUSED(FOVEA_ERROR_USAGE, fovea_upscale(up, &kPhoto, in, 38, out, 0, nullptr, &error),
                 "input: rows 38 bytes apart, each of 39");
  EXPECT_REFUSED(FOVEA_ERROR_USAGE, fovea_upscale(up, &kPhoto, in, 0, out, 77, nullptr, &error),
                 "result: rows 77 bytes apart, each of 78");
  const size_t huge = std::numeric_limits<size_t>::max();
  EXPECT_REFUSED(FOVEA_ERROR_USAGE, fovea_upscale(up, &kPhoto, in, huge, out, 0, nullptr, &error),
                 "input");
  EXPECT_REFUSED(FOVEA_ERROR_USAGE,
                 fovea_upscale(up, &kPhoto, in, 0, out, huge / 2, nullptr, &error), "result");
  EXPECT_REFUSED(FOVEA_ERROR_USAGE,
                 fovea_upscale(up, &kPhoto, out, 0, buffer.data() + 350, 0, nullptr, &error),
                 "overlaps");
  fovea_run_options options = FOVEA_RUN_OPTIONS_INIT;
  options.struct_size = 8;
  EXPECT_REFUSED(FOVEA_ERROR_USAGE, fovea_upscale(up, &kPhoto, in, 0, out, 0, &options, &error),
                 "struct_size is 8");
  for (const uint8_t byte : buffer) ASSERT_EQ(byte, 0x5A);

  fovea_plan plan = FOVEA_PLAN_INIT;
  fovea_report report = FOVEA_REPORT_INIT;
  EXPECT_REFUSED(FOVEA_ERROR_USAGE, fovea_upscaler_output(up, &kPhoto, nullptr, &error), "output");
  EXPECT_REFUSED(FOVEA_ERROR_USAGE, fovea_upscaler_plan(up, nullptr, nullptr, &plan, &error),
                 "input");
  EXPECT_REFUSED(FOVEA_ERROR_USAGE, fovea_upscaler_plan(up, &kPhoto, nullptr, nullptr, &error),
                 "plan");
  EXPECT_REFUSED(FOVEA_ERROR_USAGE, fovea_upscaler_report(up, nullptr, &error), "report");
  EXPECT_REFUSED(FOVEA_ERROR_USAGE, fovea_upscaler_report(up, &report, &error), "no picture yet");
  plan.struct_size = report.struct_size = 3;
  EXPECT_REFUSED(FOVEA_ERROR_USAGE, fovea_upscaler_plan(up, &kPhoto, nullptr, &plan, &error),
                 "struct_size");
  EXPECT_REFUSED(FOVEA_ERROR_USAGE, fovea_upscaler_report(up, &report, &error), "struct_size");
}

// Messages end inside of the struct, and not inside of a letter.
TEST(CRefusals, LongMessagesAreCut) {
  for (const size_t length : {998u, 999u, 1000u, 1001u, 4000u}) {
    std::string path(1 + length % 2, '/');
    while (path.size() < length) path += "ü";
    Poisoned error;
    fovea_model* model = nullptr;
    EXPECT_EQ(fovea_model_open(path.c_str(), nullptr, &model, &error), FOVEA_ERROR_MODEL);
    const size_t end = strnlen(error.message, sizeof error.message);
    ASSERT_LT(end, sizeof error.message);
    ASSERT_GE(end, 990u);
    const std::string shown(error.message, end);
    if (length == 4000) {
      EXPECT_EQ(shown, path.substr(0, end));
    }
    EXPECT_NE(static_cast<uint8_t>(shown.back()), 0xC3);  // the first byte of two
  }
}

}  // namespace
}  // namespace fovea_test

// fovea.h: what comes out of it is right, whatever buffers, samples and threads there are.
#include <algorithm>
#include <atomic>
#include <fstream>
#include <iterator>
#include <limits>
#include <set>
#include <thread>

#include "tests/library/c_handles.h"

namespace fovea_test {
namespace {

constexpr fovea_shape kPhoto{13, 9, 3, FOVEA_U8};

TEST(CApi, NamesWhatIsBuiltIn) {
  std::set<std::string> names;
  for (size_t i = 0; const char* name = fovea_builtin_name(i); ++i) {
    EXPECT_TRUE(names.insert(name).second) << name;
    EXPECT_TRUE(open_model(name));
  }
  for (const char* name : {"nearest", "bilinear", "bicubic", "lanczos", "standard-x2"})
    EXPECT_TRUE(names.count(name)) << name;
  EXPECT_EQ(fovea_builtin_name(names.size() + 5), nullptr);
}

TEST(CApi, PicksTheMemberOfAFamilyByItsScale) {
  EXPECT_EQ(fovea_model_scale(open_model("standard").get()), 4);
  EXPECT_EQ(fovea_model_scale(open_model("standard", 2).get()), 2);
  EXPECT_EQ(fovea_model_scale(open_model("standard", 2.5).get()), 3);
  EXPECT_EQ(fovea_model_scale(open_model("bicubic", 2.5).get()), 0);
}

// Nearest is exact, so every sample of every kind of picture must come out as it went in; bytes in
// the gaps of both buffers are poison.
TEST(CApi, KeepsEverySampleOfEveryKind) {
  const ModelHandle nearest = open_model("nearest");
  const UpscalerHandle upscaler = make_upscaler(nearest, two_threads(3));
  for (const fovea_sample sample : {FOVEA_U8, FOVEA_U16, FOVEA_F32}) {
    for (const int channels : {1, 2, 3, 4}) {
      for (const size_t gap : {0u, 5u}) {
        SCOPED_TRACE(::testing::Message() << sample << " bytes, " << channels << ", gap " << gap);
        const fovea_shape input{7, 5, channels, sample};
        const fovea_shape output = output_of(upscaler, input);
        ASSERT_EQ(output.width, 21);
        ASSERT_EQ(output.height, 15);
        ASSERT_EQ(output.channels, channels);
        ASSERT_EQ(output.sample, sample);
        const std::vector<uint8_t> samples = random_samples(input, 1);
        const size_t row = static_cast<size_t>(row_bytes(input)), stride = row + gap;
        const size_t large_row = static_cast<size_t>(row_bytes(output));
        const size_t large_stride = large_row + gap;
        // One byte in front, so that nothing is aligned.
        std::vector<uint8_t> from(1 + stride * 5, 0x5A), to(1 + large_stride * 15, 0x5A);
        for (size_t y = 0; y < 5; ++y)
          std::copy_n(samples.data() + y * row, row, from.data() + 1 + y * stride);
        fovea_error error;
        ASSERT_EQ(fovea_upscale(upscaler.get(), &input, from.data() + 1, stride, to.data() + 1,
                                large_stride, nullptr, &error),
                  FOVEA_OK)
            << error.message;
        const size_t pixel = row / 7;
        for (size_t y = 0; y < 15; ++y) {
          for (size_t i = 0; i < large_row; ++i)
            ASSERT_EQ(to[1 + y * large_stride + i],
                      samples[y / 3 * row + i / pixel / 3 * pixel + i % pixel]);
          for (size_t i = 0; i < gap; ++i)
            ASSERT_EQ(to[1 + y * large_stride + large_row + i], 0x5A);
        }
        EXPECT_EQ(to[0], 0x5A);
      }
    }
  }
}

// A float result is what 8 and 16 bits are rounded from.
TEST(CApi, RoundsTheSameFloatsToEverySample) {
  const ModelHandle model = open_model("standard-x2");
  const UpscalerHandle upscaler = make_upscaler(model);
  const std::vector<uint8_t> bytes = random_samples(kPhoto, 2);
  fovea_shape floats = kPhoto, words = kPhoto;
  floats.sample = FOVEA_F32;
  words.sample = FOVEA_U16;
  std::vector<uint8_t> float_bytes(4 * bytes.size()), word_bytes(2 * bytes.size());
  for (size_t i = 0; i < bytes.size(); ++i) {
    const float value = static_cast<float>(bytes[i]) / 255.0f;
    std::memcpy(float_bytes.data() + 4 * i, &value, sizeof value);
    const auto word = static_cast<uint16_t>(bytes[i] * 257);
    std::memcpy(word_bytes.data() + 2 * i, &word, sizeof word);
  }
  const std::vector<uint8_t> from_bytes = upscale(upscaler, kPhoto, bytes);
  const std::vector<uint8_t> from_words = upscale(upscaler, words, word_bytes);
  const std::vector<uint8_t> from_floats = upscale(upscaler, floats, float_bytes);
  ASSERT_EQ(from_bytes.size(), size_t{26 * 18 * 3});
  double lowest = 1, highest = 0;
  for (size_t i = 0; i < from_bytes.size(); ++i) {
    float value;
    uint16_t word;
    std::memcpy(&value, from_floats.data() + 4 * i, sizeof value);
    std::memcpy(&word, from_words.data() + 2 * i, sizeof word);
    lowest = std::min<double>(lowest, value);
    highest = std::max<double>(highest, value);
    const float clamped = std::clamp(value, 0.0f, 1.0f);
    ASSERT_EQ(from_bytes[i], std::nearbyint(clamped * 255.0f)) << i;
    // 257 * k / 65535 and k / 255 are one number, rounded once: the network sees the same floats.
    ASSERT_EQ(word, std::nearbyint(clamped * 65535.0f)) << i;
  }
  // Noise overshoots: what lies beyond black and white is in the floats.
  EXPECT_LT(lowest, 0);
  EXPECT_GT(highest, 1);
}

TEST(CApi, BandsAndThreadsChangeNothing) {
  const ModelHandle model = open_model("standard-x2");
  const std::vector<uint8_t> samples = random_samples(kPhoto, 3);
  const std::vector<uint8_t> expected = upscale(make_upscaler(model), kPhoto, samples);
  for (const int64_t band : {1, 4}) {
    for (const int threads : {1, 3}) {
      fovea_upscaler_options options = FOVEA_UPSCALER_OPTIONS_INIT;
      options.band_height = band;
      options.threads = threads;
      EXPECT_EQ(upscale(make_upscaler(model, options), kPhoto, samples), expected);
    }
  }
}

TEST(CApi, ModelsAreReadFromMemoryAndFiles) {
  const std::string path = FOVEA_WEIGHTS "/standard-x2.safetensors";
  std::ifstream file(path, std::ios::binary);
  std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  ASSERT_GT(bytes.size(), 100000u);
  fovea_model* raw = nullptr;
  fovea_error error;
  ASSERT_EQ(fovea_model_open_memory(bytes.data(), bytes.size(), "mine", nullptr, &raw, &error),
            FOVEA_OK)
      << error.message;
  const ModelHandle from_memory(raw);
  std::fill(bytes.begin(), bytes.end(), '\0');  // the model has a copy
  const std::vector<uint8_t> samples = random_samples(kPhoto, 4);
  const std::vector<uint8_t> expected =
      upscale(make_upscaler(open_model("standard-x2")), kPhoto, samples);
  EXPECT_EQ(upscale(make_upscaler(from_memory), kPhoto, samples), expected);
  EXPECT_EQ(upscale(make_upscaler(open_model(path)), kPhoto, samples), expected);
  EXPECT_STREQ(fovea_model_architecture(from_memory.get()), "SRVGGNetCompact");
}

TEST(CApi, ChainsMultiplyTheirScales) {
  const ModelHandle first = open_model("standard-x2"), second = open_model("nearest");
  fovea_model* const models[] = {first.get(), second.get()};
  const fovea_upscaler_options options = two_threads(6);
  fovea_upscaler* raw = nullptr;
  fovea_error error;
  ASSERT_EQ(fovea_upscaler_create_chain(models, 2, &options, &raw, &error), FOVEA_OK)
      << error.message;
  const UpscalerHandle both(raw);
  const std::vector<uint8_t> samples = random_samples(kPhoto, 5);
  const std::vector<uint8_t> twice = upscale(make_upscaler(first), kPhoto, samples);
  const std::vector<uint8_t> six_times = upscale(both, kPhoto, samples);
  ASSERT_EQ(six_times.size(), 9 * twice.size());
  for (size_t y = 0; y < 54; ++y) {
    for (size_t x = 0; x < 78 * 3; ++x)
      ASSERT_EQ(six_times[y * 78 * 3 + x], twice[y / 3 * 26 * 3 + x / 9 * 3 + x % 3]);
  }
}

TEST(CApi, EachThreadHasAnUpscalerOfOneModel) {
  const ModelHandle model = open_model("standard-x2");
  std::vector<std::vector<uint8_t>> expected, results(4);
  for (uint32_t seed = 0; seed < 4; ++seed)
    expected.push_back(upscale(make_upscaler(model), kPhoto, random_samples(kPhoto, seed)));
  std::vector<std::thread> threads;
  for (uint32_t seed = 0; seed < 4; ++seed) {
    threads.emplace_back([&, seed] {
      const UpscalerHandle mine = make_upscaler(model);
      for (int repeat = 0; repeat < 3; ++repeat)
        results[seed] = upscale(mine, kPhoto, random_samples(kPhoto, seed));
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(results, expected);
}

// What another thread does with a busy upscaler is refused and harms nobody.
TEST(CApi, OneUpscalerServesOneThreadAtATime) {
  const ModelHandle model = open_model("standard-x2");
  const UpscalerHandle upscaler = make_upscaler(model);
  const std::vector<uint8_t> samples = random_samples(kPhoto, 6);
  const std::vector<uint8_t> expected = upscale(upscaler, kPhoto, samples);
  std::atomic<int> right{0}, refused{0}, wrong{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      for (int repeat = 0; repeat < 20; ++repeat) {
        std::vector<uint8_t> result(expected.size());
        const fovea_code status = fovea_upscale(upscaler.get(), &kPhoto, samples.data(), 0,
                                                result.data(), 0, nullptr, nullptr);
        if (status == FOVEA_ERROR_USAGE) {
          ++refused;
        } else if (status == FOVEA_OK && result == expected) {
          ++right;
        } else {
          ++wrong;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_GE(right, 1);
  EXPECT_EQ(right + refused, 60);
}

struct Watch {
  fovea_upscaler* upscaler = nullptr;
  double stop_at = 2;  // never
  std::vector<double> told;
  fovea_code nested = FOVEA_OK;
};

int watch(void* user, double done) {
  Watch& seen = *static_cast<Watch*>(user);
  seen.told.push_back(done);
  fovea_shape output;
  seen.nested = fovea_upscaler_output(seen.upscaler, &kPhoto, &output, nullptr);
  return done >= seen.stop_at;
}

TEST(CApi, ProgressIsToldAndCancels) {
  const ModelHandle model = open_model("standard-x2");
  fovea_upscaler_options options = two_threads();
  options.band_height = 1;
  const UpscalerHandle upscaler = make_upscaler(model, options);
  const std::vector<uint8_t> samples = random_samples(kPhoto, 7);
  const std::vector<uint8_t> expected = upscale(upscaler, kPhoto, samples);
  std::vector<uint8_t> result(expected.size());
  Watch seen;
  seen.upscaler = upscaler.get();
  fovea_run_options run = FOVEA_RUN_OPTIONS_INIT;
  run.progress = watch;
  run.user = &seen;
  fovea_error error;
  const auto go = [&] {
    return fovea_upscale(upscaler.get(), &kPhoto, samples.data(), 0, result.data(), 0, &run,
                         &error);
  };
  ASSERT_EQ(go(), FOVEA_OK) << error.message;
  EXPECT_EQ(result, expected);
  ASSERT_GE(seen.told.size(), 3u);
  EXPECT_TRUE(std::is_sorted(seen.told.begin(), seen.told.end()));
  EXPECT_GE(seen.told.front(), 0);
  EXPECT_EQ(seen.told.back(), 1);
  EXPECT_EQ(seen.nested, FOVEA_ERROR_USAGE);  // from inside of itself

  seen.told.clear();
  seen.stop_at = 0.4;
  EXPECT_EQ(go(), FOVEA_CANCELLED);
  EXPECT_EQ(error.code, FOVEA_CANCELLED);
  EXPECT_GE(seen.told.back(), 0.4);
  EXPECT_LT(seen.told.back(), 1);
  EXPECT_EQ(std::count_if(seen.told.begin(), seen.told.end(), [](double d) { return d >= 0.4; }),
            1);
  EXPECT_EQ(upscale(upscaler, kPhoto, samples), expected);  // as good as before
}

TEST(CApi, NetworksAreToldNumbers) {
  const UpscalerHandle upscaler =
      make_upscaler(open_model(FOVEA_SMALL_MODELS "/ffdnet_gray.safetensors"));
  const fovea_shape gray{12, 10, 1, FOVEA_U8};
  const std::vector<uint8_t> samples = random_samples(gray, 11);
  fovea_number number{"noise_level", 25};
  fovea_run_options run = FOVEA_RUN_OPTIONS_INIT;
  run.numbers = &number;
  run.number_count = 1;
  fovea_plan plan = FOVEA_PLAN_INIT;
  fovea_error error;
  const auto result = [&](double noise) {
    number.value = noise;
    std::vector<uint8_t> made(samples.size());
    EXPECT_EQ(fovea_upscaler_plan(upscaler.get(), &gray, &run, &plan, &error), FOVEA_OK)
        << error.message;
    EXPECT_EQ(fovea_upscale(upscaler.get(), &gray, samples.data(), 0, made.data(), 0, &run, &error),
              FOVEA_OK)
        << error.message;
    return made;
  };
  EXPECT_NE(result(5), result(50));
  EXPECT_EQ(result(5), result(5));
  const auto refused = [&](const char* part) {
    EXPECT_EQ(fovea_upscaler_plan(upscaler.get(), &gray, &run, &plan, &error), FOVEA_ERROR_USAGE);
    EXPECT_NE(std::string(error.message).find(part), std::string::npos) << error.message;
  };
  number.value = 1e6;
  refused("noise_level");
  number = {"quality", 5};
  refused("quality");
  number = {nullptr, 5};
  refused("name");
  run.numbers = nullptr;
  refused("numbers");
}

// Kernels take a NaN for a number: the larger of it and 0 is 0.
TEST(CApi, FloatsMustBeNumbers) {
  const UpscalerHandle upscaler = make_upscaler(open_model("standard-x2"));
  fovea_shape input = kPhoto;
  input.sample = FOVEA_F32;
  for (const float wrong :
       {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}) {
    std::vector<uint8_t> samples = random_samples(input, 8), result(samples.size() * 4, 0x5A);
    std::memcpy(samples.data() + samples.size() - sizeof wrong, &wrong, sizeof wrong);
    fovea_error error;
    EXPECT_EQ(
        fovea_upscale(upscaler.get(), &input, samples.data(), 0, result.data(), 0, nullptr, &error),
        FOVEA_ERROR_PICTURE);
    EXPECT_NE(std::string(error.message).find("row 8 "), std::string::npos) << error.message;
    EXPECT_EQ(std::count(result.begin(), result.end(), 0x5A), static_cast<int64_t>(result.size()));
  }
}

TEST(CApi, APlanIsTheMemoryThatIsKeptTo) {
  const ModelHandle model = open_model("standard-x2");
  fovea_upscaler_options options = two_threads();
  const fovea_shape input{600, 400, 3, FOVEA_U8};
  fovea_plan plan = FOVEA_PLAN_INIT;
  fovea_error error;
  ASSERT_EQ(
      fovea_upscaler_plan(make_upscaler(model, options).get(), &input, nullptr, &plan, &error),
      FOVEA_OK)
      << error.message;
  EXPECT_EQ(plan.struct_size, sizeof plan);
  EXPECT_EQ(plan.output.width, 1200);
  EXPECT_GE(plan.peak_bytes, plan.arena_bytes + 1200 * 800 * 3);
  options.memory_ceiling = 1 << 20;
  EXPECT_EQ(
      fovea_upscaler_plan(make_upscaler(model, options).get(), &input, nullptr, &plan, &error),
      FOVEA_ERROR_MEMORY);
  EXPECT_NE(std::string(error.message).find("limit 1 MiB"), std::string::npos) << error.message;
}

TEST(CApi, UpscalersOutliveTheirModel) {
  ModelHandle model = open_model("standard-x2");
  const UpscalerHandle upscaler = make_upscaler(model);
  const std::vector<uint8_t> samples = random_samples(kPhoto, 9);
  const std::vector<uint8_t> expected = upscale(upscaler, kPhoto, samples);
  model.reset();
  EXPECT_EQ(upscale(upscaler, kPhoto, samples), expected);
  const fovea_shape other{5, 3, 4, FOVEA_U16};  // a plan of its own, made from what was kept
  EXPECT_EQ(upscale(upscaler, other, random_samples(other, 10)).size(), size_t{10 * 6 * 4 * 2});
}

}  // namespace
}  // namespace fovea_test

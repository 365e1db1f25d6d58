/* fovea.h as a C program sees it, compiled as C99 with every warning an error: all that the header
 * has is used once. Prints nothing and returns 0, or the line that found something wrong. */
#include "engine/fovea.h"

#include <string.h>

#define EXPECT(truth)              \
  do {                             \
    if (!(truth)) return __LINE__; \
  } while (0)

static int count_calls(void* user, double done) {
  ++*(int*)user;
  return done < 0 || done > 1;
}

int main(void) {
  const unsigned char pixels[2][6] = {{1, 2, 3, 4, 5, 6}, {7, 8, 9, 10, 11, 12}};
  unsigned char result[4][12];
  const fovea_shape input = {2, 2, 3, FOVEA_U8};
  fovea_shape output = {0, 0, 0, FOVEA_F32};
  fovea_model_options model_options = FOVEA_MODEL_OPTIONS_INIT;
  fovea_upscaler_options options = FOVEA_UPSCALER_OPTIONS_INIT;
  fovea_run_options run_options = FOVEA_RUN_OPTIONS_INIT;
  fovea_plan plan = FOVEA_PLAN_INIT;
  fovea_report report = FOVEA_REPORT_INIT;
  fovea_model* model = NULL;
  fovea_model* models[1];
  fovea_upscaler* upscaler = NULL;
  fovea_error error;
  int calls = 0, y, x;

  EXPECT(fovea_abi_version() == FOVEA_ABI_VERSION);
  EXPECT(strlen(fovea_version()) > 0);
  EXPECT(fovea_builtin_name(0) != NULL);
  EXPECT(fovea_model_open("nearest", &model_options, &model, &error) == FOVEA_OK);
  EXPECT(error.code == FOVEA_OK && error.message[0] == '\0');
  EXPECT(fovea_model_scale(model) == 0);
  EXPECT(strcmp(fovea_model_architecture(model), "") != 0);
  options.scale = 2;
  options.threads = 1;
  models[0] = model;
  EXPECT(fovea_upscaler_create_chain(models, 1, &options, &upscaler, &error) == FOVEA_OK);
  fovea_upscaler_destroy(upscaler);
  EXPECT(fovea_upscaler_create(model, &options, &upscaler, &error) == FOVEA_OK);
  fovea_model_close(model);
  EXPECT(fovea_upscaler_output(upscaler, &input, &output, &error) == FOVEA_OK);
  EXPECT(output.width == 4 && output.height == 4 && output.channels == 3);
  EXPECT(output.sample == FOVEA_U8);
  EXPECT(fovea_upscaler_plan(upscaler, &input, NULL, &plan, NULL) == FOVEA_OK);
  EXPECT(plan.output.width == 4 && plan.bands >= 1 && plan.peak_bytes > 0);
  EXPECT(fovea_upscaler_report(upscaler, &report, &error) == FOVEA_ERROR_USAGE);
  EXPECT(error.code == FOVEA_ERROR_USAGE && error.message[0] != '\0');
  run_options.progress = count_calls;
  run_options.user = &calls;
  EXPECT(fovea_upscale(upscaler, &input, pixels, 0, result, 0, &run_options, &error) == FOVEA_OK);
  EXPECT(calls > 0);
  EXPECT(fovea_upscaler_report(upscaler, &report, &error) == FOVEA_OK);
  EXPECT(report.bands >= 1 && report.redone == 0);
  for (y = 0; y < 4; ++y) {
    for (x = 0; x < 12; ++x) EXPECT(result[y][x] == pixels[y / 2][x / 6 * 3 + x % 3]);
  }
  fovea_upscaler_destroy(upscaler);
  fovea_upscaler_destroy(NULL);
  fovea_model_close(NULL);
  return 0;
}

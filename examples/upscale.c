/* upscale MODEL SCALE IN.ppm OUT.ppm: enlarges a picture of 8 bits and three colours (P6). */
#include <fovea.h>
#include <stdio.h>
#include <stdlib.h>

static int show(void* user, double done) {
  fprintf((FILE*)user, "\r%3.0f%%", 100 * done);
  return 0; /* anything else cancels */
}

int main(int count, char** words) {
  fovea_error error = {FOVEA_ERROR_USAGE, "usage: upscale MODEL SCALE IN.ppm OUT.ppm"};
  fovea_model_options model_options = FOVEA_MODEL_OPTIONS_INIT;
  fovea_upscaler_options options = FOVEA_UPSCALER_OPTIONS_INIT;
  fovea_run_options run = FOVEA_RUN_OPTIONS_INIT;
  fovea_model* model = NULL;
  fovea_upscaler* upscaler = NULL;
  fovea_shape small = {0, 0, 3, FOVEA_U8}, large = small;
  unsigned char *pixels = NULL, *result = NULL;
  unsigned width = 0, height = 0;
  FILE *in = count == 5 ? fopen(words[3], "rb") : NULL, *out = NULL;
  if (in == NULL || fscanf(in, "P6 %u %u 255%*c", &width, &height) != 2) goto end;
  small.width = width, small.height = height;
  pixels = malloc((size_t)width * 3 * height);
  if (pixels == NULL || fread(pixels, (size_t)width * 3, height, in) != height) goto end;
  model_options.scale = options.scale = atof(words[2]);
  run.progress = show, run.user = stderr;
  if (fovea_model_open(words[1], &model_options, &model, &error) ||
      fovea_upscaler_create(model, &options, &upscaler, &error) ||
      fovea_upscaler_output(upscaler, &small, &large, &error))
    goto end;
  result = malloc((size_t)large.width * 3 * (size_t)large.height);
  if (fovea_upscale(upscaler, &small, pixels, 0, result, 0, &run, &error)) goto end;
  out = fopen(words[4], "wb");
  if (out == NULL ||
      fprintf(out, "P6\n%ld %ld\n255\n", (long)large.width, (long)large.height) < 0 ||
      fwrite(result, (size_t)large.width * 3, (size_t)large.height, out) != (size_t)large.height)
    error.code = FOVEA_ERROR_OUTPUT;
end:
  fprintf(stderr, "\n%s\n", error.message);
  if (out != NULL && fclose(out) != 0) error.code = FOVEA_ERROR_OUTPUT;
  if (in != NULL) fclose(in);
  fovea_upscaler_destroy(upscaler), fovea_model_close(model), free(pixels), free(result);
  return (int)error.code;
}

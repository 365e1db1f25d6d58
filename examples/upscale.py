"""upscale.py LIBRARY MODEL SCALE IN.ppm OUT.ppm: enlarges a picture of 8 bits and three colours (P6) through libfovea.so."""

import ctypes
import sys


class Error(ctypes.Structure):
    _fields_ = [("code", ctypes.c_int), ("message", ctypes.c_char * 1020)]


class Shape(ctypes.Structure):
    _fields_ = [("width", ctypes.c_int64), ("height", ctypes.c_int64), ("channels", ctypes.c_int),
                ("sample", ctypes.c_int)]


class ModelOptions(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_size_t), ("scale", ctypes.c_double), ("max_file_bytes", ctypes.c_uint64)]


class UpscalerOptions(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_size_t), ("device", ctypes.c_int), ("device_index", ctypes.c_int),
                ("precision", ctypes.c_int), ("threads", ctypes.c_int), ("scale", ctypes.c_double),
                ("band_height", ctypes.c_int64), ("memory_ceiling", ctypes.c_int64)]


def call(function, *arguments):
    error = Error()
    if function(*arguments, ctypes.byref(error)):
        sys.exit(error.message.decode())


library, model_name, scale, source, target = sys.argv[1:]
fovea = ctypes.CDLL(library)
kind, size, largest, pixels = open(source, "rb").read().split(b"\n", 3)
small = Shape(*map(int, size.split()), 3, 1)
large, model, upscaler = Shape(), ctypes.c_void_p(), ctypes.c_void_p()
model_options = ModelOptions(ctypes.sizeof(ModelOptions), float(scale))
options = UpscalerOptions(ctypes.sizeof(UpscalerOptions), scale=float(scale))
call(fovea.fovea_model_open, model_name.encode(), ctypes.byref(model_options), ctypes.byref(model))
call(fovea.fovea_upscaler_create, model, ctypes.byref(options), ctypes.byref(upscaler))
call(fovea.fovea_upscaler_output, upscaler, ctypes.byref(small), ctypes.byref(large))
result = ctypes.create_string_buffer(large.width * 3 * large.height)
call(fovea.fovea_upscale, upscaler, ctypes.byref(small), pixels, ctypes.c_size_t(0), result, ctypes.c_size_t(0), None)
with open(target, "wb") as file:
    file.write(b"P6\n%d %d\n255\n" % (large.width, large.height) + result.raw)
fovea.fovea_upscaler_destroy(upscaler)
fovea.fovea_model_close(model)

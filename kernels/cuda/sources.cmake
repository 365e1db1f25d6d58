# The CUDA backend's files, for the library and for the emulation that tests it.

# Host code, but for runtime_cuda.cpp: the emulation has a runtime of its own.
set(FOVEA_CUDA_HOST_SOURCES
  cuda_backend.cpp
  cuda_chain_step.cpp
  cuda_convolution_step.cpp
  cuda_executor.cpp
  cuda_operator_steps.cpp
  cuda_pair_step.cpp
  cuda_shuffle_step.cpp
  cuda_srcnn_step.cpp
  device_context.cpp
  finite_watch.cpp
  graph_recorder.cpp
  pack_conv3x3_wgmma.cpp
  pack_conv_direct.cpp
  pack_conv_mma.cpp
  pack_conv_pair_wgmma.cpp
  pack_conv_upsample_wgmma.cpp
  pack_srcnn.cpp
  packed_epilogue.cpp
  resize_taps_table.cpp
  row_staging.cpp
  time_model.cpp)

# Kernels for every architecture.
set(FOVEA_CUDA_KERNELS
  conv_direct.cu
  conv_mma.cu
  convert.cu
  copy_channels.cu
  pixel_shuffle.cu
  pointwise.cu
  resize_map.cu
  shuffle_mma.cu
  srcnn.cu)

# Kernels of wgmma, for Hopper alone.
set(FOVEA_CUDA_HOPPER_KERNELS
  conv3x3_wgmma.cu
  conv_pair_wgmma.cu
  conv_upsample_wgmma.cu)

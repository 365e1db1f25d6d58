# The ladders' files, for nvcc and for the emulation that tests them.
set(FOVEA_LADDER_KERNELS
  conv3x3/1_naive.cu
  conv3x3/2_shared_memory.cu
  conv3x3/3_tensor_cores.cu
  conv3x3/4_ky_stack.cu)

# Kernels that want more shared memory than sm_80 has.
set(FOVEA_LADDER_LARGE_KERNELS
  residual_dense_block/4_one_kernel.cu)

# Host code: rungs that are an order of launches.
set(FOVEA_LADDER_HOST_SOURCES
  residual_dense_block/1_separate.cpp
  residual_dense_block/2_growing_buffer.cpp
  residual_dense_block/3_fused_epilogues.cpp
  residual_dense_block/5_depth_first.cpp
  residual_dense_block/dense_block_ladder.cpp)

foreach(list FOVEA_LADDER_KERNELS FOVEA_LADDER_LARGE_KERNELS FOVEA_LADDER_HOST_SOURCES)
  list(TRANSFORM ${list} PREPEND ${CMAKE_CURRENT_LIST_DIR}/)
endforeach()

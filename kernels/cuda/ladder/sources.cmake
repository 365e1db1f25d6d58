# The ladders' files, for nvcc and for the emulation that tests them.
set(FOVEA_LADDER_KERNELS
  conv3x3/1_naive.cu
  conv3x3/2_shared_memory.cu
  conv3x3/3_tensor_cores.cu
  conv3x3/4_ky_stack.cu)
list(TRANSFORM FOVEA_LADDER_KERNELS PREPEND ${CMAKE_CURRENT_LIST_DIR}/)

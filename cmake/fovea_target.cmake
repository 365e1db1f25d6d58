# What every target of fovea shares. No global flags: a project that adds fovea as a subdirectory keeps its own.

# Language level, warnings, visibility and sanitizers for `target`.
function(fovea_configure target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  set_target_properties(${target} PROPERTIES
    CXX_EXTENSIONS OFF
    CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON
    POSITION_INDEPENDENT_CODE ON)
  target_include_directories(${target} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>)
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Wcast-qual -Wundef
    # A fused multiply-add where one compiler sees a product and a sum, and another does not, would give
    # machines and builds different pictures. Kernels that want FMA ask for it by intrinsics.
    -ffp-contract=off)
  if(FOVEA_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(FOVEA_SANITIZE)
    target_compile_options(${target} PRIVATE
      -fsanitize=${FOVEA_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    target_link_options(${target} PUBLIC -fsanitize=${FOVEA_SANITIZE})
  endif()
endfunction()

# A part of the library: an object library that `fovea` is made of.
function(fovea_add_part target)
  add_library(${target} OBJECT ${ARGN})
  fovea_configure(${target})
  target_link_libraries(${target} PUBLIC fmt::fmt tl::expected Threads::Threads)
endfunction()

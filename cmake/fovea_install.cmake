# What `cmake --install` installs of the library: headers, libraries, and how CMake and pkg-config find them. Programs and
# models are installed where they are made.
include(CMakePackageConfigHelpers)

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/fovea)
install(FILES engine/fovea.h engine/fovea.hpp TYPE INCLUDE COMPONENT development)
install(TARGETS fovea EXPORT fovea_static ARCHIVE COMPONENT development)
install(EXPORT fovea_static NAMESPACE fovea:: FILE fovea-static.cmake DESTINATION ${package_folder}
  COMPONENT development)
if(FOVEA_SHARED)
  install(TARGETS fovea_shared EXPORT fovea_shared
    LIBRARY COMPONENT library NAMELINK_COMPONENT development)
  install(EXPORT fovea_shared NAMESPACE fovea:: FILE fovea-shared.cmake DESTINATION ${package_folder}
    COMPONENT development)
endif()

set(generated ${PROJECT_BINARY_DIR}/install)
configure_package_config_file(cmake/fovea-config.cmake.in ${generated}/fovea-config.cmake
  INSTALL_DESTINATION ${package_folder})
# Before 1.0 the second number counts.
write_basic_package_version_file(${generated}/fovea-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${generated}/fovea-config.cmake ${generated}/fovea-config-version.cmake
  DESTINATION ${package_folder} COMPONENT development)

# By the place of fovea.pc, so that the tree may be moved.
cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX
  BASE_DIRECTORY ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig OUTPUT_VARIABLE FOVEA_PREFIX)
configure_file(cmake/fovea.pc.in ${generated}/fovea.pc @ONLY)
install(FILES ${generated}/fovea.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)

include(fovea_package)

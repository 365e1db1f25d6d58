# Packages of Debian: `cpack --config build/CPackConfig.cmake` (packaging/README.md).
set(FOVEA_MAINTAINER "fovea authors <fovea@packages.invalid>" CACHE STRING "Who is named in packages")

if(NOT TARGET fovea_shared OR NOT TARGET fovea_cli)
  return()  # packages are made of everything
endif()
get_target_property(abi fovea_shared SOVERSION)
set(runtime libfovea${abi})
set(packages "program:fovea" "library:${runtime}" "development:libfovea-dev")
find_program(FOVEA_GZIP gzip)
if(NOT FOVEA_GZIP)
  return()
endif()

# Without a name and a time of its own in it, so that packages can be made again bit for bit.
function(fovea_compress source result)
  execute_process(COMMAND ${FOVEA_GZIP} -9nc ${source} OUTPUT_FILE ${result} COMMAND_ERROR_IS_FATAL ANY)
endfunction()
string(TIMESTAMP FOVEA_DATE "%a, %d %b %Y %H:%M:%S +0000" UTC)
configure_file(packaging/changelog.in ${generated}/changelog @ONLY)
fovea_compress(${generated}/changelog ${generated}/changelog.Debian.gz)
fovea_compress(${PROJECT_SOURCE_DIR}/packaging/fovea.1 ${generated}/fovea.1.gz)
install(FILES ${generated}/fovea.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT program)
install(FILES THIRD_PARTY_NOTICES.md DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT program)
foreach(package IN LISTS packages)
  string(REPLACE ":" ";" package ${package})
  list(GET package 0 component)
  list(GET package 1 name)
  # In packages alone.
  install(FILES packaging/copyright ${generated}/changelog.Debian.gz
    DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/doc/${name} COMPONENT ${component} EXCLUDE_FROM_ALL)
  string(TOUPPER ${component} COMPONENT)
  set(CPACK_DEBIAN_${COMPONENT}_PACKAGE_NAME ${name})
endforeach()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME fovea)
set(CPACK_PACKAGE_CONTACT "${FOVEA_MAINTAINER}")
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL program library development)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SECTION graphics)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_CONTROL_EXTRA ${generated}/triggers)
file(WRITE ${generated}/triggers "activate-noawait ldconfig\n")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS
  "${runtime} (= ${PROJECT_VERSION}-1), libfmt-dev, libdeflate-dev")
set(CPACK_COMPONENT_PROGRAM_DESCRIPTION "makes pictures larger with super-resolution networks
 Runs ESRGAN, Real-ESRGAN, SRCNN and kindred networks on any processor,
 and never writes a picture that is only half right.")
set(CPACK_COMPONENT_LIBRARY_DESCRIPTION "super-resolution networks as a library
 What programs need that enlarge pictures with libfovea.")
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION "super-resolution networks as a library - development files
 Headers for C and C++, an archive, and what CMake and pkg-config want.")
include(CPack)

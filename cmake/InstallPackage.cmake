# cmake --install: tools (restore_tool), man pages, headers, static libraries, data, and the package
# config that find_package(restore) reads. tests/package builds a program against the result.
include(CMakePackageConfigHelpers)

set(restore_config_dir "${CMAKE_INSTALL_LIBDIR}/cmake/restore")

get_property(restore_libraries GLOBAL PROPERTY RESTORE_LIBRARIES)
install(TARGETS ${restore_libraries} EXPORT restoreTargets
  ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(EXPORT restoreTargets NAMESPACE restore:: DESTINATION "${restore_config_dir}")
# But for what is between librestore/image and OpenImageIO, which no user of the library needs to have.
install(DIRECTORY librestore operators priors
  DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/restore"
  FILES_MATCHING PATTERN "*.h"
  REGEX "/image/(embed|metadata|oiio_common|picture_file|tags)\\.h$" EXCLUDE)

configure_package_config_file(cmake/restoreConfig.cmake.in
  "${PROJECT_BINARY_DIR}/restoreConfig.cmake"
  INSTALL_DESTINATION "${restore_config_dir}"
  NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/restoreConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES
  "${PROJECT_BINARY_DIR}/restoreConfig.cmake"
  "${PROJECT_BINARY_DIR}/restoreConfigVersion.cmake"
  "${PROJECT_SOURCE_DIR}/cmake/LinkDependencies.cmake"
  DESTINATION "${restore_config_dir}")

find_program(HELP2MAN help2man)
if(HELP2MAN AND NOT RESTORE_SANITIZE)
  get_property(restore_tools GLOBAL PROPERTY RESTORE_TOOLS)
  file(MAKE_DIRECTORY "${PROJECT_BINARY_DIR}/man")
  foreach(tool IN LISTS restore_tools)
    set(page "${PROJECT_BINARY_DIR}/man/${tool}.1")
    add_custom_command(OUTPUT "${page}"
      COMMAND "${CMAKE_COMMAND}" -D "HELP2MAN=${HELP2MAN}" -D "TOOL=$<TARGET_FILE:${tool}>"
              -D "OUTPUT=${page}" -P "${PROJECT_SOURCE_DIR}/cmake/ManPage.cmake"
      DEPENDS ${tool} cmake/ManPage.cmake
      COMMENT "Writing ${tool}.1" VERBATIM)
    list(APPEND restore_man_pages "${page}")
  endforeach()
  add_custom_target(restore_man ALL DEPENDS ${restore_man_pages})
  install(FILES ${restore_man_pages} DESTINATION "${CMAKE_INSTALL_MANDIR}/man1")
endif()

install(FILES README.md LICENSE DESTINATION "${CMAKE_INSTALL_DOCDIR}")
install(DIRECTORY docs DESTINATION "${CMAKE_INSTALL_DOCDIR}")

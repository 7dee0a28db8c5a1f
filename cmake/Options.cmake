# Build-wide settings: language, warnings, sanitizers, ccache.
include(CTest)
include(GNUInstallDirs)

# The presets for development turn it on; the next compiler is to break no package.
option(RESTORE_WARNINGS_AS_ERRORS "Treat compiler warnings as errors" OFF)
set(RESTORE_SANITIZE "" CACHE STRING "Sanitizers to compile with, for example address,undefined")
option(RESTORE_FUZZ "Make the fuzz targets libFuzzer programs (GCC and libFuzzer's library)" OFF)

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # The precompiled header holds time macros and is named by a path: tell ccache that this is fine.
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime "${CCACHE}")
endif()

add_library(restore_flags INTERFACE)
# -fPIC for all, as an option: CMake's property gives executables -fPIE, and one precompiled header
# serves only one of the two.
target_compile_options(restore_flags INTERFACE -fPIC -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # What ccache needs to see through a precompiled header.
  target_compile_options(restore_flags INTERFACE -fpch-preprocess)
endif()
if(RESTORE_WARNINGS_AS_ERRORS)
  target_compile_options(restore_flags INTERFACE -Werror)
endif()
if(RESTORE_SANITIZE)
  target_compile_options(restore_flags INTERFACE
    -fsanitize=${RESTORE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(restore_flags INTERFACE -fsanitize=${RESTORE_SANITIZE})
  # GCC's manual: with sanitizers this warning has more false positives.
  target_compile_options(restore_flags INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
endif()
if(RESTORE_FUZZ)
  # What guides libFuzzer: a call at each block (tests/fuzz/coverage.cpp), one at each comparison.
  target_compile_options(restore_flags INTERFACE -fsanitize-coverage=trace-pc,trace-cmp)
endif()

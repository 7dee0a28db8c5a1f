# Third-party packages: all of them come with Debian bookworm (scripts/setup.sh installs them).
find_package(Torch REQUIRED)
# Debian's Imath config names a Python library that only another package holds and says so at length.
set(CMAKE_MESSAGE_LOG_LEVEL WARNING)
find_package(OpenImageIO REQUIRED)
unset(CMAKE_MESSAGE_LOG_LEVEL)
# Debian's target names an OpenCV header folder whether or not it is there; CMake refuses missing ones.
get_target_property(oiio_includes OpenImageIO::OpenImageIO INTERFACE_INCLUDE_DIRECTORIES)
list(FILTER oiio_includes EXCLUDE REGEX "opencv")
set_target_properties(OpenImageIO::OpenImageIO PROPERTIES
  INTERFACE_INCLUDE_DIRECTORIES "${oiio_includes}")
find_package(Eigen3 REQUIRED NO_MODULE)
find_package(TBB REQUIRED)
find_package(CLI11 REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
# GPL-2-or-later and optional: without it EXIF, XMP and IPTC are what OpenImageIO's writers keep.
find_package(exiv2 QUIET)
find_path(RANDOM123_INCLUDE_DIR Random123/philox.h REQUIRED)
if(BUILD_TESTING)
  find_package(Boost REQUIRED COMPONENTS unit_test_framework)
endif()

# One imported target for libtorch, its headers marked as system headers.
add_library(restore_torch INTERFACE)
target_include_directories(restore_torch SYSTEM INTERFACE
  "$<BUILD_INTERFACE:${TORCH_INCLUDE_DIRS}>")
target_link_libraries(restore_torch INTERFACE ${TORCH_LIBRARIES})

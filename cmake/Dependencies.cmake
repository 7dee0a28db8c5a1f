# Third-party packages: all of them come with Debian bookworm (scripts/setup.sh installs them).

# GPL-2-or-later and optional: without it EXIF, XMP and IPTC are what OpenImageIO's writers keep.
find_package(exiv2 QUIET)
set(RESTORE_WITH_EXIV2 ${exiv2_FOUND})

# find_dependency() behaves as in a package config that the build requires.
set(CMAKE_FIND_PACKAGE_NAME restore)
set(restore_FIND_REQUIRED TRUE)
include(LinkDependencies)
unset(CMAKE_FIND_PACKAGE_NAME)
unset(restore_FIND_REQUIRED)

# What only the sources and the tools need.
find_package(CLI11 REQUIRED)
find_path(RANDOM123_INCLUDE_DIR Random123/philox.h REQUIRED)
find_path(XXHASH_INCLUDE_DIR xxhash.h REQUIRED)
if(BUILD_TESTING)
  find_package(Boost REQUIRED COMPONENTS unit_test_framework)
endif()

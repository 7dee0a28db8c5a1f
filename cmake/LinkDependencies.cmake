# Third-party packages that the libraries link. Read twice: by this build (Dependencies.cmake) and,
# installed, by restoreConfig.cmake, because a program that links static libraries links these too.
include(CMakeFindDependencyMacro)

find_dependency(Torch)
# Debian's Imath config names a Python library that only another package holds and says so at length.
set(restore_log_level "${CMAKE_MESSAGE_LOG_LEVEL}")
set(CMAKE_MESSAGE_LOG_LEVEL WARNING)
find_dependency(OpenImageIO)
set(CMAKE_MESSAGE_LOG_LEVEL "${restore_log_level}")
unset(restore_log_level)
find_dependency(Eigen3 NO_MODULE)
find_dependency(TBB)
find_dependency(fmt)
find_dependency(nlohmann_json)
find_dependency(OpenSSL COMPONENTS Crypto)
find_dependency(dnnl)
find_dependency(OpenMP COMPONENTS CXX)
find_dependency(ZLIB)
if(RESTORE_WITH_EXIV2)
  find_dependency(exiv2)
endif()

# Debian's target names an OpenCV header folder whether or not it is there; CMake refuses missing ones.
get_target_property(restore_oiio_includes OpenImageIO::OpenImageIO INTERFACE_INCLUDE_DIRECTORIES)
foreach(folder IN LISTS restore_oiio_includes)
  if(folder MATCHES "opencv" AND NOT EXISTS "${folder}")
    list(REMOVE_ITEM restore_oiio_includes "${folder}")
    set_target_properties(OpenImageIO::OpenImageIO PROPERTIES
      INTERFACE_INCLUDE_DIRECTORIES "${restore_oiio_includes}")
  endif()
endforeach()
unset(restore_oiio_includes)

# One imported target for libwebp: Debian's package has no CMake files.
if(NOT TARGET restore_webp)
  find_path(WEBP_INCLUDE_DIR webp/encode.h REQUIRED)
  find_library(WEBP_LIBRARY webp REQUIRED)
  find_library(WEBPMUX_LIBRARY webpmux REQUIRED)
  add_library(restore_webp INTERFACE IMPORTED)
  target_include_directories(restore_webp SYSTEM INTERFACE "${WEBP_INCLUDE_DIR}")
  target_link_libraries(restore_webp INTERFACE "${WEBPMUX_LIBRARY}" "${WEBP_LIBRARY}")
endif()

# One imported target for libtorch, its headers marked as system headers.
if(NOT TARGET restore_torch)
  add_library(restore_torch INTERFACE IMPORTED)
  target_include_directories(restore_torch SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
  target_link_libraries(restore_torch INTERFACE ${TORCH_LIBRARIES})
endif()

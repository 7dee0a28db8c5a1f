# Third-party packages that the libraries link. Read twice: by this build (Dependencies.cmake) and,
# installed, by restoreConfig.cmake, because a program that links static libraries links these too.
include(CMakeFindDependencyMacro)

find_dependency(Torch)
# Debian's Imath config names a Python library that only another package holds and says so at length.
set(CMAKE_MESSAGE_LOG_LEVEL WARNING)
find_dependency(OpenImageIO)
unset(CMAKE_MESSAGE_LOG_LEVEL)
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
list(FILTER restore_oiio_includes EXCLUDE REGEX "opencv")
set_target_properties(OpenImageIO::OpenImageIO PROPERTIES
  INTERFACE_INCLUDE_DIRECTORIES "${restore_oiio_includes}")
unset(restore_oiio_includes)

# One imported target for libtorch, its headers marked as system headers.
if(NOT TARGET restore_torch)
  add_library(restore_torch INTERFACE IMPORTED)
  target_include_directories(restore_torch SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
  target_link_libraries(restore_torch INTERFACE ${TORCH_LIBRARIES})
endif()

# What makes the tools quick: RESTORE_LOAD_ORDER, options for the linker.
#
# A tool that uses libtorch and OpenImageIO loads some 300 shared libraries, and the loader looks for
# each symbol in all of them, breadth first, until it finds it. OpenVDB and GDAL, far down that tree,
# ask for most of the symbols, and nearly all are their own, libstdc++'s or libc's: these four in front
# take 0.06 s to 0.09 s off every start (scripts/bench_startup.sh measures it).
#
# In front of them stands tcmalloc, where it is installed. A network makes and drops large tensors all
# the time; libc gives each one's memory back to the system, which hands it out again page by page,
# cleared: more than a third of the CPU time of a denoising.
set(RESTORE_LOAD_ORDER "")
if(RESTORE_SANITIZE)
  return()  # the sanitizer's own library has to be the first, and its allocator the only one
endif()
get_target_property(restore_oiio OpenImageIO::OpenImageIO LOCATION)
execute_process(COMMAND ldd "${restore_oiio}" OUTPUT_VARIABLE restore_oiio_needs ERROR_QUIET)
find_library(TCMALLOC NAMES tcmalloc_minimal libtcmalloc_minimal.so.4)
set(restore_load_first)
if(TCMALLOC)
  list(APPEND restore_load_first "${TCMALLOC}")
endif()
list(APPEND restore_load_first -lstdc++ -lc)
foreach(library IN ITEMS openvdb gdal)
  if(restore_oiio_needs MATCHES "=> ([^ \n]*/lib${library}\\.so[^ \n]*)")
    list(APPEND restore_load_first "${CMAKE_MATCH_1}")
  endif()
endforeach()
set(RESTORE_LOAD_ORDER "LINKER:--no-as-needed" ${restore_load_first} "LINKER:--as-needed")

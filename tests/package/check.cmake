# cmake -D BUILD=... -D SOURCE=... -D WORK=... [-D SANITIZE=...] -P check.cmake
#   Installs, moves what was installed, and builds and runs the program of this folder against it.
set(prefix "${WORK}/moved prefix")
function(run)
  execute_process(COMMAND ${ARGV} OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(REMOVE_RECURSE "${WORK}")
run("${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${WORK}/prefix")
file(RENAME "${WORK}/prefix" "${prefix}")

# An installed file that names the build or the source tree works here and nowhere else.
file(GLOB_RECURSE texts "${prefix}/*.cmake" "${prefix}/*.h" "${prefix}/*.1")
foreach(text IN LISTS texts)
  file(READ "${text}" content)
  if(content MATCHES "#include <((OpenImageIO|exiv2|webp|Eigen|oneapi|openssl|Random123)/[^>]*)>")
    message(SEND_ERROR "${text} includes ${CMAKE_MATCH_1}, which is no part of the interface")
  endif()
  foreach(tree IN ITEMS "${BUILD}" "${SOURCE}" "${WORK}")
    string(FIND "${content}" "${tree}" position)
    if(NOT position EQUAL -1)
      message(SEND_ERROR "${text} names ${tree}")
    endif()
  endforeach()
endforeach()

file(GLOB tools "${prefix}/bin/restore-*")
foreach(tool IN LISTS tools)
  run("${tool}" --version)
endforeach()
if(NOT tools OR NOT EXISTS "${prefix}/share/restore/samples/clownfish.jpg")
  message(SEND_ERROR "tools or samples are missing in ${prefix}")
endif()

set(flags)
if(SANITIZE)
  set(flags "-DCMAKE_CXX_FLAGS=-fsanitize=${SANITIZE}")  # what was installed needs the sanitizers' libraries
endif()
# Without help2man there are none.
set(page "${prefix}/share/man/man1/restore-batch.1")
if(EXISTS "${page}")
  file(STRINGS "${page}" options REGEX "--items N")
  if(NOT options)
    message(SEND_ERROR "${page} lacks the options of its commands")
  endif()
endif()

run("${CMAKE_COMMAND}" -S "${CMAKE_CURRENT_LIST_DIR}" -B "${WORK}/build"
    "-DCMAKE_PREFIX_PATH=${prefix}" -DCMAKE_BUILD_TYPE=Release ${flags})
run("${CMAKE_COMMAND}" --build "${WORK}/build")
run("${WORK}/build/consumer")

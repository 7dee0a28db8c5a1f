# restore_library(NAME SOURCES ... DEPENDS ... PRIVATE_DEPENDS ...)
#   One static library a folder, exported as restore::NAME. DEPENDS follow the layers of
#   docs/architecture.md; a folder above `core` shares the project's one precompiled header.
# restore_kernels(FILE... [FLAGS ...])
#   Files of inner loops: FLAGS are theirs alone, so that they take no part in the precompiled header.
#     -ffp-contract=off   products and sums are rounded one by one: the same bits on every machine
#     -ffp-contract=fast  one instruction for both where the machine has it
#     -fno-math-errno     a square root is one instruction, and loops over it become vector code
#     -O3                 -O2 vectorises no loop of unknown length
# restore_tool(NAME)
#   tools/NAME.cpp -> the program `NAME`.

include(LoadOrder)

add_library(restore_pch STATIC "${PROJECT_SOURCE_DIR}/cmake/pch.cpp")
target_precompile_headers(restore_pch PRIVATE "${PROJECT_SOURCE_DIR}/cmake/pch.h")
target_link_libraries(restore_pch PRIVATE restore_flags restore_torch)

function(restore_use_pch target)
  target_precompile_headers(${target} REUSE_FROM restore_pch)
endfunction()

function(restore_library name)
  cmake_parse_arguments(ARG "NO_TORCH" "" "SOURCES;DEPENDS;PRIVATE_DEPENDS" ${ARGN})
  add_library(restore_${name} STATIC ${ARG_SOURCES})
  add_library(restore::${name} ALIAS restore_${name})
  set_target_properties(restore_${name} PROPERTIES EXPORT_NAME ${name})
  target_compile_features(restore_${name} PUBLIC cxx_std_20)
  target_include_directories(restore_${name} PUBLIC
    "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>"
    "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/restore>")
  target_link_libraries(restore_${name}
    PUBLIC ${ARG_DEPENDS}
    PRIVATE $<BUILD_INTERFACE:restore_flags> ${ARG_PRIVATE_DEPENDS})
  if(NOT ARG_NO_TORCH)
    target_link_libraries(restore_${name} PUBLIC restore_torch)
    restore_use_pch(restore_${name})
  endif()
  set_property(GLOBAL APPEND PROPERTY RESTORE_LIBRARIES restore_${name})
endfunction()

function(restore_kernels)
  cmake_parse_arguments(ARG "" "" "FLAGS" ${ARGN})
  set_source_files_properties(${ARG_UNPARSED_ARGUMENTS} PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
  if(ARG_FLAGS)
    set_source_files_properties(${ARG_UNPARSED_ARGUMENTS} PROPERTIES COMPILE_OPTIONS "${ARG_FLAGS}")
  endif()
endfunction()

function(restore_tool name)
  add_executable(${name} ${name}.cpp)
  target_link_libraries(${name} PRIVATE restore_flags restore_tools_command_line)
  target_link_options(${name} PRIVATE ${RESTORE_LOAD_ORDER})
  restore_use_pch(${name})
  install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  set_property(GLOBAL APPEND PROPERTY RESTORE_TOOLS ${name})
endfunction()

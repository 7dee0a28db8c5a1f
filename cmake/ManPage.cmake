# cmake -D HELP2MAN=... -D TOOL=... -D OUTPUT=... -P ManPage.cmake
#   A man page out of what the tool says of itself, so that the two cannot differ.
execute_process(COMMAND "${TOOL}" --help OUTPUT_VARIABLE help COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCH "^[^\n]*" purpose "${help}")
string(REGEX REPLACE "\\.$" "" purpose "${purpose}")

# The options of each command, as they stand in its own help.
set(include "")
if(help MATCHES "\nSubcommands:\n(([^\n]+\n)+)")
  string(REGEX MATCHALL "(^|\n)  [a-z]+" names "${CMAKE_MATCH_1}")
  set(commands "[COMMANDS]\n")
  foreach(name IN LISTS names)
    string(STRIP "${name}" name)
    execute_process(COMMAND "${TOOL}" ${name} --help OUTPUT_VARIABLE text COMMAND_ERROR_IS_FATAL ANY)
    string(REGEX REPLACE "\nExample:.*" "" text "${text}")
    string(APPEND commands ".SS ${name}\n.nf\n${text}\n.fi\n")
  endforeach()
  file(WRITE "${OUTPUT}.commands" "${commands}")
  set(include --include=${OUTPUT}.commands)
endif()

execute_process(
  COMMAND "${HELP2MAN}" --no-info --name=${purpose} ${include} --output=${OUTPUT} "${TOOL}"
  COMMAND_ERROR_IS_FATAL ANY)
# Each call of an example on a line of its own.
file(READ "${OUTPUT}" page)
string(REGEX REPLACE "\n(restore[^\n]*)\nrestore" "\n\\1\n.br\nrestore" page "${page}")
file(WRITE "${OUTPUT}" "${page}")

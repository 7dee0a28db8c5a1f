# cmake -D HELP2MAN=... -D TOOL=... -D OUTPUT=... -P ManPage.cmake
#   A man page out of what the tool says of itself, so that the two cannot differ.
execute_process(COMMAND "${TOOL}" --help OUTPUT_VARIABLE help COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCH "^[^\n]*" purpose "${help}")
string(REGEX REPLACE "\\.$" "" purpose "${purpose}")
execute_process(
  COMMAND "${HELP2MAN}" --no-info --name=${purpose} --output=${OUTPUT} "${TOOL}"
  COMMAND_ERROR_IS_FATAL ANY)

# portledger_resources(<target> DESCRIPTION <text>): the version and the
# manifest of a Windows program. Does nothing elsewhere.
function(portledger_resources target)
  cmake_parse_arguments(PARSE_ARGV 1 resource "" "DESCRIPTION" "")
  if(NOT WIN32)
    return()
  endif()
  set(resource_name ${target})
  set(resource_description ${resource_DESCRIPTION})
  set(resource_manifest_name ${target}.manifest)
  set(folder ${PROJECT_BINARY_DIR}/resources)
  configure_file(${PROJECT_SOURCE_DIR}/cmake/portledger.manifest.in ${folder}/${target}.manifest @ONLY)
  configure_file(${PROJECT_SOURCE_DIR}/cmake/version.rc.in ${folder}/${target}.rc @ONLY)
  target_sources(${target} PRIVATE ${folder}/${target}.rc)
  set_source_files_properties(${folder}/${target}.rc PROPERTIES
    OBJECT_DEPENDS ${folder}/${target}.manifest
    INCLUDE_DIRECTORIES ${folder})
  if(MSVC)
    # Ours is the only manifest.
    target_link_options(${target} PRIVATE /MANIFEST:NO)
  endif()
endfunction()

# portledger_messages(<target>): a library of nothing but the texts of all
# events, for the Windows event log. Nothing runs in it.
function(portledger_messages target)
  find_program(PORTLEDGER_MESSAGE_COMPILER NAMES x86_64-w64-mingw32-windmc windmc mc)
  mark_as_advanced(PORTLEDGER_MESSAGE_COMPILER)
  if(NOT PORTLEDGER_MESSAGE_COMPILER)
    message(FATAL_ERROR "there is no message compiler: windmc (binutils) or mc (Windows SDK)")
  endif()
  set(folder ${PROJECT_BINARY_DIR}/messages)
  file(MAKE_DIRECTORY ${folder})
  add_custom_command(OUTPUT ${folder}/${target}.rc ${folder}/MSG00409.bin
    COMMAND ${CMAKE_COMMAND} -D SERVICE=${PROJECT_SOURCE_DIR}/service -D OUT=${folder}/${target}.mc
      -P ${PROJECT_SOURCE_DIR}/cmake/event_messages.cmake
    COMMAND ${PORTLEDGER_MESSAGE_COMPILER} -U ${target}.mc
    DEPENDS ${PROJECT_SOURCE_DIR}/service/events.c ${PROJECT_SOURCE_DIR}/service/events.h
      ${PROJECT_SOURCE_DIR}/cmake/event_messages.cmake
    WORKING_DIRECTORY ${folder})
  add_library(${target} MODULE ${folder}/${target}.rc)
  set_source_files_properties(${folder}/${target}.rc PROPERTIES
    OBJECT_DEPENDS ${folder}/MSG00409.bin INCLUDE_DIRECTORIES ${folder})
  set_target_properties(${target} PROPERTIES
    PREFIX "" LINKER_LANGUAGE C LIBRARY_OUTPUT_DIRECTORY ${PORTLEDGER_BIN})
  if(MSVC)
    target_link_options(${target} PRIVATE /NOENTRY /DYNAMICBASE /NXCOMPAT /Brepro)
  else()
    target_link_options(${target} PRIVATE -nostdlib -nostartfiles
      LINKER:--entry=0,--dynamicbase,--nxcompat,--high-entropy-va,--no-insert-timestamp,--strip-all)
  endif()
endfunction()

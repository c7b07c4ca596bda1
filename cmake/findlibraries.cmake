# The libraries of others, under one name each, wherever they come from: the
# distribution's packages, the sysroot of tools/sysroot, or vcpkg.
#
#   SQLite::SQLite3   the ledger
#   yaml::yaml        the settings
#   OpenSSL::Crypto   SHA-256, on Linux; Windows has CNG
#   OpenSSL::SSL      TLS of probes, on Linux; Windows has SChannel
#   check::check      the unit tests, where PORTLEDGER_TESTS is on

find_package(Threads REQUIRED)
find_package(SQLite3 3.40 REQUIRED)
if(NOT WIN32)
  find_package(OpenSSL 3.0 REQUIRED COMPONENTS Crypto SSL)
endif()

# portledger_find_library(<target> <header> <names...>)
function(portledger_find_library target header)
  string(REGEX REPLACE "::.*" "" name ${target})
  find_path(${name}_INCLUDE_DIR ${header})
  find_library(${name}_LIBRARY NAMES ${ARGN})
  mark_as_advanced(${name}_INCLUDE_DIR ${name}_LIBRARY)
  if(NOT ${name}_INCLUDE_DIR OR NOT ${name}_LIBRARY)
    message(FATAL_ERROR "${name} is missing (${header}): 'sh tools/setup' installs it on Debian, vcpkg.json on Windows")
  endif()
  add_library(${target} UNKNOWN IMPORTED)
  set_target_properties(${target} PROPERTIES
    IMPORTED_LOCATION ${${name}_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${${name}_INCLUDE_DIR})
endfunction()

portledger_find_library(yaml::yaml yaml.h yaml)
if(WIN32)
  target_compile_definitions(yaml::yaml INTERFACE YAML_DECLARE_STATIC)
endif()

if(PORTLEDGER_TESTS)
  portledger_find_library(check::check check.h check)
  if(MINGW)
    target_link_libraries(check::check INTERFACE pthread)
  elseif(NOT WIN32)
    # A static Check does not say what it was built with.
    find_library(subunit_LIBRARY NAMES subunit)
    mark_as_advanced(subunit_LIBRARY)
    if(subunit_LIBRARY)
      target_link_libraries(check::check INTERFACE ${subunit_LIBRARY})
    endif()
    target_link_libraries(check::check INTERFACE Threads::Threads rt m)
  endif()
endif()

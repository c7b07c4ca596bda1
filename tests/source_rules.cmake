# House rules that no compiler checks. Run by ctest; needs CMake only.
#
#   cmake -D ROOT=<folder of the sources> -P source_rules.cmake

set(folders base collector probes store service reportcli installer tests)
set(system_macros "_WIN32|_WIN64|__linux__|__unix__|_MSC_VER|__GNUC__|__clang__|__MINGW32__|__MINGW64__")
set(banned_calls "strcpy|strcat|strncpy|strncat|sprintf|vsprintf|gets|atoi|atol|strtok|sqlite3_mprintf|sqlite3_snprintf|sqlite3_get_table|MultiByteToWideChar|WideCharToMultiByte|LoadLibraryA|LoadLibraryW|LoadLibrary")
set(errors "")

macro(broken source rule)
  list(APPEND errors "${source}: ${rule}")
endmacro()

set(sources "")
foreach(folder IN LISTS folders)
  file(GLOB_RECURSE found RELATIVE ${ROOT} ${ROOT}/${folder}/*.c ${ROOT}/${folder}/*.h)
  list(APPEND sources ${found})
endforeach()

foreach(source IN LISTS sources)
  file(STRINGS ${ROOT}/${source} first LIMIT_COUNT 1)
  if(NOT first STREQUAL "/* SPDX-License-Identifier: MIT */")
    broken(${source} "line 1 is not the licence identifier")
  endif()

  if(NOT source MATCHES "_(win32|linux)\\.[ch]$" AND NOT source STREQUAL "base/compiler.h")
    file(STRINGS ${ROOT}/${source} found
      REGEX "^[ \t]*#[ \t]*(if|ifdef|ifndef|elif)([^a-z].*)?(${system_macros})")
    if(found)
      broken(${source} "asks for the system or the compiler; move it to a _win32.c or _linux.c file")
    endif()
  endif()

  if(NOT source MATCHES "^base/utf16_win32\\.c$")
    file(STRINGS ${ROOT}/${source} found REGEX "(^|[^a-zA-Z0-9_])(${banned_calls})\\(")
    if(found)
      broken(${source} "banned call: ${found}")
    endif()
  endif()

  file(STRINGS ${ROOT}/${source} found REGEX "(^|[;{}])[ \t]*//")
  if(found)
    broken(${source} "comments are /* */ here")
  endif()

  # SQL belongs to store/, and to the tests, which look behind its back.
  if(source MATCHES "^(base|collector|probes|service|reportcli)/")
    file(STRINGS ${ROOT}/${source} found REGEX "sqlite3_")
    if(found)
      broken(${source} "SQLite is used in store/ only")
    endif()
  endif()
endforeach()

# A test that nobody runs is none: <files> are named after what <list> calls with <function>.
macro(must_be_listed folder prefix suffix list function)
  file(GLOB tests RELATIVE ${ROOT}/${folder} ${ROOT}/${folder}/${prefix}*${suffix})
  file(READ ${ROOT}/${list} listed)
  foreach(test IN LISTS tests)
    string(REGEX REPLACE "^${prefix}(.*)[.][a-z]+$" "\\1" name ${test})
    # fuzz_protocol.c has a function of its own: portledger_fuzz_protocol().
    if(NOT listed MATCHES "${function}(\\(${name}[ )\n]|_${name}\\()")
      broken(${folder}/${test} "is not listed in ${list}")
    endif()
  endforeach()
endmacro()

must_be_listed(tests/unit check_ .c tests/CMakeLists.txt portledger_test)
must_be_listed(tests/system test_ .py tests/system/CMakeLists.txt portledger_system_test)
must_be_listed(tests/fuzz fuzz_ .c tests/fuzz/CMakeLists.txt portledger_fuzz)

foreach(error IN LISTS errors)
  message(STATUS "${error}")
endforeach()
if(NOT sources)
  message(FATAL_ERROR "there are no sources in ${ROOT}")
endif()
if(errors)
  message(FATAL_ERROR "source rules broken")
endif()

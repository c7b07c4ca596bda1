# The texts of all events as a message file for windmc or mc, from the one table
# in service/events.c.
#
#   cmake -D SERVICE=<folder of events.c> -D OUT=<file.mc> -P event_messages.cmake

file(READ ${SERVICE}/events.h header)
file(READ ${SERVICE}/events.c source)

# What CMake's lists and our expressions must not see.
string(REPLACE ";" "@SEMICOLON@" source "${source}")
string(REPLACE "\\\"" "@QUOTE@" source "${source}")
string(REPLACE "[" "@OPEN@" source "${source}")
string(REPLACE "]" "@CLOSE@" source "${source}")

# Literals that the compiler would join.
string(REGEX REPLACE "\"[ \r\n]+\"" "" source "${source}")

function(add_message text id name)
  string(REPLACE "@SEMICOLON@" ";" text "${text}")
  string(REPLACE "@QUOTE@" "\"" text "${text}")
  string(REPLACE "@OPEN@" "[" text "${text}")
  string(REPLACE "@CLOSE@" "]" text "${text}")
  set(number 1)
  while(text MATCHES "%s")
    string(FIND "${text}" "%s" at)
    string(SUBSTRING "${text}" 0 ${at} before)
    math(EXPR at "${at} + 2")
    string(SUBSTRING "${text}" ${at} -1 after)
    set(text "${before}%${number}${after}")
    math(EXPR number "${number} + 1")
  endwhile()
  file(APPEND ${OUT}
    "MessageId=${id}\nSymbolicName=${name}\nLanguage=English\n${text}\n.\n\n")
endfunction()

file(WRITE ${OUT} "MessageIdTypedef=DWORD\nLanguageNames=(English=0x409:MSG00409)\n\n")

# Categories are numbered from 1.
string(REGEX MATCH "event_categories@OPEN@[^{]*{([^}]*)}" found "${source}")
string(REGEX MATCHALL "\"[^\"]+\"" categories "${CMAKE_MATCH_1}")
set(number 1)
foreach(category IN LISTS categories)
  string(REPLACE "\"" "" category "${category}")
  add_message("${category}" ${number} "CATEGORY_${number}")
  math(EXPR number "${number} + 1")
endforeach()

set(row "{(EVENT_[A-Z_]+),[ \r\n]*EVENT_[A-Z]+,[ \r\n]*\"[a-z_]+\",[ \r\n]*\"([^\"]+)\"")
string(REGEX MATCHALL "${row}" rows "${source}")
string(REGEX MATCHALL "EVENT_[A-Z_]+ = [0-9]+" ids "${header}")
list(LENGTH rows row_count)
set(id_count 0)
foreach(id IN LISTS ids)
  if(id MATCHES " = [1-9][0-9][0-9]$")
    math(EXPR id_count "${id_count} + 1")
  endif()
endforeach()
if(NOT row_count EQUAL id_count OR row_count EQUAL 0)
  message(FATAL_ERROR "${row_count} of ${id_count} events found in ${SERVICE}/events.c")
endif()
foreach(found IN LISTS rows)
  string(REGEX MATCH "${row}" found "${found}")
  set(name ${CMAKE_MATCH_1})
  set(text "${CMAKE_MATCH_2}")
  string(REGEX MATCH "${name} = ([0-9]+)" found "${header}")
  add_message("${text}" ${CMAKE_MATCH_1} ${name})
endforeach()

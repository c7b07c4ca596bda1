# pl_options: what every target of ours is compiled with.

set(PORTLEDGER_SANITIZE "" CACHE STRING "Sanitizers, as in address,undefined")

add_library(pl_options INTERFACE)
target_compile_features(pl_options INTERFACE c_std_17)
target_include_directories(pl_options INTERFACE ${PROJECT_SOURCE_DIR})

# Windows: 10 version 1607, which is also Server 2016.
target_compile_definitions(pl_options INTERFACE
  $<$<PLATFORM_ID:Windows>:UNICODE _UNICODE WIN32_LEAN_AND_MEAN _WIN32_WINNT=0x0A00
    NTDDI_VERSION=0x0A000002>
  $<$<PLATFORM_ID:Linux>:_GNU_SOURCE>)

if(MSVC)
  target_compile_options(pl_options INTERFACE /W4 /utf-8 /permissive-
    /wd4204 # an aggregate is initialised with a value that is not constant
    /wd4221 # the same with an address
    /experimental:c11atomics
    /experimental:deterministic)
  target_compile_definitions(pl_options INTERFACE _CRT_SECURE_NO_WARNINGS)
else()
  # The prefix maps keep this machine's folders out of the programs.
  target_compile_options(pl_options INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wconversion
    -Wvla -Wundef
    -Wno-overlength-strings # a schema step is one text
    -ffile-prefix-map=${PROJECT_SOURCE_DIR}/=
    -ffile-prefix-map=${PROJECT_BINARY_DIR}/=build/)
endif()

if(PORTLEDGER_SANITIZE)
  target_compile_options(pl_options INTERFACE
    -fsanitize=${PORTLEDGER_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(pl_options INTERFACE -fsanitize=${PORTLEDGER_SANITIZE})
endif()

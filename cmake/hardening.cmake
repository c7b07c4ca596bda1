# pl_hardening: what makes a bug in our programs harder to use. pl_options
# brings it to every target.

include(CheckPIESupported)
check_pie_supported(LANGUAGES C)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

add_library(pl_hardening INTERFACE)
target_link_libraries(pl_options INTERFACE pl_hardening)

if(MSVC)
  target_compile_options(pl_hardening INTERFACE /guard:cf /GS /sdl)
  target_link_options(pl_hardening INTERFACE
    /guard:cf /CETCOMPAT /DYNAMICBASE /HIGHENTROPYVA /NXCOMPAT /DEPENDENTLOADFLAG:0x800 /Brepro)
elseif(WIN32)
  # The stack protector must be named at the link too: it brings in libssp. Sections for each
  # function and variable make the program larger here: each function begins at a multiple of 16
  # bytes, and a variable that begins as zeros stands in the file.
  target_compile_options(pl_hardening INTERFACE -fstack-protector-strong)
  target_compile_definitions(pl_hardening INTERFACE $<$<NOT:$<CONFIG:Debug>>:_FORTIFY_SOURCE=2>)
  target_link_options(pl_hardening INTERFACE
    -static -fstack-protector-strong
    LINKER:--dynamicbase,--nxcompat,--high-entropy-va
    LINKER:--major-subsystem-version,10,--minor-subsystem-version,0
    LINKER:--major-os-version,10,--minor-os-version,0
    LINKER:--no-insert-timestamp
    LINKER:--gc-sections
    $<$<NOT:$<CONFIG:Debug>>:LINKER:--strip-all>)
else()
  target_compile_options(pl_hardening INTERFACE
    -fstack-protector-strong -fstack-clash-protection -fcf-protection
    -ffunction-sections -fdata-sections)
  target_link_options(pl_hardening INTERFACE
    LINKER:-z,relro,-z,now,-z,noexecstack
    LINKER:--gc-sections
    $<$<CONFIG:Release>:LINKER:--strip-all>)
  # Of no use without optimisation, and in the way of the sanitizers.
  if(NOT PORTLEDGER_SANITIZE)
    target_compile_definitions(pl_hardening INTERFACE
      $<$<NOT:$<CONFIG:Debug>>:_FORTIFY_SOURCE=2>)
  endif()
endif()

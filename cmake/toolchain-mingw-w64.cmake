# Windows programs on a Linux machine: MinGW-w64, x86_64, win32 threads.
#
# The compiler is named in full, so that no "alternative" of the machine can
# change what is built. Libraries come from the sysroot that tools/sysroot makes
# and from nowhere else.
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR x86_64)

set(CMAKE_C_COMPILER x86_64-w64-mingw32-gcc-win32)
set(CMAKE_RC_COMPILER x86_64-w64-mingw32-windres)

get_filename_component(pl_toolchain_root "${CMAKE_CURRENT_LIST_DIR}/.." ABSOLUTE)
set(CMAKE_FIND_ROOT_PATH "${pl_toolchain_root}/build/sysroot/windows-x64")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)

# pkg-config would answer for the machine that builds.
set(CMAKE_DISABLE_FIND_PACKAGE_PkgConfig ON)

# SPDX-License-Identifier: MIT
"""What is in the exe files: imports, hardening, size; and that planted DLLs are not loaded."""

import re
import subprocess

import pytest

from machines import wait_until

PROGRAMS = ["portledger.exe", "portledgerd.exe"]

# Loaded from System32 whatever lies beside the program.
KNOWN_DLLS = {
    "kernel32.dll", "advapi32.dll", "ws2_32.dll", "shell32.dll", "ole32.dll", "rpcrt4.dll",
    "user32.dll", "msvcrt.dll",
}

# IMAGE_DLLCHARACTERISTICS_* of the PE optional header.
HARDENING = ["HIGH_ENTROPY_VA", "DYNAMIC_BASE", "NX_COMPAT"]


def headers(path):
    return subprocess.run(
        ["x86_64-w64-mingw32-objdump", "-p", path], capture_output=True, text=True, check=True
    ).stdout


@pytest.mark.parametrize("name", PROGRAMS)
def test_only_known_dlls_are_imported(programs, name):
    imported = {dll.lower() for dll in re.findall(r"DLL Name: (\S+)", headers(programs / name))}
    assert imported and imported <= KNOWN_DLLS


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_linker_switched_hardening_on(programs, name):
    text = headers(programs / name)
    for flag in HARDENING:
        assert flag in text
    assert re.search(r"MajorSubsystemVersion\s+10\b", text)


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_program_is_small_and_stripped(programs, name):
    assert (programs / name).stat().st_size < 2_000_000
    symbols = subprocess.run(
        ["x86_64-w64-mingw32-objdump", "-t", programs / name], capture_output=True, text=True,
        check=True,
    ).stdout
    assert "no symbols" in symbols


def wide(text):
    return text.encode("utf-16-le")


@pytest.mark.parametrize("name", PROGRAMS)
def test_version_and_manifest_are_in_the_program(programs, name):
    content = (programs / name).read_bytes()
    for text in ("VS_VERSION_INFO", "FileDescription", "OriginalFilename", name):
        assert wide(text) in content
    assert b"activeCodePage" in content and b"longPathAware" in content
    assert b"asInvoker" in content


@pytest.mark.parametrize("name", PROGRAMS)
def test_no_import_is_missing_from_the_system(machine, programs, name):
    """An import that Wine lacks loads, and kills the program when it is called."""
    windows = machine.drive / "windows" / "system32"
    text = headers(programs / name)
    blocks = re.split(r"DLL Name: ", text)[1:]
    assert blocks
    checked = 0
    for block in blocks:
        dll, rest = block.split("\n", 1)
        names = set(re.findall(r"^\s+[0-9a-f]+\s+\d+\s+([A-Za-z_]\w*)", rest, re.M))
        exports = subprocess.run(
            ["x86_64-w64-mingw32-objdump", "-p", windows / dll.lower()], capture_output=True,
            text=True, check=True,
        ).stdout
        exported = set(re.findall(r"^\s+\[\s*\d+\].*?\s([A-Za-z_]\w*)\s*$", exports, re.M))
        assert names <= exported, (dll, names - exported)
        checked += len(names)
    assert checked > 50


def compile_for_windows(*arguments):
    subprocess.run(["x86_64-w64-mingw32-gcc-win32", *arguments], check=True)


PLANTED = ("iphlpapi", "version", "bcrypt")


def prefer_planted(machine):
    """Wine takes its own DLL where it has one; Windows takes what lies beside the program."""
    for name in PLANTED:
        key = "HKCU\\Software\\Wine\\DllOverrides"
        words = ["reg", "add", key, "/v", name, "/d", "native,builtin", "/f"]
        process = machine.spawn(words, machine.folder / "reg.out", machine.folder / "reg.err")
        assert process.wait(30) == 0


def test_planted_dlls_are_not_loaded(machine):
    """A planted DLL leaves a mark when it is loaded."""
    prefer_planted(machine)
    marks = machine.folder / "marks"
    marks.mkdir()
    for name in PLANTED:
        planted = machine.install_folder / f"{name}.dll"
        source = machine.folder / f"{name}.c"
        source.write_text(
            "#include <windows.h>\n"
            "BOOL WINAPI DllMain(HINSTANCE module, DWORD why, LPVOID more)\n"
            "{ (void)module; (void)more; if (why == DLL_PROCESS_ATTACH) {\n"
            f'    CloseHandle(CreateFileA("Z:{marks}/{name}", GENERIC_WRITE, 0, NULL,\n'
            "        CREATE_ALWAYS, 0, NULL));\n"
            "} return TRUE; }\n"
        )
        compile_for_windows("-shared", "-o", planted, source)

    machine.cli("local")
    machine.install()
    machine.start()
    machine.wait_for_sample()
    machine.stop()
    machine.verb("uninstall")
    assert sorted(path.name for path in marks.iterdir()) == []

    # And the trap would have snapped: a program that asks for one by its plain name gets it.
    loader = machine.folder / "loader.c"
    loader.write_text(
        '#include <windows.h>\nint main(void) { return LoadLibraryA("version.dll") == NULL; }\n'
    )
    compile_for_windows("-o", machine.install_folder / "loader.exe", loader)
    result = machine.run("loader")
    assert result.status == 0, result
    wait_until((marks / "version").exists, "the mark of the planted DLL")


def test_nothing_runs_in_the_message_library(programs):
    text = headers(programs / "portledger_events.dll")
    assert "DLL Name:" not in text
    assert re.search(r"AddressOfEntryPoint\s+0+\b", text)
    assert "Entry 2 " in text and ".rsrc" in text
    for flag in ("DYNAMIC_BASE", "NX_COMPAT"):
        assert flag in text

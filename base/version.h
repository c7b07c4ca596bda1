/* SPDX-License-Identifier: MIT */
#pragma once

/* The version of this build, as in CMakeLists.txt: "0.1.0". */
extern const char portledger_version[];

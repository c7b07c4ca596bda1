/* SPDX-License-Identifier: MIT */
#pragma once

#include "service/event_sink.h"

/*
 * The journal behind the socket at `path`, which takes entries with fields
 * (systemd's native protocol: "NAME=value" lines, or with the length before a
 * value that has lines of its own). NULL where memory ran out, or there is no
 * such socket.
 */
struct event_log *event_log_open_at(const char *path);

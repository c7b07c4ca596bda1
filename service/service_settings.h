/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/settings.h"

/* The settings of the service itself: service.no_dynamic_code and its like. */
extern const struct setting_table service_settings;

// SPDX-License-Identifier: GPL-2.0
/* Errors as sentences. */
#include <stdarg.h>
#include <stdio.h>

#include "datapath.h"

int dp_fail(struct dp_err *err, int code, const char *fmt, ...)
{
	va_list args;

	if (!err)
		return -code;
	err->code = code;
	va_start(args, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);
	return -code;
}

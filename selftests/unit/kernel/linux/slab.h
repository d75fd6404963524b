/* SPDX-License-Identifier: GPL-2.0 */
/* For files of kmod/ that are compiled as they are: see kmodshim.h. */
#include "kmodshim.h"

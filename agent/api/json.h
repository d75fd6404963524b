/* SPDX-License-Identifier: GPL-2.0 */
/* How values are put into JSON; private to api/. */
#ifndef API_JSON_H
#define API_JSON_H

#include <jansson.h>
#include <stdint.h>
#include <time.h>

#include "base/addr.h"

/* a text of a stranger: valid UTF-8, nothing that a terminal obeys */
void api_set_text(json_t *o, const char *key, const char *text);
void api_set_int(json_t *o, const char *key, uint64_t value);
/* nothing if there is no address, or no time */
void api_set_addr(json_t *o, const char *key, const struct dp_addr *addr);
void api_set_time(json_t *o, const char *key, const struct timespec *t);

#endif /* API_JSON_H */

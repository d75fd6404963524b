/* SPDX-License-Identifier: GPL-2.0 */
/* What the program prints, as text for people and as JSON. */
#ifndef CLI_OUT_H
#define CLI_OUT_H

#include <jansson.h>

#include "cli.h"

/*
 * Members of a JSON object; those with "some" leave out what is absent (an
 * address without family).  A cookie above 2^53, which not every reader of JSON
 * holds exactly, is a string of its decimal digits.
 */
void out_uint(json_t *object, const char *key, uint64_t value);
void out_str(json_t *object, const char *key, const char *value);
void out_some_addr(json_t *object, const char *key, const struct dp_addr *addr);
void out_cookie(json_t *object, uint64_t cookie);
void out_drops(json_t *object, const uint64_t *drops);
void out_dscp(json_t *object, uint8_t mode, uint8_t value, const uint8_t *map);
void out_rtcp(json_t *object, const struct dp_rtcp *rtcp);

/* one line of JSON on stdout; takes the reference */
void out_json(json_t *value);

/* pieces of text on stdout, each with a blank before it */
void out_text_drops(const char *indent, const uint64_t *drops);
void out_text_dscp(uint8_t mode, uint8_t value, const uint8_t *map);
void out_text_rtcp(const struct dp_rtcp *rtcp);

/* a leg whole */
json_t *out_leg(const struct dp_leg_info *leg);
void out_text_leg(const struct dp_leg_info *leg);

/* name of a device, or "if7" where it is gone; buf holds IF_NAMESIZE */
const char *out_dev(uint32_t ifindex, char *buf);

#endif /* CLI_OUT_H */

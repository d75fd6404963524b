// SPDX-License-Identifier: GPL-2.0
#include "base/siphash.h"
#include "private.h"

/* against accidents, not against people: who can write the file can do worse */
static uint64_t sum_of(uint8_t version, struct span key, struct span value)
{
	static const uint64_t fixed[2] = { 0x7274706c616e6521, 0x73746f7265207631 };
	struct siphash h;

	siphash_begin(&h, fixed);
	siphash_add(&h, &version, 1);
	siphash_span(&h, key);
	siphash_span(&h, value);
	return siphash_end(&h);
}

void store_record_write(char *to, uint8_t version, struct span key,
			struct span value)
{
	uint64_t sum = sum_of(version, key, value);

	memcpy(to, &sum, sizeof(sum));
	to[sizeof(sum)] = (char)version;
	if (value.n)
		memcpy(to + STORE_HEAD, value.p, value.n);
}

bool store_record_read(const MDB_val *key, const MDB_val *data, uint8_t *version,
		       struct span *value)
{
	const char *p = data->mv_data;
	uint64_t sum;

	if (data->mv_size < STORE_HEAD || !key->mv_size)
		return false;
	memcpy(&sum, p, sizeof(sum));
	*version = (uint8_t)p[sizeof(sum)];
	*value = (struct span){ p + STORE_HEAD, data->mv_size - STORE_HEAD };
	return sum == sum_of(*version, (struct span){ key->mv_data, key->mv_size },
			     *value);
}

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The agent's log: one line an event on stderr, which systemd hands to the
 * journal.  Nobody waits for it: a line that cannot be written at once is dropped and
 * counted, and the next one that can says how many are missing.  A line about a call names the call first and the leg (the realm it
 * belongs to) second, so that `grep call=ID` tells the story of one call.
 */
#ifndef AGENT_LOG_H
#define AGENT_LOG_H

#include <stdbool.h>
#include <stdint.h>

/**
 * enum log_level - how much a line matters, most first
 * @LOG_LEVEL_ERROR: something the operator must look at
 * @LOG_LEVEL_WARNING: something went wrong and was dealt with
 * @LOG_LEVEL_INFO: what the agent does: calls, legs, latches
 * @LOG_LEVEL_DEBUG: everything
 */
enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG
};

/**
 * log_set_level() - from now on lines above this level are not written
 * @level: the last level that is
 */
void log_set_level(enum log_level level);

/**
 * log_level_on() - would a line of this level be written?
 * @level: the level
 *
 * Return: true if it would; for those who must work to make the text.
 */
bool log_level_on(enum log_level level);

/**
 * log_line() - write a line
 * @level: how much it matters
 * @fmt: the sentence, without a line end
 *
 * Control characters in what is printed appear as \xNN: no text of a stranger
 * can forge a line.
 */
void log_line(enum log_level level, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * log_call() - write a line about a call
 * @level: how much it matters
 * @call: the call's id
 * @leg: the leg's name, or NULL
 * @fmt: the sentence
 */
void log_call(enum log_level level, uint64_t call, const char *leg,
	      const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/**
 * log_dropped() - lines that could not be written
 *
 * Return: how many, since the start.
 */
uint64_t log_dropped(void);

#define log_error(...)		log_line(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...)	log_line(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...)		log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)		log_line(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif /* AGENT_LOG_H */

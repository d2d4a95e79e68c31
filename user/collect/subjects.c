// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>

#include "collect/collect.h"

char *collect_subjects(char *buf, size_t size, unsigned int subjects)
{
	static const struct {
		unsigned int subject;
		const char *name;
	} names[] = {
		{ SUBJECT_PAGES, "pages" },       { SUBJECT_RSS, "rss" },
		{ SUBJECT_STATES, "states" },     { SUBJECT_SIGNALS, "signals" },
		{ SUBJECT_LOCKS, "locks" },       { SUBJECT_MESSAGES, "messages" },
		{ SUBJECT_CALLS, "calls" },       { SUBJECT_DATA, "data" },
		{ SUBJECT_FRAMES, "frames" },     { SUBJECT_CARDS, "cards" },
		{ SUBJECT_KTHREADS, "kthreads" },
	};
	size_t used = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && used < size; i++)
		if (subjects & names[i].subject)
			used += (size_t)snprintf(buf + used, size - used, "%s%s", used ? ", " : "",
						 names[i].name);
	return buf;
}

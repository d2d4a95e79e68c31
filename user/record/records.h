/* SPDX-License-Identifier: GPL-2.0 */
/* The records of event.h, a row for each type. */
#ifndef RECORDS_H
#define RECORDS_H

#include <stdbool.h>
#include <stddef.h>

struct record_type {
	const char *word; /* in table loss */
	size_t size;      /* a shorter one cannot be read */
	bool ordered;     /* its place in time among others matters */
	const char *
		table; /* each is a row of it, and nothing else is made of it; NULL: more than that */
};

/* TYPE is one of enum fl_event_type; NULL: there is none of that number. */
const struct record_type *records_type(unsigned int type);

/* Its word, or "unknown". */
const char *records_word(unsigned int type);

#endif

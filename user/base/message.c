// SPDX-License-Identifier: GPL-2.0
#include "base/message.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

#define NAME_MAX_LENGTH 64

size_t message_format(char *buf, size_t size, const char *text)
{
	static const char prefix[] = "faultline: ";
	size_t length = sizeof(prefix) - 1;

	memcpy(buf, prefix, length);
	text_escape(buf + length, size - length - 1, text, 0);
	length = strlen(buf);
	buf[length++] = '\n';
	buf[length] = '\0';
	return length;
}

void message(const char *format, ...)
{
	char text[4096], line[sizeof(text) * 4 + 32];
	va_list ap;
	ssize_t written;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	written = write(STDERR_FILENO, line, message_format(line, sizeof(line), text));
	/* Nobody is left to tell where stderr itself is gone. */
	(void)written;
}

/* Optimal string alignment: each step is one slip of the finger. */
static size_t distance(const char *a, const char *b)
{
	size_t rows[3][NAME_MAX_LENGTH + 1];
	size_t *before = rows[0], *last = rows[1], *row = rows[2], *spare;
	size_t m = strlen(a), n = strlen(b);

	for (size_t j = 0; j <= n; j++)
		last[j] = j;
	for (size_t i = 1; i <= m; i++) {
		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			size_t best = last[j - 1] + (a[i - 1] != b[j - 1]);

			if (last[j] + 1 < best)
				best = last[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    before[j - 2] + 1 < best)
				best = before[j - 2] + 1;
			row[j] = best;
		}
		spare = before;
		before = last;
		last = row;
		row = spare;
	}
	return last[n];
}

const char *message_nearest(const char *name, const char *const *names)
{
	size_t length = strlen(name), least = length / 3 + 1, d;
	const char *nearest = NULL;

	if (!length || length > NAME_MAX_LENGTH)
		return NULL;
	for (; *names; names++) {
		if (strlen(*names) > NAME_MAX_LENGTH)
			continue;
		d = distance(name, *names);
		/* The beginning of a name is a guess as well: "demand" for "demand-anon". */
		if (length >= 3 && !strncmp(name, *names, length) && d > 1)
			d = 1;
		if (d < least || (d == least && !nearest)) {
			least = d;
			nearest = *names;
		}
	}
	return nearest;
}

// SPDX-License-Identifier: GPL-2.0
#include "record/subjects.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/*
 * The word in run.subjects; tables, and columns as TABLE.COLUMN, that are empty without the
 * subject; BPF programs that serve nothing else, or with "_" at the end what their names begin
 * with.  Lists have blanks between.
 */
static const struct {
	unsigned int subject;
	const char *word, *tables, *programs;
} subjects[] = {
	{ SUBJECT_PAGES, "pages", "page_alloc", "" },
	{ SUBJECT_RSS, "rss", "rss", "" },
	{ SUBJECT_STATES, "states", "state priority",
	  "sched_waking sched_wakeup sched_wakeup_new sched_migrate sched_prio" },
	{ SUBJECT_SIGNALS, "signals", "signal", "" },
	{ SUBJECT_LOCKS, "locks", "lock", "lock_" },
	{ SUBJECT_MESSAGES, "messages", "message packet sock_state", "ipc_" },
	{ SUBJECT_CALLS, "calls", "syscall", "" },
	{ SUBJECT_DATA, "data", "syscall.data", "" },
	{ SUBJECT_FRAMES, "frames", "frame", "" },
	{ SUBJECT_CARDS, "cards", "card vma open_file",
	  "snapshot_card snapshot_vma snapshot_file" },
	{ SUBJECT_KTHREADS, "kthreads", "kthread", "kthread_" },
};
#define NR_SUBJECTS (sizeof(subjects) / sizeof(subjects[0]))

char *subjects_words(char *buf, size_t size, unsigned int wanted)
{
	size_t used = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < NR_SUBJECTS && used < size; i++)
		if (wanted & subjects[i].subject)
			used += (size_t)snprintf(buf + used, size - used, "%s%s", used ? ", " : "",
						 subjects[i].word);
	return buf;
}

/* NAME is in LIST, or begins as an entry of it that ends in "_". */
static bool lists(const char *list, const char *name)
{
	for (size_t length; *list; list += length + (list[length] == ' ')) {
		length = strcspn(list, " ");
		if (!strncmp(list, name, length) && (!name[length] || list[length - 1] == '_'))
			return true;
	}
	return false;
}

unsigned int subjects_of_column(const char *table, const char *column)
{
	unsigned int found = 0;
	char whole[128];

	snprintf(whole, sizeof(whole), "%s.%s", table, column);
	for (size_t i = 0; i < NR_SUBJECTS; i++)
		if (lists(subjects[i].tables, table) || lists(subjects[i].tables, whole))
			found |= subjects[i].subject;
	return found;
}

unsigned int subjects_of_program(const char *name)
{
	/* the names that tasks give themselves are worth little without anything else */
	if (!strcmp(name, "task_rename"))
		return SUBJECT_DEFAULT;
	for (size_t i = 0; i < NR_SUBJECTS; i++)
		if (lists(subjects[i].programs, name))
			return subjects[i].subject;
	return SUBJECT_ALWAYS;
}

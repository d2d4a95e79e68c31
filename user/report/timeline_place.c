// SPDX-License-Identifier: GPL-2.0
/* What a mapping is called: by the name of its file, or by what the program got it for. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "report/timeline.h"

#define VM_GROWSDOWN 0x100
#define MOST_MAKERS 64
#define NAME_COLUMNS 24

/* A change of the heap of a process: brk() gave its end, or exec took it away. */
struct tl_brk {
	int process;
	long long t_ns;
	unsigned long long end; /* 0: exec */
};

static int by_process_and_time(const void *a, const void *b)
{
	const struct tl_brk *one = a, *two = b;

	if (one->process != two->process)
		return one->process < two->process ? -1 : 1;
	if (one->t_ns != two->t_ns)
		return one->t_ns < two->t_ns ? -1 : 1;
	return (one->end > two->end) - (one->end < two->end);
}

static void add_brk(struct timeline *t, int i, long long t_ns, unsigned long long end)
{
	if (i == TL_NONE || t_ns == TL_NEVER || t->error)
		return;
	t->error = array_grow(&t->brks, t->nr_brks, sizeof(*t->brks));
	if (!t->error)
		t->brks[t->nr_brks++] = (struct tl_brk){ t->tasks[i].process, t_ns, end };
}

void timeline_heaps(struct timeline *t)
{
	sqlite3_stmt *stmt = timeline_prepare(
		t, "SELECT task, end_ns, iif(name = 'brk', ret, 0) FROM syscall "
		   "WHERE end_ns IS NOT NULL AND"
		   "	(name = 'brk' AND ret > 0 OR name IN ('execve', 'execveat') AND ret = 0)");

	while (timeline_step(t, stmt))
		add_brk(t, timeline_task_at(t, stmt, 0), timeline_time_at(stmt, 1),
			(unsigned long long)sqlite3_column_int64(stmt, 2));
	for (size_t i = 0; i < t->nr_tasks; i++)
		add_brk(t, (int)i, t->tasks[i].exec_ns, 0);
	if (t->nr_brks)
		qsort(t->brks, t->nr_brks, sizeof(*t->brks), by_process_and_time);
}

static size_t first_brk(const struct timeline *t, int process)
{
	size_t low = 0, high = t->nr_brks;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (t->brks[middle].process < process)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* All that PROCESS did to its heap until T_NS, on top of what its maker had given it. */
static void heap_until(const struct timeline *t, struct tl_heap *heap, int process, long long t_ns)
{
	size_t i = heap->process == process && heap->t_ns <= t_ns ? heap->next :
								    first_brk(t, process);

	for (; i < t->nr_brks && t->brks[i].process == process && t->brks[i].t_ns <= t_ns; i++) {
		if (!t->brks[i].end)
			heap->start = heap->end = 0;
		else if (!heap->start)
			heap->start = heap->end = t->brks[i].end;
		else
			heap->end = t->brks[i].end;
	}
	heap->process = process;
	heap->next = i;
	heap->t_ns = t_ns;
}

/* The heap of PROCESS, which fork() copies, at T_NS. */
static void find_heap(const struct timeline *t, struct tl_heap *heap, int process, long long t_ns)
{
	int makers[MOST_MAKERS], nr = 0;

	if (heap->process != process || heap->t_ns > t_ns) {
		*heap = (struct tl_heap){ .process = TL_NONE };
		/* creators come before those that they make, so this ends */
		for (int i = process; i != TL_NONE && nr < MOST_MAKERS;
		     i = t->tasks[i].creator == TL_NONE ? TL_NONE :
							  t->tasks[t->tasks[i].creator].process)
			makers[nr++] = i;
		while (nr-- > 1)
			heap_until(t, heap, makers[nr], t->tasks[makers[nr - 1]].start_ns);
	}
	heap_until(t, heap, process, t_ns);
}

void timeline_place(const struct timeline *t, struct tl_heap *heap, int i,
		    const struct tl_mapping *m, char *buf, size_t size)
{
	*buf = '\0';
	if (m->object && !strcmp(m->object, "dev/zero")) {
		/* shmem_zero_setup(); a file's name has no slash */
		snprintf(buf, size, "shared memory");
	} else if (m->object) {
		text_escape_for(buf, size, m->object, NAME_COLUMNS, t->style.utf8);
	} else if (!m->known) {
		return;
	} else if (!m->end) {
		snprintf(buf, size, "no mapping");
	} else if (m->flags & VM_GROWSDOWN) {
		snprintf(buf, size, "stack");
	} else {
		find_heap(t, heap, t->tasks[i].process, m->t_ns);
		snprintf(buf, size, "%s",
			 m->address >= heap->start && m->address < heap->end ? "heap" :
									       "anonymous");
	}
}

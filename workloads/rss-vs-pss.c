// SPDX-License-Identifier: GPL-2.0
/*
 * rss-vs-pss: RSS counts a shared page in each process that has it
 *
 * A process fills a region and forks children that only read it.  All live at the
 * same time, and each says that the whole region is resident (Rss in
 * /proc/PID/smaps), because it counts page table entries.  Nothing was taken for
 * them: behind all these entries are the same frames.  Pss gives each process its
 * share of a page, size / number of entries (smaps_page_accumulate() in
 * fs/proc/task_mmu.c), so that the sum is what is really used.
 *
 * Then one child writes everything, and has a copy for itself.
 */
#include "workload.h"

#include "proc.h"

static char *heap;
static long pages;

/* What /proc says of the region in PID. */
static void tell_sizes(pid_t pid)
{
	fl_value("rss.kb", smaps_kb(pid, heap, "Rss"));
	fl_value("pss.kb", smaps_kb(pid, heap, "Pss"));
}

static void tell_all_sizes(const char *phase, const pid_t *child, long readers)
{
	fl_phase(phase);
	fl_barrier();
	tell_sizes(getpid());
	for (long i = 0; i < readers; i++)
		tell_sizes(child[i]);
	fl_phase("");
}

int main(int argc, char **argv)
{
	int done[2], go[2], write_all[2];
	long readers;

	(void)argc;
	workload_start(argv);
	pages = param("pages");
	readers = param("readers");
	stay_on_this_cpu();
	fl_role("parent");
	make_pipe(done);
	make_pipe(go);
	make_pipe(write_all);
	heap = map_region("heap", find_place(pages), pages);
	fl_phase("fill");
	write_pages(heap, pages, 1);
	fl_phase("");

	pid_t child[readers];

	for (long i = 0; i < readers; i++) {
		settle();
		fl_phase("fork");
		if (!fork_child(&child[i], i ? "reader" : "writer")) {
			fl_phase("");
			continue;
		}
		fl_phase("start"); /* what it has now is what fork() gave it */
		settle();
		fl_phase("read");
		read_pages(heap, pages);
		fl_phase("");
		tell(done[1]);
		if (!i) {
			await(write_all[0]);
			fl_phase("write");
			write_pages(heap, pages, 2);
			fl_phase("");
			tell(done[1]);
		}
		await(go[0]);
		_exit(0);
	}
	for (long i = 0; i < readers; i++)
		await(done[0]);
	tell_all_sizes("shared", child, readers);

	tell(write_all[1]);
	await(done[0]);
	tell_all_sizes("written", child, readers);

	for (long i = 0; i < readers; i++)
		tell(go[1]);
	for (long i = 0; i < readers; i++)
		wait_for(child[i]);
	return 0;
}

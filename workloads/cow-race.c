// SPDX-License-Identifier: GPL-2.0
/*
 * cow-race: two processes write the same shared pages at the same time
 *
 * A process fills a region and forks.  Parent and child then run on a CPU each
 * and write all pages at once, in the same order, so that they meet at many of
 * them.
 *
 * Each takes one fault a page, whatever happens.  What the kernel does in it
 * depends on who is where: wp_page_copy() first copies, without a lock, and only
 * then gives up its reference to the old page.  Who comes in between finds the
 * page still shared and copies as well: two copies, and the page that was filled
 * belongs to nobody and is freed.  Nothing is lost but time.
 *
 * faultline pins an experiment to one CPU, so the child goes to another one.
 */
#include "workload.h"

#include "proc.h"

struct start {
	volatile int here[2];
};

/* Until both are here: spin, since who sleeps wakes up too late. */
static void meet(struct start *start, int me)
{
	__atomic_store_n(&start->here[me], 1, __ATOMIC_SEQ_CST);
	while (!__atomic_load_n(&start->here[!me], __ATOMIC_SEQ_CST))
		;
}

int main(int argc, char **argv)
{
	struct start *start;
	int other_cpu, done[2], end[2];
	pid_t child;
	char *heap;
	long pages;

	(void)argc;
	workload_start(argv);
	pages = param("pages");
	stay_on_this_cpu();
	fl_role("parent");
	other_cpu = another_cpu();
	if (other_cpu < 0) /* its claims are skipped */
		return 0;
	start = shared_page();
	make_pipe(done);
	make_pipe(end);
	heap = map_region("heap", find_place(pages), pages);
	fl_phase("fill");
	write_pages(heap, pages, 1);
	fl_phase("filled");
	fl_barrier();
	fl_phase("");

	if (fork_child(&child, "child")) {
		move_to_cpu(other_cpu);
		settle();
		start->here[1] = 0; /* a shared page is not there after fork() */
		fl_phase("race");
		meet(start, 1);
		write_pages(heap, pages, 2);
		fl_phase("again");
		write_pages(heap, pages, 3);
		fl_phase("");
		tell(done[1]);
		await(end[0]);
		_exit(0);
	}
	settle();
	fl_phase("race");
	meet(start, 0);
	write_pages(heap, pages, 4);
	fl_phase("again");
	write_pages(heap, pages, 5);
	fl_phase("end");
	await(done[0]);
	fl_barrier(); /* the child waits for us */
	tell(end[1]);
	wait_for(child);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * cow-who-copies: the first writers copy, the last sharer keeps the page
 *
 * It is not the child that pays for copy-on-write, and not the parent: whoever
 * writes while somebody else still has the page copies it.  Scenes, each with a
 * region that the parent has just filled:
 *	first	the parent writes before the child does
 *	gone	the child reads everything and ends; then the parent writes
 *	exec	the child calls execve() and lives on; then the parent writes
 *	order	several processes write, one after the other
 *	half	the child writes one half, the parent writes all, the child the rest
 *	moved	like gone, but the parent has changed the CPU after it filled the region
 *
 * wp_can_reuse_anon_folio() in mm/memory.c decides: it counts the references to
 * the page.  In the last scene some pages have one more: new pages wait in a list
 * of their CPU for the LRU lists (folio_add_lru(), up to PAGEVEC_SIZE - 1 of
 * them), and only the list of the CPU that writes is emptied before a copy.
 */
#include "workload.h"

#include "proc.h"

static long pages;
static void *place;
static char *heap;
static int go[2], done[2];

/* A region that was just filled, and nobody else has, as the phase NAME. */
static void fill(const char *name)
{
	fl_phase(name);
	heap = map_region("heap", place, pages);
	write_pages(heap, pages, 1);
	fl_phase("");
}

static void drop(void)
{
	size_t bytes = pages * workload.page_size;

	fl_region("heap", heap, 0);
	if (munmap(heap, bytes))
		fail("munmap");
}

/* Write FROM .. TO as the phase NAME. */
static void write_as(const char *name, long from, long to, char byte)
{
	settle();
	fl_phase(name);
	write_pages(heap + from * workload.page_size, to - from, byte);
	fl_phase("");
}

static void first(void)
{
	pid_t child;

	fill("first.fill");
	if (fork_child(&child, "first")) {
		await(go[0]);
		write_as("first.child", 0, pages, 2);
		_exit(0);
	}
	write_as("first.parent", 0, pages, 3);
	tell(go[1]);
	wait_for(child);
	drop();
}

static void gone(void)
{
	pid_t child;

	fill("gone.fill");
	if (fork_child(&child, "gone")) {
		settle();
		fl_phase("gone.child");
		read_pages(heap, pages);
		fl_phase("");
		_exit(0);
	}
	wait_for(child);
	write_as("gone.parent", 0, pages, 3);
	drop();
}

static void exec_and_live(void)
{
	char ready[32], wait[32];
	char *arguments[] = { (char *)workload.name, ready, wait, NULL };

	snprintf(ready, sizeof(ready), "ready=%d", done[1]);
	snprintf(wait, sizeof(wait), "wait=%d", go[0]);
	execv("/proc/self/exe", arguments);
	fail("execute this program once more");
}

static void exec(void)
{
	pid_t child;

	fill("exec.fill");
	if (fork_child(&child, "exec"))
		exec_and_live();
	await(done[0]); /* told by the new program */
	write_as("exec.parent", 0, pages, 3);
	tell(go[1]);
	wait_for(child);
	drop();
}

static void order(long writers)
{
	pid_t child[writers];
	int end[2];

	make_pipe(end);
	fill("order.fill");
	for (long i = 1; i < writers; i++) {
		if (!fork_child(&child[i], "order"))
			continue;
		await(go[0]);
		write_as("order.child", 0, pages, 2);
		tell(done[1]);
		await(end[0]); /* nobody ends before the last one has written */
		_exit(0);
	}
	for (long i = 1; i < writers; i++) {
		tell(go[1]);
		await(done[0]);
	}
	write_as("order.parent", 0, pages, 3);
	for (long i = 1; i < writers; i++)
		tell(end[1]);
	for (long i = 1; i < writers; i++)
		wait_for(child[i]);
	close_end(end[0]);
	close_end(end[1]);
	drop();
}

static void half(void)
{
	pid_t child;

	fill("half.fill");
	if (fork_child(&child, "half")) {
		write_as("half.child", 0, pages / 2, 2);
		tell(done[1]);
		await(go[0]);
		write_as("half.rest", pages / 2, pages, 2);
		_exit(0);
	}
	await(done[0]);
	write_as("half.parent", 0, pages, 3);
	tell(go[1]);
	wait_for(child);
	drop();
}

static void moved(int other_cpu)
{
	pid_t child;

	fill("moved.fill");
	move_to_cpu(other_cpu);
	if (fork_child(&child, "moved"))
		_exit(0);
	wait_for(child);
	write_as("moved.parent", 0, pages, 3);
	drop();
}

int main(int argc, char **argv)
{
	int other_cpu;

	workload_start(argv);
	if (argc == 3 && !strncmp(argv[1], "ready=", 6)) { /* see exec_and_live() */
		tell((int)param("ready"));
		await((int)param("wait"));
		return 0;
	}
	pages = param("pages");
	stay_on_this_cpu();
	fl_role("parent");
	other_cpu = another_cpu();
	place = find_place(pages);
	make_pipe(go);
	make_pipe(done);
	settle();

	first();
	gone();
	exec();
	order(param("writers"));
	half();
	if (other_cpu >= 0) /* else its claims are skipped */
		moved(other_cpu);
	return 0;
}

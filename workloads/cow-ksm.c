// SPDX-License-Identifier: GPL-2.0
/*
 * cow-ksm: copy-on-write without fork()
 *
 * A process fills pages with the same content, 128 each, and says
 * madvise(MADV_MERGEABLE).  The kernel thread ksmd compares them and puts one
 * read-only page behind all that are equal.
 * It is the same state as after fork(), in a single process, and ends in the same way:
 * who writes gets a copy.  Only that here nobody ever keeps the page, not even the
 * last: wp_can_reuse_anon_folio() in mm/memory.c refuses a page of KSM.
 *
 * ksmd is usually off.  The settings in /sys/kernel/mm/ksm are for the whole machine,
 * so a process of its own, the keeper, puts them back when this program ends in
 * whatever way: it waits for the end of a pipe that only the program holds.  Both hold
 * a lock, so that two of these programs do not take each other's settings for what was
 * there before.
 */
#include "workload.h"

#include <sys/file.h>
#include <time.h>

#include "proc.h"

#define KSM "/sys/kernel/mm/ksm/"
#define PATIENCE_MS 5000

/* In the order in which they are set; they are put back in the other. */
static struct {
	const char *path;
	long value, before;
} settings[] = {
	{ KSM "pages_to_scan", 10000, 0 },
	{ KSM "sleep_millisecs", 1, 0 },
	{ KSM "run", 1, 0 },
};

#define SETTINGS (sizeof(settings) / sizeof(settings[0]))

/* One program at a time, until it and its keeper have ended. */
static void lock_settings(void)
{
	int fd = open(KSM "run", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || flock(fd, LOCK_EX))
		fail("lock " KSM "run");
}

static void put_back(void)
{
	for (size_t i = SETTINGS; i--;)
		file_set_number(settings[i].path, settings[i].before);
}

/* A process that puts the settings back when PIPE has no writer any more. */
static pid_t start_keeper(int pipe[2])
{
	pid_t keeper;
	sigset_t all, old;
	char byte;

	make_pipe(pipe);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &old);
	keeper = fork();
	if (keeper < 0)
		fail("fork");
	if (!keeper) {
		fl_role("keeper");
		close_end(pipe[1]);
		if (read(pipe[0], &byte, 1) == 0)
			put_back();
		_exit(0);
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	close_end(pipe[0]);
	return keeper;
}

/*
 * 128 pages in a row have the same content; one that would be left alone in the end has
 * that of those before.  There may be no more than max_page_sharing of them (256), or one
 * could be left over, for which ksmd finds no other.  OURS keeps them from being merged
 * with mergeable pages of other programs, such as a virtual machine's memory.
 */
static void fill(char *heap, long pages, long ours)
{
	for (long i = 0; i < pages; i++) {
		long like = i < pages - 1 ? i : pages - 2;

		*(volatile long *)(void *)(heap + i * workload.page_size) = ours + like / 128;
	}
}

/* Pages of HEAP that are merged with others. */
static long merged_pages(const char *heap)
{
	return smaps_kb(getpid(), heap, "KSM") * 1024 / workload.page_size;
}

/* Until all pages are merged or patience is at its end; how many are. */
static long wait_for_ksmd(const char *heap, long pages)
{
	struct timespec moment = { .tv_nsec = 5000000 };
	long merged = 0;

	for (int ms = 0; ms < PATIENCE_MS && merged < pages; ms += 5) {
		nanosleep(&moment, NULL);
		merged = merged_pages(heap);
	}
	return merged;
}

int main(int argc, char **argv)
{
	int until_end[2];
	struct timespec now;
	pid_t keeper;
	char *heap;
	long pages;

	(void)argc;
	workload_start(argv);
	pages = param("pages");
	stay_on_this_cpu();
	fl_role("process");
	heap = map_region("heap", find_place(pages), pages);
	if (access(KSM "run", W_OK) || smaps_kb(getpid(), heap, "KSM") < 0 ||
	    madvise(heap, pages * workload.page_size, MADV_MERGEABLE)) {
		fl_value("no.ksm", 1);
		return 0;
	}

	lock_settings();
	for (size_t i = 0; i < SETTINGS; i++)
		settings[i].before = file_number(settings[i].path);
	keeper = start_keeper(until_end);
	for (size_t i = 0; i < SETTINGS; i++) {
		if (!file_set_number(settings[i].path, settings[i].value))
			fail("write %s", settings[i].path);
	}
	clock_gettime(CLOCK_REALTIME, &now);
	fl_phase("fill");
	fill(heap, pages, now.tv_sec * 1000000000L + now.tv_nsec);
	fl_phase("merge");
	fl_value("not.merged", pages - wait_for_ksmd(heap, pages));
	/* What is written soon has the same content again: ksmd is to leave it alone. */
	if (!file_set_number(KSM "run", 0))
		fail("stop ksmd");
	settle();
	fl_phase("merged");
	fl_barrier();
	fl_value("merged", merged_pages(heap));
	settle();

	fl_phase("read");
	read_pages(heap, pages);
	fl_phase("write");
	write_pages(heap, pages, 2);
	fl_phase("rewrite");
	write_pages(heap, pages, 3);
	fl_phase("written");
	fl_barrier();
	fl_value("merged", merged_pages(heap));
	fl_phase("");

	close_end(until_end[1]);
	wait_for(keeper);
	return 0;
}

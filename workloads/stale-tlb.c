// SPDX-License-Identifier: GPL-2.0
/*
 * stale-tlb: a fault that changes nothing
 *
 * A CPU keeps what it read from page tables as translations, in its TLB.  When the kernel
 * takes a right away it tells the other CPUs to forget theirs.  When it gives one, it tells
 * nobody (ptep_set_access_flags()): whoever still has the old translation is stopped by it,
 * faults, and the kernel finds that there is nothing to do.
 *
 * After fork() every entry is read-only, also when the child has gone.  The first thread
 * reads all pages, so that its CPU has translations that forbid to write.  Another thread
 * on another CPU writes to each of them: a fault a page, which makes the entry writable.
 * Then the first one writes.  Some CPUs read the entry again before they raise a fault
 * (AMD's do), others fault on what they have (Intel's do).
 *
 * The same for huge pages takes one thread: in a virtual machine whose host gives memory
 * in small pages, a CPU keeps a huge page's entry as translations of small pages.  Stores
 * run ahead while the first one of a huge page is on its way to a fault, and fetch
 * translations of the next pages that still forbid to write.
 */
#include "workload.h"

#include <pthread.h>
#include <sys/resource.h>

#include "proc.h"

/* More than a CPU gathers before it puts new pages in order: who is gathered is copied, not kept. */
#define GATHERED 67

static int other_cpu, turn;
static long pages;
static char *heap;

static void hand_over(int to)
{
	__atomic_store_n(&turn, to, __ATOMIC_SEQ_CST);
}

/* Awake: what else runs on this CPU would take the place of translations. */
static void await_turn(int mine)
{
	while (__atomic_load_n(&turn, __ATOMIC_SEQ_CST) != mine)
		;
}

static void *other(void *none)
{
	(void)none;
	move_to_cpu(other_cpu);
	fl_role("other");
	hand_over(0);
	await_turn(1);
	/* the stack is its own again */
	fl_phase("o.settle");
	write_pages(heap, 0, 0);
	fl_phase("");
	hand_over(0);
	await_turn(1);
	fl_phase("o.write");
	write_pages(heap, pages, 2);
	fl_phase("");
	hand_over(0);
	return NULL;
}

/* Faults that the kernel has counted for this thread. */
static long counted(void)
{
	struct rusage usage;

	if (getrusage(RUSAGE_THREAD, &usage))
		fail("getrusage");
	return usage.ru_minflt + usage.ru_majflt;
}

/* Every entry is read-only now. */
static void share_and_part(void)
{
	pid_t child;

	if (fork_child(&child, "child"))
		_exit(0);
	wait_for(child);
	settle();
	counted();
}

static void small(void)
{
	pthread_t thread;
	long before, after;

	heap = map_region("heap", find_place(pages), pages);
	write_pages(heap, pages, 1);
	write_pages(checked_mmap(NULL, GATHERED * workload.page_size, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE),
		    GATHERED, 1);
	hand_over(2);
	if (pthread_create(&thread, NULL, other, NULL))
		fail("start a thread");
	await_turn(0);
	share_and_part();
	hand_over(1);
	await_turn(0);

	fl_phase("f.read");
	read_pages(heap, pages);
	fl_phase("");
	hand_over(1);
	await_turn(0);
	before = counted();
	fl_phase("f.write");
	write_pages(heap, pages, 3);
	fl_phase("f.again");
	after = counted();
	write_pages(heap, pages, 4);
	fl_phase("");
	fl_value("small", after - before);
	pthread_join(thread, NULL);
}

static void large(long huge)
{
	size_t huge_bytes = workload.page_size * (workload.page_size / 8);
	long all = huge * (workload.page_size / 8), before, after;
	char *place = find_place(all), *memory;

	if (!thp_available(huge_bytes)) {
		fl_value("off", 1);
		return;
	}
	memory = checked_mmap(place, huge * huge_bytes, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_FIXED_NOREPLACE);
	if (madvise(memory, huge * huge_bytes, MADV_HUGEPAGE))
		fail("ask for huge pages");
	fl_region("huge", memory, huge * huge_bytes);
	write_pages(memory, all, 1);
	fl_value("refused",
		 huge - smaps_kb(getpid(), memory, "AnonHugePages") / (long)(huge_bytes / 1024));
	share_and_part();
	before = counted();
	fl_phase("h.write");
	write_pages(memory, all, 2);
	fl_phase("h.again");
	after = counted();
	write_pages(memory, all, 3);
	fl_phase("");
	fl_value("large", after - before - huge);
}

int main(int argc, char **argv)
{
	(void)argc;
	workload_start(argv);
	pages = param("pages");
	stay_on_this_cpu();
	fl_role("first");
	settle();
	other_cpu = another_cpu();
	if (other_cpu >= 0) /* else its claims are skipped */
		small();
	large(param("huge"));
	return 0;
}

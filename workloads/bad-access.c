// SPDX-License-Identifier: GPL-2.0
/*
 * bad-access: how the kernel answers wrong addresses
 *
 * Each child does one thing wrong and dies of it:
 *	null.read	read page 0			nothing is mapped there
 *	null.write	write to it
 *	none		read memory without rights	something is there, but not for us
 *	text		write to the program's code
 *	data		execute data
 *	beyond		read a page past the end of a file	mapped, but there is nothing
 *	wild		read an address that no page table can hold
 *
 * The processor says in the error code of the exception what was tried and whether
 * a page was there; the kernel looks whether a VMA allows it (bad_area(),
 * do_sigbus() in arch/x86/mm/fault.c), and answers with a signal whose code says
 * which of the two was missing.  It does not count such a fault.  The last child is
 * different: an address that is not canonical raises no page fault at all.
 */
#include "workload.h"

#include <sys/resource.h>

static char *memory; /* a page without rights, a page of data, a page past the end of a file */

static volatile char *volatile nowhere; /* NULL, but the compiler does not know */

static volatile char *page(int index)
{
	return memory + index * workload.page_size;
}

static void null_read(void)
{
	(void)*nowhere;
}

static void null_write(void)
{
	*nowhere = 1;
}

static void none(void)
{
	(void)*page(0);
}

static void text(void)
{
	*(volatile char *)(size_t)text = 1;
}

/* Not the first bytes: for its log the kernel reads those before the place as well. */
static void data(void)
{
	((void (*)(void))(size_t)(page(1) + 64))();
}

static void beyond(void)
{
	(void)*page(2);
}

static void wild(void)
{
	(void)*(volatile char *)0x8000000000000000;
}

static const struct {
	const char *role;
	void (*act)(void);
	int signal;
} acts[] = {
	{ "null.read", null_read, SIGSEGV }, { "null.write", null_write, SIGSEGV },
	{ "none", none, SIGSEGV },           { "text", text, SIGSEGV },
	{ "data", data, SIGSEGV },           { "beyond", beyond, SIGBUS },
	{ "wild", wild, SIGSEGV },
};

static void make_memory(void)
{
	size_t bytes = workload.page_size;
	int file = memfd_create("empty", 0);

	if (file < 0)
		fail("memfd_create");
	memory = checked_mmap(find_place(3), 3 * bytes, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_FIXED_NOREPLACE);
	if (mprotect(memory, bytes, PROT_NONE))
		fail("mprotect");
	if (mmap(memory + 2 * bytes, bytes, PROT_READ, MAP_SHARED | MAP_FIXED, file, 0) ==
	    MAP_FAILED)
		fail("mmap of a file");
	*page(1) = 1;
	fl_region("none", page(0), bytes);
	fl_region("data", page(1), bytes);
	fl_region("beyond", page(2), bytes);
	fl_region("text", (char *)(size_t)text, 1);
	fl_region("null", NULL, bytes);
}

int main(int argc, char **argv)
{
	const struct rlimit no_core = {};
	pid_t child;

	(void)argc;
	workload_start(argv);
	stay_on_this_cpu();
	fl_role("parent");
	make_memory();
	if (setrlimit(RLIMIT_CORE, &no_core))
		fail("setrlimit");
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		void (*volatile act)(void) = acts[i].act;
		int status;

		if (fork_child(&child, acts[i].role)) {
			prctl(PR_SET_DUMPABLE, 0); /* no core file, wherever it would go */
			settle();
			(void)*page(1);
			fl_phase("act");
			act();
			_exit(0);
		}
		status = wait_status(child);
		errno = 0;
		if (!WIFSIGNALED(status) || WTERMSIG(status) != acts[i].signal)
			fail("%s: status %d, not signal %d", acts[i].role, status, acts[i].signal);
	}
	return 0;
}

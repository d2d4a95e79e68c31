// SPDX-License-Identifier: GPL-2.0
/*
 * text-sharing: one program, many processes, one copy of its code
 *
 * The program starts itself twice (roles one and two).  Both look at the same pages
 * of their code, and each writes to a page of data and to its stack.  While both are
 * there, a barrier lets faultline look which frames are behind these pages: those of
 * the code are the page cache's and the same in both; data and stack are not.
 *
 * The second copy adds nothing to the page cache: its faults find every page there.
 *
 * Sharing is safe because nobody may write: a third process tries, the processor
 * finds the page there but read-only, the VMA does not allow more
 * (access_error() in arch/x86/mm/fault.c), and the answer is SIGSEGV.
 */
#include "workload.h"

#include <stdint.h>
#include <sys/resource.h>

static _Alignas(64 * 1024) char data[64 * 1024]; /* alone on its pages, however large they are */

/* Nobody runs this.  A program that is dynamically linked has little code of its own. */
__asm__(".pushsection .text\n\t.fill 64 * 4096, 1, 0xcc\n\t.popsection");

/* The last PAGES pages of the code that are whole. */
static char *text_pages(long pages)
{
	extern const char _etext[]; /* where the code ends, says the linker */
	uintptr_t end = (uintptr_t)_etext / workload.page_size * workload.page_size;

	return (char *)end - pages * workload.page_size;
}

/* What a copy does: use code, data and stack, and be there until it may GO. */
static void be_a_copy(void)
{
	long pages = param("pages"), page = workload.page_size;
	char *text = text_pages(pages);
	volatile char on_stack = 1;

	stay_on_this_cpu();
	settle();
	fl_region("text", text, pages * page);
	fl_region("data", data, page);
	fl_region("stack", (char *)((uintptr_t)&on_stack / page * page), page);
	fl_phase("text");
	read_pages(text, pages);
	fl_phase("data");
	*(volatile char *)data = 1;
	on_stack = 2;
	fl_phase("");
	if (param("copy") == 1) {
		tell((int)param("ready"));
		await((int)param("go"));
		return;
	}
	fl_phase("both");
	fl_barrier();
	fl_phase("");
}

/* Start this program again as copy NUMBER with the role ROLE. */
static pid_t start_copy(int number, const char *role, int ready, int go)
{
	char texts[4][32],
		*args[] = { workload.arguments[-1], texts[0], texts[1], texts[2], texts[3], NULL };
	pid_t child;

	if (!fork_child(&child, role))
		return child;
	snprintf(texts[0], sizeof(texts[0]), "pages=%ld", param("pages"));
	snprintf(texts[1], sizeof(texts[1]), "copy=%d", number);
	snprintf(texts[2], sizeof(texts[2]), "ready=%d", ready);
	snprintf(texts[3], sizeof(texts[3]), "go=%d", go);
	execv("/proc/self/exe", args);
	fail("start the program again");
}

static void write_to_text(void)
{
	const struct rlimit no_core = {};
	volatile char *text = text_pages(1);
	pid_t child;
	int status;

	if (fork_child(&child, "writer")) {
		prctl(PR_SET_DUMPABLE, 0); /* no core file, wherever it would go */
		setrlimit(RLIMIT_CORE, &no_core);
		fl_region("text", text, workload.page_size);
		settle();
		(void)*text;
		fl_phase("write");
		*text = 1;
		_exit(0);
	}
	status = wait_status(child);
	errno = 0;
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSEGV)
		fail("the write to the code ended with status %d", status);
}

int main(int argc, char **argv)
{
	int ready[2], go[2];
	pid_t one;

	workload_start(argv);
	if (argc > 2) { /* faultline gives one parameter */
		be_a_copy();
		return 0;
	}
	stay_on_this_cpu();
	fl_role("parent");
	make_pipe(ready);
	make_pipe(go);
	one = start_copy(1, "one", ready[1], go[0]);
	close_end(ready[1]); /* so that its end ends the wait */
	await(ready[0]);
	wait_for(start_copy(2, "two", ready[1], go[0]));
	tell(go[1]);
	wait_for(one);
	write_to_text();
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * 101 accesses that are refused and then allowed by the handler, and 13 to
 * addresses where nothing is mapped.  The kernel counts none of the refused.
 */
#include "testlib.h"

#include <setjmp.h>

#define REFUSED 101
#define NOWHERE 13

static sigjmp_buf back;
static volatile sig_atomic_t allow;

static void on_segv(int signo, siginfo_t *info, void *context)
{
	char *page = (char *)((unsigned long)info->si_addr & ~(PAGE - 1UL));

	(void)signo;
	(void)context;
	if (!allow)
		siglongjmp(back, 1);
	if (mprotect(page, PAGE, PROT_READ | PROT_WRITE))
		_exit(98);
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_sigaction = on_segv, .sa_flags = SA_SIGINFO };
	char *refused, *nowhere;
	volatile int i;

	test_start(argc, argv);
	refused = map_region("refused", REFUSED);
	nowhere = map_region("nowhere", NOWHERE);
	if (mprotect(refused, REFUSED * PAGE, PROT_NONE) || munmap(nowhere, NOWHERE * PAGE))
		die("mprotect or munmap");
	sigaction(SIGSEGV, &action, NULL);

	allow = 1;
	measure("refused");
	write_pages(refused, REFUSED);
	measured("main");
	expect_fault("main", "refused", "refused", "segv", "user", REFUSED);
	expect_fault("main", "refused", "refused", "zero_fill", "user", REFUSED);

	allow = 0;
	measure("nowhere");
	for (i = 0; i < NOWHERE; i++)
		if (!sigsetjmp(back, 1))
			read_pages(nowhere + i * PAGE, 1);
	measured("main");
	expect_fault("main", "nowhere", "nowhere", "segv", "user", NOWHERE);

	expect(REFUSED + NOWHERE,
	       "SELECT count(*) FROM signal WHERE signo = 11 AND receiver_task = 1"
	       " AND action = 'handler' AND delivered_ns >= generated_ns");
	expect(REFUSED, "SELECT count(*) FROM signal WHERE signo = 11 AND code = %d", SEGV_ACCERR);
	expect(NOWHERE, "SELECT count(*) FROM signal WHERE signo = 11 AND code = %d", SEGV_MAPERR);
	return test_end();
}

// SPDX-License-Identifier: GPL-2.0
/* 200 short processes, all alive at once before the first may leave. */
#include "testlib.h"

#define JOBS 200
#define PAGES 3

int main(int argc, char **argv)
{
	int go[2], ready[2];
	pid_t pid[JOBS];
	char *p;

	test_start(argc, argv);
	must_pipe(go);
	must_pipe(ready);
	p = map_region("heap", PAGES);
	write_pages(p, PAGES);
	expect_fault("main", "-", "heap", "zero_fill", "user", PAGES);
	for (int i = 0; i < JOBS; i++) {
		pid[i] = must_fork();
		if (!pid[i]) {
			fl_role("job");
			fl_phase("job");
			write_pages(p, PAGES);
			fl_phase("");
			tell(ready[1]);
			wait_told(go[0]);
			_exit(i % 97);
		}
	}
	for (int i = 0; i < JOBS; i++)
		wait_told(ready[0]);
	for (int i = 0; i < JOBS; i++)
		tell(go[1]);
	for (int i = 0; i < JOBS; i++)
		reap(pid[i], (i % 97) << 8);
	expect_fault("job", "job", "heap", "copy", "user", JOBS * PAGES);
	expect(JOBS + 1, "SELECT count(*) FROM task WHERE exit_ns IS NOT NULL");
	expect(JOBS, "SELECT count(*) FROM task WHERE reaped_ns IS NOT NULL AND role = 'job'");
	return test_end();
}

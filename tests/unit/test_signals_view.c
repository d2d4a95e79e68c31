// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdlib.h>

#include "report_db.h"
#include "views/signals_view.h"

static const struct report_style plain = { .width = 100, .utf8 = true, .rows = 60 };
static const struct report_style small = { .width = 80, .rows = 60 };
static const struct report_style few = { .width = 100, .rows = 3 };

/* A parent; a child killed by SIGTERM; a second thread of the parent; one that exits with 7. */
static const char tasks[] =
	"INSERT INTO run (key, value) VALUES ('duration_ns', 9000000);"
	"INSERT INTO task (task, tid, pid, parent_task, created_by, comm, start_ns, exit_ns, process,"
	"  exit_code, exit_signal)"
	"VALUES (1, 4711, 4711, NULL, 'launch', 'parent', 0, 9000000, 1, 0, NULL),"
	"       (2, 4712, 4712, 1, 'fork', 'child', 1000000, 8000000, 2, NULL, 15),"
	"       (3, 4713, 4711, 1, 'thread', 'thread', 2000000, 7000000, 1, 0, NULL),"
	"       (4, 4714, 4714, 1, 'fork', 'other', 1000000, 6000000, 4, 7, NULL);";

/* From 0: outside.  Delivered 0: never. */
static void sig(sqlite3 *db, int signo, int code, int from, int to, int generated_us,
		const char *result, int delivered_us, const char *action)
{
	char *sql = sqlite3_mprintf(
		"INSERT INTO signal VALUES (%d, %d, nullif(%d, 0), %d, nullif(%d, 0) * 1000, %Q,"
		"  nullif(%d, 0) * 1000, %Q, 'b\x1bsh')",
		signo, code, from, to, generated_us, result, delivered_us, action);

	report_db_add(db, sql);
	sqlite3_free(sql);
}

static void call(sqlite3 *db, int task, const char *name, int start_us, int end_us, int ret)
{
	char *sql = sqlite3_mprintf("INSERT INTO syscall (task, name, start_ns, end_ns, ret)"
				    "VALUES (%d, %Q, %d, %d, %d)",
				    task, name, start_us * 1000, end_us * 1000, ret);

	report_db_add(db, sql);
	sqlite3_free(sql);
}

static void expect(sqlite3 *db, const struct report_style *style, const char *expected)
{
	char *text = report_db_render(db, report_signals, style);

	report_db_check_lines(text, style->width);
	free(text);
	report_db_expect(db, report_signals, style, expected);
	sqlite3_close(db);
}

static void test_none(void **state)
{
	(void)state;
	expect(report_db(tasks), &plain, "no signals\n");
}

/* Five of one kind while it is blocked: one is kept. */
static sqlite3 *coalesced(void)
{
	sqlite3 *db = report_db(tasks);

	sig(db, SIGUSR1, SI_USER, 1, 2, 2000, "delivered", 2500, "handler");
	for (int i = 1; i < 5; i++)
		sig(db, SIGUSR1, SI_USER, 1, 2, 2000 + 10 * i, "already_pending", 0, NULL);
	call(db, 2, "getpid", 2100, 2101, 4712);
	call(db, 2, "rt_sigprocmask", 2499, 2500, 0);
	return db;
}

static void test_coalesced(void **state)
{
	(void)state;
	expect(coalesced(), &plain,
	       "signals: 5 sent\n"
	       "time ms       signal   from         to          waited  why, and what it did\n"
	       "  2.000       SIGUSR1  parent 4711  child 4712  500 us  kill() → handler runs, was blocked\n"
	       "  2.010  4 x  SIGUSR1  parent 4711  child 4712          kill() → coalesced: one waits already\n"
	       "\n"
	       "signal   to          sent  delivered  coalesced  ignored  lost  never  blocked  longest\n"
	       "SIGUSR1  child 4712     5          1          4        0     0      0        1   500 us\n");
	expect(coalesced(), &small,
	       "signals: 5 sent\n"
	       "time ms       signal   from         to          waited  why, and what it did\n"
	       "  2.000       SIGUSR1  parent 4711  child 4712  500 us  kill() -> handler runs,\n"
	       "                                                        was blocked\n"
	       "  2.010  4 x  SIGUSR1  parent 4711  child 4712          kill() -> coalesced: one\n"
	       "                                                        waits already\n"
	       "\n"
	       "signal   to          sent  delivered  coalesced  ignored  lost  never  blocked\n"
	       "SIGUSR1  child 4712     5          1          4        0     0      0        1\n");
}

static void test_outcomes(void **state)
{
	sqlite3 *db = report_db(tasks);

	(void)state;
	sig(db, SIGUSR2, SI_USER, 0, 2, 1100, "ignored", 0, NULL);
	sig(db, SIGRTMIN + 1, SI_QUEUE, 1, 2, 1200, "overflow_fail", 0, NULL);
	sig(db, SIGHUP, SI_USER, 1, 2, 1300, "delivered", 0, NULL);
	sig(db, SIGUSR1, SI_TKILL, 1, 1, 1400, "delivered", 1401, "handler");
	sig(db, SIGUSR1, SI_TKILL, 1, 3, 2400, "delivered", 2410, "wait");
	sig(db, SIGSTOP, SI_USER, 1, 2, 3000, "delivered", 3010, "default");
	sig(db, SIGCONT, SI_USER, 1, 2, 4000, "ignored", 0, NULL);
	call(db, 1, "kill", 3998, 4001, 0);
	report_db_add(db, "INSERT INTO state (task, state, start_ns, end_ns)"
			  "VALUES (2, 'stopped', 3010000, 3999000)");
	sig(db, SIGCONT, SI_USER, 1, 2, 4500, "ignored", 0, NULL);
	call(db, 1, "kill", 4499, 4501, 0);
	sig(db, SIGTERM, SI_USER, 1, 2, 5000, "delivered", 5002, "default");
	sig(db, SIGKILL, 0, 0, 3, 0, NULL, 6000, "default");
	expect(db, &plain,
	       "signals: 9 sent\n"
	       "time ms  signal      from               to            waited  why, and what it did\n"
	       "  1.100  SIGUSR2     b\\x1bsh (outside)  child 4712            kill() → ignored\n"
	       "  1.200  SIGRTMIN+1  parent 4711        child 4712            sigqueue() → lost: the queue was full\n"
	       "  1.300  SIGHUP      parent 4711        child 4712            kill() → never delivered\n"
	       "  1.400  SIGUSR1     itself             parent 4711  1.00 us  tgkill() → handler runs\n"
	       "  2.400  SIGUSR1     parent 4711        thread 4713  10.0 us  tgkill() → taken by sigwait()\n"
	       "  3.000  SIGSTOP     parent 4711        child 4712   10.0 us  kill() → stopped it\n"
	       "  4.000  SIGCONT     parent 4711        child 4712            kill() → it goes on\n"
	       "  4.500  SIGCONT     parent 4711        child 4712            kill() → ignored\n"
	       "  5.000  SIGTERM     parent 4711        child 4712   2.00 us  kill() → killed it\n"
	       "  6.000  SIGKILL     kernel             thread 4713           another thread ended all → ended it\n"
	       "\n"
	       "signal      to           sent  delivered  coalesced  ignored  lost  never  blocked  longest\n"
	       "SIGUSR2     child 4712      1          0          0        1     0      0        0\n"
	       "SIGRTMIN+1  child 4712      1          0          0        0     1      0        0\n"
	       "SIGHUP      child 4712      1          0          0        0     0      1        0\n"
	       "SIGUSR1     parent 4711     1          1          0        0     0      0        0  1.00 us\n"
	       "SIGUSR1     thread 4713     1          1          0        0     0      0        0  10.0 us\n"
	       "SIGSTOP     child 4712      1          1          0        0     0      0        0  10.0 us\n"
	       "SIGCONT     child 4712      2          0          0        2     0      0        0\n"
	       "SIGTERM     child 4712      1          1          0        0     0      0        0  2.00 us\n"
	       "total                       9          4          0        3     1      1        0  10.0 us\n");
}

static void test_causes_of_the_kernel(void **state)
{
	sqlite3 *db = report_db(tasks);

	(void)state;
	sig(db, SIGCHLD, CLD_EXITED, 4, 1, 1100, "ignored", 0, NULL);
	sig(db, SIGCHLD, CLD_KILLED, 2, 1, 1200, "delivered", 1210, "handler");
	sig(db, SIGCHLD, CLD_STOPPED, 2, 1, 1300, "ignored", 0, NULL);
	call(db, 3, "setitimer", 1350, 1351, 0);
	sig(db, SIGALRM, SI_KERNEL, 4, 1, 1400, "delivered", 1410, "handler");
	call(db, 1, "write", 1499, 1501, -32);
	sig(db, SIGPIPE, SI_USER, 1, 1, 1500, "delivered", 1502, "default");
	/* sent on purpose: the call that failed was before */
	sig(db, SIGPIPE, SI_USER, 1, 1, 1600, "delivered", 1602, "handler");
	report_db_add(db, "INSERT INTO fault_run (task, kind, start_ns, end_ns, address, n)"
			  "VALUES (1, 'segv', 1699000, 1701000, 8, 1)");
	sig(db, SIGSEGV, SEGV_MAPERR, 1, 1, 1700, "delivered", 1701, "handler");
	sig(db, SIGBUS, BUS_ADRERR, 2, 2, 1800, "delivered", 1801, "default");
	sig(db, SIGFPE, FPE_INTDIV, 2, 2, 1900, "delivered", 1901, "default");
	sig(db, SIGRTMIN, SI_TIMER, 4, 1, 2000, "delivered", 2010, "handler");
	sig(db, SIGINT, SI_KERNEL, 0, 1, 2100, "delivered", 2110, "handler");
	expect(db, &plain,
	       "signals: 11 sent\n"
	       "time ms  signal    from    to            waited  why, and what it did\n"
	       "  1.100  SIGCHLD   kernel  parent 4711           child 4714 exited with 7 → ignored\n"
	       "  1.200  SIGCHLD   kernel  parent 4711  10.0 us  child 4712 was killed by SIGTERM → handler runs\n"
	       "  1.300  SIGCHLD   kernel  parent 4711           child 4712 stopped → ignored\n"
	       "  1.400  SIGALRM   kernel  parent 4711  10.0 us  timer of setitimer() at 1.350 ms → handler runs\n"
	       "  1.500  SIGPIPE   kernel  parent 4711  2.00 us  write() to what nobody reads any more → kills it,\n"
	       "                                                 which is the default\n"
	       "  1.600  SIGPIPE   itself  parent 4711  2.00 us  kill() → handler runs\n"
	       "  1.700  SIGSEGV   kernel  parent 4711  1.00 us  fault at 0x8: an address where nothing is mapped →\n"
	       "                                                 handler runs\n"
	       "  1.800  SIGBUS    kernel  child 4712   1.00 us  fault: a page that the file does not have → killed\n"
	       "                                                 it\n"
	       "  1.900  SIGFPE    kernel  child 4712   1.00 us  division by zero → killed it\n"
	       "  2.000  SIGRTMIN  kernel  parent 4711  10.0 us  timer of timer_create() → handler runs\n"
	       "  2.100  SIGINT    kernel  parent 4711  10.0 us  a key on its terminal → handler runs\n"
	       "\n"
	       "signal    to           sent  delivered  coalesced  ignored  lost  never  blocked  longest\n"
	       "SIGCHLD   parent 4711     3          1          0        2     0      0        0  10.0 us\n"
	       "SIGALRM   parent 4711     1          1          0        0     0      0        0  10.0 us\n"
	       "SIGPIPE   parent 4711     2          2          0        0     0      0        0  2.00 us\n"
	       "SIGSEGV   parent 4711     1          1          0        0     0      0        0  1.00 us\n"
	       "SIGBUS    child 4712      1          1          0        0     0      0        0  1.00 us\n"
	       "SIGFPE    child 4712      1          1          0        0     0      0        0  1.00 us\n"
	       "SIGRTMIN  parent 4711     1          1          0        0     0      0        0  10.0 us\n"
	       "SIGINT    parent 4711     1          1          0        0     0      0        0  10.0 us\n"
	       "total                    11          9          0        2     0      0        0  10.0 us\n");
}

static void test_many_are_folded(void **state)
{
	sqlite3 *db = report_db(tasks);

	(void)state;
	for (int i = 0; i < 23; i++) {
		sig(db, SIGUSR1, SI_USER, 1, 2, 2000 + 10 * i, "delivered", 2003 + 10 * i,
		    "handler");
		sig(db, SIGUSR2, SI_USER, 2, 1, 2005 + 10 * i, "delivered", 2006 + 10 * i,
		    "handler");
	}
	for (int i = 0; i < 5; i++)
		sig(db, SIGUSR1 + 20 + i, SI_USER, 1, 2, 3000 + i, "ignored", 0, NULL);
	expect(db, &few,
	       "signals: 51 sent\n"
	       "time ms        signal   from         to            waited  why, and what it did\n"
	       "  2.000  23 x  SIGUSR1  parent 4711  child 4712   3.00 us  kill() -> handler runs\n"
	       "  2.005  23 x  SIGUSR2  child 4712   parent 4711  1.00 us  kill() -> handler runs\n"
	       "  3.000        SIGPWR   parent 4711  child 4712            kill() -> ignored\n"
	       "4 signals are not listed\n"
	       "\n"
	       "signal     to           sent  delivered  coalesced  ignored  lost  never  blocked  longest\n"
	       "SIGUSR1    child 4712     23         23          0        0     0      0        0  3.00 us\n"
	       "SIGUSR2    parent 4711    23         23          0        0     0      0        0  1.00 us\n"
	       "SIGPWR     child 4712      1          0          0        1     0      0        0\n"
	       "SIGSYS     child 4712      1          0          0        1     0      0        0\n"
	       "signal 32  child 4712      1          0          0        1     0      0        0\n"
	       "signal 33  child 4712      1          0          0        1     0      0        0\n"
	       "SIGRTMIN   child 4712      1          0          0        1     0      0        0\n"
	       "total                     51         46          0        5     0      0        0  3.00 us\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_coalesced),
		cmocka_unit_test(test_outcomes),
		cmocka_unit_test(test_causes_of_the_kernel),
		cmocka_unit_test(test_many_are_folded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

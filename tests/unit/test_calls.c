// SPDX-License-Identifier: GPL-2.0
/*
 * The class of every number is compared with a list written by number, so that
 * a misspelled name and a call too many are both seen.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <asm/unistd.h>

#include "record/calls.h"
#include "record/subjects.h"

#define R FL_CALL_RECORD
#define FILE_IN (R | FL_CALL_FILE)
#define FILE_OUT (R | FL_CALL_FILE | FL_CALL_SENDS)
#define MAPS (R | FL_CALL_MAPS)
#define P0 (R | FL_CALL_PATH0)
#define P1 (R | FL_CALL_PATH1)
#define FRESH (R | FL_CALL_FRESH)

/* Calls of these are recorded by every architecture. */
static void generic_calls(void **state)
{
	__u16 class[FL_NR_CALLS];

	(void)state;
	memset(class, 0xff, sizeof(class));
	calls_classify(SUBJECT_MESSAGES, class);
	assert_int_equal(class[__NR_clone], R);
	assert_int_equal(class[__NR_execve], P0);
	assert_int_equal(class[__NR_exit_group], FL_CALL_AT_ENTRY);
	assert_int_equal(class[__NR_munmap], MAPS);
	assert_int_equal(class[__NR_read], FILE_IN | FL_CALL_DATA);
	assert_int_equal(class[__NR_write], FILE_OUT | FL_CALL_DATA);
	assert_int_equal(class[__NR_pipe2], R | FL_CALL_PIPE);
	assert_int_equal(class[__NR_openat], P1 | FL_CALL_FRESH);
	assert_int_equal(class[__NR_getppid], 0);
	assert_int_equal(class[FL_NR_CALLS - 1], 0);
}

static void every_call(void **state)
{
	__u16 class[FL_NR_CALLS];
	int nr;

	(void)state;
	calls_classify(SUBJECT_CALLS, class);
	for (nr = 0; nr < FL_NR_CALLS; nr++) {
		if (nr == __NR_exit || nr == __NR_exit_group)
			assert_int_equal(class[nr], FL_CALL_AT_ENTRY);
		else
			assert_int_equal(class[nr] & (R | FL_CALL_AT_ENTRY), R);
	}
	assert_int_equal(class[__NR_getppid], R);
	assert_int_equal(class[__NR_read], FILE_IN | FL_CALL_DATA);
	assert_int_equal(class[__NR_kill], R);
	assert_int_equal(class[__NR_munmap], MAPS);
}

#ifdef __x86_64__
#define LIFE_CALLS                                                                                 \
	[__NR_clone] = R, [__NR_clone3] = R, [__NR_fork] = R, [__NR_vfork] = R, [__NR_wait4] = R,  \
	[__NR_waitid] = R, [__NR_execve] = P0, [__NR_execveat] = P1,                               \
	[__NR_exit] = FL_CALL_AT_ENTRY, [__NR_exit_group] = FL_CALL_AT_ENTRY, [__NR_mmap] = MAPS,  \
	[__NR_munmap] = MAPS, [__NR_mprotect] = MAPS, [__NR_pkey_mprotect] = MAPS,                 \
	[__NR_mremap] = MAPS, [__NR_remap_file_pages] = MAPS, [__NR_brk] = MAPS,                   \
	[__NR_madvise] = MAPS, [__NR_mlock] = MAPS, [__NR_mlock2] = MAPS, [__NR_mlockall] = MAPS,  \
	[__NR_munlock] = MAPS, [__NR_munlockall] = MAPS, [__NR_shmat] = MAPS, [__NR_shmdt] = MAPS

#define STREAM_CALLS                                                                               \
	[__NR_read] = FILE_IN, [__NR_pread64] = FILE_IN,                                           \
	[__NR_recvfrom] = FILE_IN | FL_CALL_ADDRESS, [__NR_write] = FILE_OUT,                      \
	[__NR_pwrite64] = FILE_OUT, [__NR_sendto] = FILE_OUT | FL_CALL_ADDRESS,                    \
	[__NR_readv] = FILE_IN, [__NR_preadv] = FILE_IN, [__NR_preadv2] = FILE_IN,                 \
	[__NR_recvmsg] = FILE_IN | FL_CALL_HEADER, [__NR_recvmmsg] = FILE_IN | FL_CALL_HEADERS,    \
	[__NR_writev] = FILE_OUT, [__NR_pwritev] = FILE_OUT, [__NR_pwritev2] = FILE_OUT,           \
	[__NR_sendmsg] = FILE_OUT | FL_CALL_HEADER, [__NR_sendmmsg] = FILE_OUT | FL_CALL_HEADERS,  \
	[__NR_sendfile] = FILE_OUT, [__NR_vmsplice] = FILE_IN | FL_CALL_ONTO0,                     \
	[__NR_splice] = FILE_IN | FL_CALL_ONTO2, [__NR_tee] = FILE_IN | FL_CALL_ONTO1,             \
	[__NR_copy_file_range] = FILE_IN

#define FILE_CALLS                                                                                 \
	[__NR_pipe] = R | FL_CALL_PIPE, [__NR_pipe2] = R | FL_CALL_PIPE,                           \
	[__NR_open] = P0 | FL_CALL_FRESH, [__NR_creat] = P0 | FL_CALL_FRESH,                       \
	[__NR_openat] = P1 | FL_CALL_FRESH, [__NR_openat2] = P1 | FL_CALL_FRESH,                   \
	[__NR_dup] = FRESH, [__NR_dup2] = FRESH, [__NR_dup3] = FRESH, [__NR_close] = R,            \
	[__NR_close_range] = R, [__NR_fcntl] = FILE_IN, [__NR_mknod] = P0, [__NR_unlink] = P0,     \
	[__NR_mknodat] = P1, [__NR_unlinkat] = P1, [__NR_ftruncate] = FILE_IN

#define MESSAGE_CALLS                                                                              \
	[__NR_socketpair] = R, [__NR_socket] = FRESH, [__NR_accept] = FRESH,                       \
	[__NR_accept4] = FRESH, [__NR_connect] = FILE_IN, [__NR_bind] = FILE_IN,                   \
	[__NR_listen] = FILE_IN, [__NR_shutdown] = FILE_IN

/* What newer headers than the oldest supported ones name. */
#ifdef __NR_futex_wake
#define NEW_FUTEX_CALLS [__NR_futex_wait] = R, [__NR_futex_wake] = R, [__NR_futex_requeue] = R,
#else
#define NEW_FUTEX_CALLS
#endif
#define FUTEX_CALLS NEW_FUTEX_CALLS[__NR_futex] = R, [__NR_futex_waitv] = R

#define SLEEP_CALLS [__NR_pause] = R, [__NR_rt_sigsuspend] = R, [__NR_rt_sigtimedwait] = R

#define STATE_CALLS                                                                                \
	[__NR_nanosleep] = R, [__NR_clock_nanosleep] = R, [__NR_poll] = R, [__NR_ppoll] = R,       \
	[__NR_select] = R, [__NR_pselect6] = R, [__NR_epoll_wait] = R, [__NR_epoll_pwait] = R,     \
	[__NR_epoll_pwait2] = R, [__NR_msgsnd] = R, [__NR_msgrcv] = R, [__NR_semop] = R,           \
	[__NR_semtimedop] = R, [__NR_mq_timedsend] = R, [__NR_mq_timedreceive] = R,                \
	[__NR_io_getevents] = R, [__NR_io_pgetevents] = R, [__NR_io_uring_enter] = R,              \
	[__NR_fsync] = R, [__NR_fdatasync] = R, [__NR_sync] = R, [__NR_syncfs] = R,                \
	[__NR_sync_file_range] = R, [__NR_msync] = R, [__NR_sched_yield] = R,                      \
	[__NR_sched_setscheduler] = R, [__NR_sched_setparam] = R, [__NR_sched_setattr] = R,        \
	[__NR_sched_setaffinity] = R, [__NR_setpriority] = R

#define SIGNAL_CALLS                                                                               \
	[__NR_kill] = R, [__NR_tkill] = R, [__NR_tgkill] = R, [__NR_rt_sigqueueinfo] = R,          \
	[__NR_rt_tgsigqueueinfo] = R, [__NR_pidfd_send_signal] = R, [__NR_rt_sigaction] = R,       \
	[__NR_rt_sigprocmask] = R, [__NR_rt_sigreturn] = R, [__NR_signalfd] = R,                   \
	[__NR_signalfd4] = R, [__NR_alarm] = R, [__NR_setitimer] = R, [__NR_timer_settime] = R

static void check(unsigned int subjects, const __u16 expected[FL_NR_CALLS])
{
	/* whose buffer is known, whatever is recorded */
	static const __u16 always[FL_NR_CALLS] = {
		[__NR_read] = FL_CALL_DATA,   [__NR_pread64] = FL_CALL_DATA,
		[__NR_write] = FL_CALL_DATA,  [__NR_pwrite64] = FL_CALL_DATA,
		[__NR_sendto] = FL_CALL_DATA, [__NR_recvfrom] = FL_CALL_DATA,
	};
	__u16 class[FL_NR_CALLS];
	int nr;

	memset(class, 0xff, sizeof(class));
	calls_classify(subjects, class);
	for (nr = 0; nr < FL_NR_CALLS; nr++)
		if (class[nr] != (expected[nr] | always[nr]))
			fail_msg("subjects %#x: call %d has class %#x, expected %#x", subjects, nr,
				 class[nr], expected[nr] | always[nr]);
}

static void each_subject(void **state)
{
	static const __u16 none[FL_NR_CALLS] = { LIFE_CALLS };
	static const __u16 messages[FL_NR_CALLS] = { LIFE_CALLS, STREAM_CALLS, FILE_CALLS,
						     MESSAGE_CALLS };
	static const __u16 data[FL_NR_CALLS] = { LIFE_CALLS, STREAM_CALLS, FILE_CALLS };
	static const __u16 locks[FL_NR_CALLS] = { LIFE_CALLS, FILE_CALLS,
						  FUTEX_CALLS, [__NR_flock] = FILE_IN };
	static const __u16 states[FL_NR_CALLS] = { LIFE_CALLS, FUTEX_CALLS, SLEEP_CALLS,
						   STATE_CALLS };
	static const __u16 signals[FL_NR_CALLS] = { LIFE_CALLS, SLEEP_CALLS, SIGNAL_CALLS };
	static const __u16 all[FL_NR_CALLS] = {
		LIFE_CALLS,  STREAM_CALLS, FILE_CALLS,   MESSAGE_CALLS,         FUTEX_CALLS,
		SLEEP_CALLS, STATE_CALLS,  SIGNAL_CALLS, [__NR_flock] = FILE_IN
	};

	(void)state;
	check(0, none);
	check(SUBJECT_PAGES | SUBJECT_RSS, none);
	check(SUBJECT_MESSAGES, messages);
	check(SUBJECT_DATA, data);
	check(SUBJECT_LOCKS, locks);
	check(SUBJECT_STATES, states);
	check(SUBJECT_SIGNALS, signals);
	check(SUBJECT_DEFAULT | SUBJECT_DATA, all);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(generic_calls),
		cmocka_unit_test(every_call),
#ifdef __x86_64__
		cmocka_unit_test(each_subject),
#endif
	};

	return cmocka_run_group_tests_name("calls", tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0
#include "record/calls.h"

#include <stdbool.h>
#include <string.h>

#include "record/subjects.h"
#include "syscall_names.h"

/* A subject that is always there, and sets of others. */
#define LIFE (1u << 31)
#define STREAMS (SUBJECT_MESSAGES | SUBJECT_DATA)
#define FILES (SUBJECT_MESSAGES | SUBJECT_DATA | SUBJECT_LOCKS)

/* Calls alike: names with blanks between, who wants them, and what else than a record. */
static const struct group {
	const char *names;
	unsigned int subjects;
	__u16 class;
} groups[] = {
	/* Life cycle */
	{ "clone clone3 fork vfork wait4 waitpid waitid", LIFE, 0 },
	{ "execve", LIFE, FL_CALL_PATH0 },
	{ "execveat", LIFE, FL_CALL_PATH1 },
	{ "exit exit_group", LIFE, FL_CALL_AT_ENTRY },

	/* The address space */
	{ "mmap mmap2 munmap mprotect pkey_mprotect mremap remap_file_pages brk madvise", LIFE,
	  FL_CALL_MAPS },
	{ "mlock mlock2 mlockall munlock munlockall shmat shmdt", LIFE, FL_CALL_MAPS },

	/* Bytes in and out.  sendfile names where they go first, splice and the like where from. */
	{ "read pread64 recv", STREAMS, FL_CALL_FILE | FL_CALL_DATA },
	{ "recvfrom", STREAMS, FL_CALL_FILE | FL_CALL_DATA | FL_CALL_ADDRESS },
	{ "write pwrite64 send", STREAMS, FL_CALL_FILE | FL_CALL_SENDS | FL_CALL_DATA },
	{ "sendto", STREAMS, FL_CALL_FILE | FL_CALL_SENDS | FL_CALL_DATA | FL_CALL_ADDRESS },
	{ "readv preadv preadv2", STREAMS, FL_CALL_FILE },
	{ "recvmsg", STREAMS, FL_CALL_FILE | FL_CALL_HEADER },
	{ "recvmmsg recvmmsg_time64", STREAMS, FL_CALL_FILE | FL_CALL_HEADERS },
	{ "writev pwritev pwritev2 sendfile sendfile64", STREAMS, FL_CALL_FILE | FL_CALL_SENDS },
	{ "sendmsg", STREAMS, FL_CALL_FILE | FL_CALL_SENDS | FL_CALL_HEADER },
	{ "sendmmsg", STREAMS, FL_CALL_FILE | FL_CALL_SENDS | FL_CALL_HEADERS },
	{ "vmsplice", STREAMS, FL_CALL_FILE | FL_CALL_ONTO0 },
	{ "tee", STREAMS, FL_CALL_FILE | FL_CALL_ONTO1 },
	{ "splice", STREAMS, FL_CALL_FILE | FL_CALL_ONTO2 },
	{ "copy_file_range", STREAMS, FL_CALL_FILE },

	/* What the bytes flow through */
	{ "pipe pipe2", FILES, FL_CALL_PIPE },
	{ "socketpair", SUBJECT_MESSAGES, 0 },
	{ "socket accept accept4", SUBJECT_MESSAGES, FL_CALL_FRESH },
	{ "connect bind listen shutdown", SUBJECT_MESSAGES, FL_CALL_FILE },
	{ "open creat", FILES, FL_CALL_PATH0 | FL_CALL_FRESH },
	{ "openat openat2", FILES, FL_CALL_PATH1 | FL_CALL_FRESH },
	{ "dup dup2 dup3", FILES, FL_CALL_FRESH },
	{ "close close_range", FILES, 0 }, /* the descriptor is void when the call ends */
	{ "fcntl fcntl64", FILES, FL_CALL_FILE },
	{ "mknod unlink", FILES, FL_CALL_PATH0 },
	{ "mknodat unlinkat", FILES, FL_CALL_PATH1 },
	{ "ftruncate ftruncate64", FILES, FL_CALL_FILE },

	{ "flock", SUBJECT_LOCKS, FL_CALL_FILE },
	{ "futex futex_time64 futex_wait futex_wake futex_requeue futex_waitv",
	  SUBJECT_LOCKS | SUBJECT_STATES, 0 },

	/* Calls that sleep, and calls that say how a task is scheduled */
	{ "nanosleep clock_nanosleep clock_nanosleep_time64", SUBJECT_STATES, 0 },
	{ "poll ppoll ppoll_time64 select _newselect pselect6 pselect6_time64", SUBJECT_STATES, 0 },
	{ "epoll_wait epoll_pwait epoll_pwait2", SUBJECT_STATES, 0 },
	{ "msgsnd msgrcv semop semtimedop semtimedop_time64", SUBJECT_STATES, 0 },
	{ "mq_timedsend mq_timedsend_time64 mq_timedreceive mq_timedreceive_time64", SUBJECT_STATES,
	  0 },
	{ "io_getevents io_pgetevents io_pgetevents_time64 io_uring_enter", SUBJECT_STATES, 0 },
	{ "fsync fdatasync sync syncfs sync_file_range msync", SUBJECT_STATES, 0 },
	{ "sched_yield sched_setscheduler sched_setparam sched_setattr sched_setaffinity",
	  SUBJECT_STATES, 0 },
	{ "setpriority nice", SUBJECT_STATES, 0 },

	{ "pause sigsuspend rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64",
	  SUBJECT_SIGNALS | SUBJECT_STATES, 0 },
	{ "kill tkill tgkill rt_sigqueueinfo rt_tgsigqueueinfo pidfd_send_signal", SUBJECT_SIGNALS,
	  0 },
	{ "sigaction rt_sigaction sigprocmask rt_sigprocmask rt_sigreturn signalfd signalfd4",
	  SUBJECT_SIGNALS, 0 },
	{ "alarm setitimer timer_settime timer_settime64", SUBJECT_SIGNALS, 0 },
};

static bool lists(const char *names, const char *name)
{
	size_t length = strlen(name);
	const char *at;

	for (at = names; (at = strstr(at, name)); at += length)
		if ((at == names || at[-1] == ' ') && (!at[length] || at[length] == ' '))
			return true;
	return false;
}

static const struct group *group_of(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		if (lists(groups[i].names, name))
			return &groups[i];
	return NULL;
}

void calls_classify(unsigned int subjects, __u16 class[FL_NR_CALLS])
{
	size_t nr, known = sizeof(syscall_names) / sizeof(syscall_names[0]);

	for (nr = 0; nr < FL_NR_CALLS; nr++) {
		const struct group *group =
			nr < known && syscall_names[nr] ? group_of(syscall_names[nr]) : NULL;

		class[nr] = subjects & SUBJECT_CALLS ? FL_CALL_RECORD : 0;
		/* what a call returned tells which of its faults were refused */
		if (group)
			class[nr] |= group->class & FL_CALL_DATA;
		if (!group || !((subjects | LIFE) & (group->subjects | SUBJECT_CALLS)))
			continue;
		class[nr] = group->class;
		/* exit() and exit_group() do not come back. */
		if (!(group->class & FL_CALL_AT_ENTRY))
			class[nr] |= FL_CALL_RECORD;
	}
}

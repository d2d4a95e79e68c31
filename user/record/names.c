// SPDX-License-Identifier: GPL-2.0
#include "record/names.h"

#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>

#include "event.h"

static const char *word(const char *const *words, size_t nr, unsigned int i)
{
	return i < nr && words[i] ? words[i] : "unknown";
}
#define WORD(words, i) word(words, sizeof(words) / sizeof((words)[0]), i)

const char *names_kind(unsigned int kind)
{
	static const char *const words[] = {
		[FL_ZERO_FILL] = "zero_fill",
		[FL_ZERO_PAGE] = "zero_page",
		[FL_COPY] = "copy",
		[FL_COPY_ZERO] = "copy_zero",
		[FL_REUSE] = "reuse",
		[FL_FILE] = "file",
		[FL_FILE_COPY] = "file_copy",
		[FL_SHARED_DIRTY] = "shared_dirty",
		[FL_SHMEM] = "shmem",
		[FL_HUGE_ZERO_FILL] = "huge_zero_fill",
		[FL_HUGE_ZERO_PAGE] = "huge_zero_page",
		[FL_HUGE_COPY] = "huge_copy",
		[FL_HUGE_REUSE] = "huge_reuse",
		[FL_SWAP] = "swap",
		[FL_NUMA] = "numa",
		[FL_UFFD] = "uffd",
		[FL_OTHER] = "other",
		[FL_STALE] = "stale",
		[FL_HUGETLB_FILL] = "hugetlb_fill",
		[FL_HUGETLB_COPY] = "hugetlb_copy",
		[FL_HUGETLB_REUSE] = "hugetlb_reuse",
		[FL_SEGV] = "segv",
		[FL_BUS] = "bus",
		[FL_NOFAULT] = "nofault",
		[FL_SPURIOUS] = "spurious",
	};

	return WORD(words, kind);
}

const char *names_via(unsigned int via)
{
	static const char *const words[] = {
		[FL_USER] = "user",
		[FL_KERNEL] = "kernel",
		[FL_GUP] = "gup",
	};

	return WORD(words, via);
}

const char *names_file_kind(unsigned int kind)
{
	static const char *const words[] = {
		[FL_FILE_REGULAR] = "regular", [FL_FILE_PIPE] = "pipe",
		[FL_FILE_FIFO] = "fifo",       [FL_FILE_UNIX] = "unix",
		[FL_FILE_TCP] = "tcp",         [FL_FILE_UDP] = "udp",
		[FL_FILE_CHAR] = "char",       [FL_FILE_DIR] = "dir",
		[FL_FILE_BLOCK] = "block",     [FL_FILE_SOCKET] = "socket",
		[FL_FILE_OTHER] = "other",     [FL_FILE_UNIX_PACKET] = "unix",
	};

	return WORD(words, kind);
}

const char *names_kthread(unsigned int what)
{
	static const char *const words[] = {
		[FL_KTHREAD_ASK] = "ask",
		[FL_KTHREAD_BORN] = "born",
		[FL_KTHREAD_STOP] = "stop",
		[FL_KTHREAD_EXIT] = "exit",
	};

	return WORD(words, what);
}

const char *names_page_use(unsigned int use)
{
	static const char *const words[] = {
		[FL_PAGE_USER] = "user",
		[FL_PAGE_TABLE] = "page_table",
		[FL_PAGE_OTHER] = "other",
	};

	return WORD(words, use);
}

const char *names_lock_kind(unsigned int kind)
{
	static const char *const words[] = {
		[FL_LOCK_FLOCK] = "flock",
		[FL_LOCK_POSIX] = "posix",
		[FL_LOCK_OFD] = "ofd",
	};

	return WORD(words, kind);
}

const char *names_lock_op(unsigned int op)
{
	static const char *const words[] = { "read", "write", "unlock" };

	return WORD(words, op);
}

const char *names_loss(unsigned int what)
{
	static const char *const words[] = {
		[FL_LOSS_RING] = "ring",
		[FL_LOSS_RECURSION] = "recursion",
		[FL_LOSS_MAP] = "map",
		[FL_LOSS_UNTRACKED] = "untracked",
	};

	return WORD(words, what);
}

const char *names_map(unsigned int map)
{
	static const char *const words[] = {
		[FL_MAP_LEDGER] = "ledger",   [FL_MAP_PAGES] = "pages",
		[FL_MAP_NAMES] = "names",     [FL_MAP_OBJECTS] = "objects",
		[FL_MAP_REGIONS] = "regions",
	};

	return WORD(words, map);
}

const char *names_family(unsigned int family)
{
	static const char *const words[] = { [AF_INET] = "inet", [AF_INET6] = "inet6" };

	return WORD(words, family);
}

const char *names_tcp_state(unsigned int state)
{
	static const char *const words[] = {
		NULL,        "established", "syn_sent",     "syn_recv",   "fin_wait1",
		"fin_wait2", "time_wait",   "close",        "close_wait", "last_ack",
		"listen",    "closing",     "new_syn_recv",
	};

	return WORD(words, state);
}

const char *names_protocol(unsigned int protocol)
{
	switch (protocol) {
	case IPPROTO_TCP:
		return "tcp";
	case IPPROTO_UDP:
		return "udp";
	case IPPROTO_ICMP:
		return "icmp";
	case IPPROTO_ICMPV6:
		return "icmp6";
	}
	return NULL;
}

const char *names_signal_result(unsigned int result)
{
	static const char *const words[] = {
		"delivered", "ignored", "already_pending", "overflow_fail", "lose_info",
	};

	return WORD(words, result);
}

const char *names_signal_action(unsigned long long handler)
{
	return handler == 0 ? "default" : handler == 1 ? "ignore" : "handler";
}

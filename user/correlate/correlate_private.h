/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of the correlator share.  Every function that gives an int
 * gives 0 or a negative errno; a failed one has left a sentence by
 * correlate_fail().
 */
#ifndef CORRELATE_PRIVATE_H
#define CORRELATE_PRIVATE_H

#include <errno.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "correlate/correlate_map.h"
#include "event.h"

/* Rows to insert: one prepared statement for each. */
enum row {
	ROW_RUN,
	ROW_TASK,
	ROW_PHASE,
	ROW_REGION,
	ROW_VALUE,
	ROW_FAULT_COUNT,
	ROW_FAULT_RUN,
	ROW_PAGE_ALLOC,
	ROW_RSS,
	ROW_STATE,
	ROW_SYSCALL,
	ROW_SIGNAL,
	ROW_LOCK,
	ROW_MESSAGE,
	ROW_LOSS,
	ROW_FRAME,
	ROW_PRIORITY,
	ROW_SOCK_STATE,
	ROW_PACKET,
	ROW_KTHREAD,
	ROW_FAULT_COST,
	ROW_CARD,
	ROW_REPARENT,
	ROW_VMA,
	ROW_OPEN_FILE,
	ROW_FREED,
	ROW_MAPPED_FILE,
	NR_ROWS,
};

/* What a task does, as far as it is known; see correlate_state.c. */
enum life {
	LIFE_UNKNOWN,
	LIFE_BEFORE, /* followed while it already lived: the first event tells */
	LIFE_NEW,
	LIFE_READY,
	LIFE_RUNNING,
	LIFE_WAITING,
	LIFE_STOPPED,
	LIFE_ZOMBIE,
	LIFE_DEAD,
};

struct state {
	enum life life;
	int cpu; /* -1: none */
	const char *why;
	const char *sleep; /* what may end the wait, but for a wake-up */
	__u64 since;
	__u64 known; /* the last moment at which it is known to have lasted */
	bool waking; /* by whom, until it is ready: */
	struct fl_waking waker;
};

/* A task of which something may still be told. */
struct task {
	__u32 id;
	bool known; /* its FL_TASK_NEW was seen */
	bool exited, ended, alive, group_dead;
	bool written; /* a row of `task` was made of it before */
	bool named, executed;
	__u32 tid, pid, parent, creator;
	__u32 process;        /* id of the task that leads its thread group */
	__u32 parent_now;     /* id; PARENT is who it was at the start */
	__u32 parent_process; /* of PARENT_NOW: id of the task that led it first; 0: none */
	__u64 clone_flags, base_min, base_maj, min_flt, maj_flt, nvcsw, nivcsw;
	char comm[FL_COMM_LEN]; /* NAMED */
	char exe[FL_DATA_LEN];  /* EXECUTED */
	char role[FL_NAME_LEN]; /* empty: none; the same for the phase */
	char phase[FL_NAME_LEN];
	__u64 phase_ns;
	__u64 start_ns, exec_ns, exit_ns, end_ns, reaped_ns; /* 0: not seen */
	__s32 status;
	struct fl_syscall *entered;       /* a call whose start was sent by itself */
	struct task *tid_next, *tid_prev; /* that had this tid before, and after */
	struct process *group;
	struct state state;
	bool killed; /* a deadly signal 9 whose sender is not known yet: */
	struct fl_signal_deliver kill;
	bool unreaped; /* it stands among these: */
	struct task *unreaped_next, *unreaped_prev;
	struct signal_queues *signals; /* that wait for it; NULL: none ever did */
	struct lock_request *lock;     /* that it asked for and was not answered */
};

struct process {
	__u32 id;                     /* of the task that led it first */
	__u32 nr_tasks;               /* that are not forgotten */
	struct task *leader;          /* NULL: not known */
	struct process *zombies;      /* children that ended and wait to be reaped ... */
	struct process *next, **link; /* ... and its own place in its parent's list */
	struct signal_queues *signals;
	struct map futexes; /* that are its own, by address */
};

struct correlation {
	sqlite3 *db;
	sqlite3_stmt *stmts[NR_ROWS];
	sqlite3_stmt *find_task;
	char *why;
	size_t why_size;

	__u64 start_ns;  /* time 0 */
	__u64 last_ns;   /* the latest record from the running system */
	bool has_states; /* the scheduler's records were asked for */
	bool finished;
	struct fl_finish finish;
	__u64 nr_unborn; /* tasks whose start was not seen */
	__u64 lost[FL_LOSS_UNTRACKED + 1];
	__u64 unseen; /* switches and wake-ups that must have been, by what came after */
	__u64 unreadable[FL_LAST_TYPE + 1]; /* by type; 0: of no type that we know */
	__u64 late[FL_LAST_TYPE + 1];       /* came too late to be put in their place */
	__u8 call_meaning[512];             /* enum call, by number */

	char **names;       /* by name id */
	char **calls;       /* words for system calls without a name, by number */
	struct map objects; /* id -> name */
	struct map costs;   /* struct fl_cost_key of faults told one by one -> how many */

	struct order *order;
	struct map tasks;     /* id -> struct task: what is not forgotten */
	struct map tids;      /* tid -> its latest holder */
	struct map processes; /* id of the task that led it first -> struct process */
	__u32 last_forgotten; /* the highest id of a task that is */
	/* whom nobody of the tree may ever reap, the one that ended first before the others */
	struct task *unreaped, *unreaped_last;
	size_t nr_unreaped;
	__u64 end_ns; /* of the task that ended last */

	struct locks *locks;
	struct futexes *futexes;
	struct messages *messages;
	struct cards *cards;
	struct map sock_ids; /* what the kernel gives -> number */
};

/* Write a sentence and return ERR (negative). */
int correlate_fail(struct correlation *c, int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static inline int correlate_no_memory(struct correlation *c)
{
	correlate_fail(c, -ENOMEM, "cannot read the recording: out of memory");
	return -ENOMEM;
}

/*
 * An array *ARRAY of N elements of SIZE bytes gets room for one more; its
 * capacity is the power of two at or above N, so none is kept.
 */
int correlate_grow(struct correlation *c, void *array, size_t n, size_t size);

/* What numbers in records mean.  Strings live as long as the correlation. */
const char *correlate_name(struct correlation *c, __u16 id);    /* NULL: none */
const char *correlate_syscall(struct correlation *c, __u16 nr); /* NULL: none; "exit" */
/* NULL: none, or not known: the names come at the end, a recording that was cut off has none. */
const char *correlate_object(struct correlation *c, __u32 id);

/* One value of a row. */
struct cell {
	enum { CELL_NULL, CELL_INT, CELL_TEXT, CELL_BLOB } type;
	int size;
	long long i;
	const void *p;
};

static inline struct cell cell_null(void)
{
	return (struct cell){ .type = CELL_NULL };
}

static inline struct cell cell_int(long long i)
{
	return (struct cell){ .type = CELL_INT, .i = i };
}

/* An id of which 0 means none. */
static inline struct cell cell_id(__u32 id)
{
	return id ? cell_int(id) : cell_null();
}

static inline struct cell cell_text(const char *s)
{
	return s ? (struct cell){ .type = CELL_TEXT, .size = -1, .p = s } : cell_null();
}

/* A fixed field of a record, which may lack its NUL. */
static inline struct cell cell_chars(const char *s, size_t max)
{
	return s ? (struct cell){ .type = CELL_TEXT, .size = (int)strnlen(s, max), .p = s } :
		   cell_null();
}

static inline struct cell cell_blob(const void *p, int size)
{
	return size ? (struct cell){ .type = CELL_BLOB, .size = size, .p = p } : cell_null();
}

/* Clock time T_NS as time since the start, at least 0; 0 means not known. */
struct cell cell_time(const struct correlation *c, __u64 t_ns);

int row_add(struct correlation *c, enum row row, const struct cell *cells, int n);
#define ROW_ADD(c, row, ...)                                                                       \
	row_add(c, row, (const struct cell[]){ __VA_ARGS__ },                                      \
		sizeof((const struct cell[]){ __VA_ARGS__ }) / sizeof(struct cell))

void row_free(struct correlation *c);

/* A row of `task` is there for ID; *EXIT is its exit_ns (NULL: not asked).  1, 0 or -errno. */
int row_task(struct correlation *c, __u32 id, struct cell *exit);

/* Rows of `lock` that were written with NUMBER for an object have the name PATH. */
int row_name_lock(struct correlation *c, const char *number, const char *path);

/*
 * correlate_order.c: the records whose order matters, in the order of their times.
 * All are shown to order_look() first, and then once more, in the same order, to
 * order_add(), which hands on to task_tell() those that nothing earlier can follow.
 */
int order_look(struct correlation *c, const struct fl_event *event, size_t size);
int order_add(struct correlation *c, const struct fl_event *event, size_t size);
int order_finish(struct correlation *c); /* all the rest */
void order_free(struct correlation *c);

/* correlate_run.c: status, reason and rusage; the last of all. */
int run_finish(struct correlation *c);

/* correlate_fault.c: faults, memory and losses, whose order does not matter. */
bool fault_readable(const struct fl_event *event, size_t size); /* its times are all there */
int fault_record(struct correlation *c, const struct fl_event *event);
int fault_finish(struct correlation *c);

/* correlate_frame.c: what is behind the pages of regions. */
bool frame_readable(const struct fl_event *event, size_t size); /* its array is all there */
int frame_record(struct correlation *c, const struct fl_event *event);

/* correlate_net.c: sockets, packets and kernel threads, whose order does not matter. */
int net_record(struct correlation *c, const struct fl_event *event);
int kthread_record(struct correlation *c, const struct fl_event *event);
void net_free(struct correlation *c);

/*
 * correlate_task.c: the tree, phases, calls.  A task of which nothing more can be
 * told becomes a row and is forgotten.
 */
struct task *task_get(struct correlation *c, __u32 id);  /* makes it; NULL: no memory, or id 0 */
struct task *task_find(struct correlation *c, __u32 id); /* NULL: not there, or forgotten */
struct task *task_by_tid(const struct correlation *c, __u32 tid); /* its latest holder; or NULL */
int task_need(struct correlation *c, __u32 id); /* there is to be a row of it, unless ID is 0 */
int task_tell(struct correlation *c, const struct fl_event *event); /* in the order of time */
int task_finish(struct correlation *c);
void task_free(struct correlation *c);

/* correlate_process.c: thread groups, tids, and who reaped whom. */
int process_join(struct correlation *c, struct task *task);  /* the group TASK->process */
int process_leave(struct correlation *c, struct task *task); /* the last one forgets it */
void process_ended(struct process *process, struct process *parent);
void process_reaped(struct process *process);
void process_free(struct correlation *c);
/* Nobody may ever reap TASK, which has ended. */
void unreaped_add(struct correlation *c, struct task *task);
void unreaped_remove(struct correlation *c, struct task *task);
struct task *unreaped_oldest(const struct correlation *c);         /* if they are too many */
int tid_take(struct correlation *c, struct task *task, __u32 tid); /* instead of the one it had */
void tid_leave(struct correlation *c, struct task *task);
/* Whom the call of TASK has reaped; NULL: nobody that is known. */
struct task *process_waited(struct correlation *c, const struct task *task,
			    const struct fl_syscall *call);

/* correlate_run.c: table `run`. */
int run_finish(struct correlation *c);

/* correlate_state.c */
int state_start(struct correlation *c, struct task *task);
int state_record(struct correlation *c, struct task *task, const struct fl_event *event);
int state_reaped(struct correlation *c, struct task *task, __u64 now);
int state_finish(struct correlation *c, struct task *task);
int priority_record(struct correlation *c, const struct fl_event *event); /* in any order */

/* correlate_signal.c */
int signal_record(struct correlation *c, struct task *task, const struct fl_event *event);
int signal_exit(struct correlation *c, struct task *task);
int signal_call(struct correlation *c, struct task *task, const struct fl_syscall *call);
int signal_end(struct correlation *c, struct task *task); /* nothing more can come for it */
/* Those that wait in QUEUES were never delivered; frees. */
int signal_drop(struct correlation *c, struct signal_queues **queues);
void signal_free(struct signal_queues *queues);

/* correlate_lock.c */
int lock_look(struct correlation *c, const struct fl_file_lock *lock); /* before all others */
int lock_record(struct correlation *c, struct task *task, const struct fl_event *event);
int lock_call(struct correlation *c, struct task *task, const struct fl_syscall *call);
int lock_end(struct correlation *c, struct task *task); /* nothing more is asked by it */
void lock_abandon(struct task *task);                   /* after a failure: only frees */
int lock_finish(struct correlation *c);
void lock_free(struct correlation *c);

/* correlate_futex.c */
int futex_look(struct correlation *c, const struct fl_syscall *call); /* before all others */
int futex_call(struct correlation *c, const struct task *task, const struct fl_syscall *call);
void futex_end(struct process *process); /* it has ended */
int futex_finish(struct correlation *c);
void futex_free(struct correlation *c);

/* correlate_message.c */
int message_look(struct correlation *c, const struct fl_syscall *call); /* before all others */
int message_look_transfer(struct correlation *c, const struct fl_transfer *e);
int message_call(struct correlation *c, const struct fl_syscall *call);
int message_transfer(struct correlation *c, const struct fl_transfer *e);
int message_finish(struct correlation *c);
void message_free(struct correlation *c);

/* correlate_card.c: what was true of a task or process at a moment; in any order, but for parents. */
int card_record(struct correlation *c, const struct fl_event *event);
int vma_record(struct correlation *c, const struct fl_event *event);
int open_file_record(struct correlation *c, const struct fl_event *event);
int reparent_record(struct correlation *c, struct task *task, const struct fl_event *event);
int freed_record(struct correlation *c, const struct fl_event *event);
void card_free(struct correlation *c);

/* What a system call means to us. */
enum call {
	CALL_NONE,
	CALL_WAIT4,
	CALL_WAITID,
	CALL_SIGTIMEDWAIT,
	CALL_FUTEX,
	CALL_FILE_LOCK,
	CALL_EXEC,
	CALL_OPEN,
	CALL_READ,
	CALL_READV, /* where the size of the buffer is not among the arguments */
	CALL_WRITE,
	CALL_RECVFROM,
	CALL_RECVMSG,
};
enum call correlate_call(const struct correlation *c, __u16 nr);

#endif

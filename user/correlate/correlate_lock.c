// SPDX-License-Identifier: GPL-2.0
/*
 * File locks: who asked, when it was granted and given back, and who was in the
 * way.
 *
 * flock_lock_inode() and posix_lock_inode() tell of each attempt.  One that must
 * wait tells so and is tried again when it is woken; an unlock, also that of the
 * last close, gives back what its owner holds in its range.  A row is released
 * when nothing is left of it.  An unlock that gives nothing back (each close of
 * a file on which any process has a POSIX lock tries one) is no row.  Locks of
 * one inode number on two file systems are not told apart.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "correlate_private.h"
#include "names.h"

/* Ranges held on one file at once; beyond that the oldest are forgotten. */
#define MAX_HELD 512

enum { OP_READ = 0, OP_WRITE = 1, OP_UNLOCK = 2 };
#define GRANTED 0
#define QUEUED 1

struct lock_request {
	__u32 task;
	__u32 blocked_by;
	__u32 owner; /* numbered from 1 on */
	__u64 inode;
	__u64 request_ns, granted_ns, released_ns;
	__u64 start, end; /* bytes */
	__s64 ret;
	__u32 pieces; /* of its range that are still held */
	__u8 kind, op;
	bool granted, answered;
};

struct held {
	struct held *next;
	struct lock_request *row;
	__u64 owner, start, end;
};

struct file {
	struct held *held; /* the latest first */
	size_t nr_held;
};

struct locks {
	struct lock_request **rows;
	size_t nr_rows;
	struct map file_ids[2]; /* inode -> index + 1, for flock and for the other kinds */
	struct file *files;
	size_t nr_files;
	struct map owner_ids; /* what the kernel gives -> number */
	__u32 nr_owners;
	struct map path_ids;             /* inode -> index + 1 */
	const struct fl_syscall **paths; /* the first open of a file */
	size_t nr_paths;
};

static struct locks *locks_of(struct correlation *c)
{
	if (!c->locks)
		c->locks = calloc(1, sizeof(*c->locks));
	return c->locks;
}

static struct file *file_get(struct correlation *c, __u8 kind, __u64 inode)
{
	struct locks *l = c->locks;
	struct map *ids = &l->file_ids[kind != FL_LOCK_FLOCK];
	__u32 i = map_get(ids, inode);

	if (i)
		return &l->files[i - 1];
	if (correlate_grow(c, &l->files, l->nr_files, sizeof(*l->files)))
		return NULL;
	l->files[l->nr_files++] = (struct file){ 0 };
	return map_set(ids, inode, l->nr_files) ? NULL : &l->files[l->nr_files - 1];
}

static void give_back(struct file *file, struct held **at, __u64 now)
{
	struct held *held = *at;

	if (!--held->row->pieces && !held->row->released_ns)
		held->row->released_ns = now;
	*at = held->next;
	free(held);
	file->nr_held--;
}

/* Not given back, only forgotten: what is left of its row never ends. */
static void forget_oldest(struct file *file)
{
	struct held **last = &file->held;

	while (*last && (*last)->next)
		last = &(*last)->next;
	if (!*last)
		return;
	(*last)->row->pieces++;
	give_back(file, last, 0);
}

static int hold(struct correlation *c, struct file *file, struct lock_request *row, __u64 owner,
		__u64 start, __u64 end)
{
	struct held *held = malloc(sizeof(*held));

	if (!held)
		return correlate_no_memory(c);
	if (file->nr_held >= MAX_HELD)
		forget_oldest(file);
	*held = (struct held){ file->held, row, owner, start, end };
	file->held = held;
	file->nr_held++;
	row->pieces++;
	return 0;
}

/* Take [start, end] from what OWNER holds; 1 if that was anything. */
static int release(struct correlation *c, struct file *file, __u64 owner, __u64 start, __u64 end,
		   __u64 now)
{
	struct held **at = &file->held, *held;
	int any = 0, err;

	while ((held = *at)) {
		if (held->owner != owner || held->end < start || held->start > end) {
			at = &held->next;
			continue;
		}
		any = 1;
		if (held->start >= start && held->end <= end) {
			give_back(file, at, now);
			continue;
		}
		if (held->start < start && held->end > end) {
			__u64 rest = held->end;

			held->end = start - 1;
			err = hold(c, file, held->row, owner, end + 1, rest);
			return err ? err : any;
		}
		if (held->start < start)
			held->end = start - 1;
		else
			held->start = end + 1;
		at = &held->next;
	}
	return any;
}

static bool in_the_way(const struct held *held, const struct fl_file_lock *lock)
{
	return held->owner != lock->owner && held->end >= lock->start && held->start <= lock->end &&
	       (lock->op == OP_WRITE || held->row->op == OP_WRITE) && !held->row->released_ns;
}

static __u32 blocker(const struct file *file, const struct fl_file_lock *lock)
{
	const struct held *held;

	for (held = file->held; held; held = held->next)
		if (in_the_way(held, lock))
			return held->row->task;
	return 0;
}

/*
 * The kernel tells of an unlock after it has let the next one in, who may tell
 * of it first: what was in the way of a lock that is granted is free by then.
 */
static void overtake(struct file *file, const struct fl_file_lock *lock)
{
	struct held *held;

	for (held = file->held; held; held = held->next)
		if (in_the_way(held, lock) && held->row->pieces == 1)
			held->row->released_ns = lock->event.t_ns;
}

/* 0: no memory. */
static __u32 owner_number(struct correlation *c, __u64 owner)
{
	struct locks *l = c->locks;
	__u32 number = map_get(&l->owner_ids, owner);

	if (number)
		return number;
	return map_set(&l->owner_ids, owner, l->nr_owners + 1) ? 0 : ++l->nr_owners;
}

/* The request that this attempt belongs to: the one that TASK waits for, or a new one. */
static struct lock_request *request(struct correlation *c, struct task *task,
				    const struct fl_file_lock *lock)
{
	struct lock_request *row = task->lock;
	__u32 owner;

	if (row && !row->answered && !row->granted && row->inode == lock->inode &&
	    row->kind == lock->kind && row->op == lock->op && row->ret == QUEUED)
		return row;
	if (correlate_grow(c, &c->locks->rows, c->locks->nr_rows, sizeof(*c->locks->rows)))
		return NULL;
	owner = owner_number(c, lock->owner);
	row = owner ? calloc(1, sizeof(*row)) : NULL;
	if (!row)
		return NULL;
	row->task = task->id;
	row->inode = lock->inode;
	row->owner = owner;
	row->kind = lock->kind;
	row->op = lock->op;
	row->start = lock->start;
	row->end = lock->end;
	row->request_ns = lock->event.t_ns;
	c->locks->rows[c->locks->nr_rows++] = row;
	task->lock = row;
	return row;
}

/*
 * What is new in LOCK.  When the kernel tells of it, it has merged it with what
 * its owner held beside it in the same way: posix_lock_inode().
 */
static struct fl_file_lock unmerged(const struct file *file, const struct fl_file_lock *lock)
{
	struct fl_file_lock fresh = *lock;
	const struct held *held = file->held;

	while (held) {
		bool alike = held->owner == lock->owner && held->row->op == lock->op &&
			     held->row->kind == lock->kind;

		if (alike && held->start == fresh.start && held->end < fresh.end)
			fresh.start = held->end + 1;
		else if (alike && held->end == fresh.end && held->start > fresh.start)
			fresh.end = held->start - 1;
		else if (alike && held->start == fresh.start && held->end == fresh.end)
			return *lock; /* nothing is: it asked for all of it again */
		else
			alike = false;
		/* what is left may begin beside another piece */
		held = alike ? file->held : held->next;
	}
	return fresh;
}

int lock_record(struct correlation *c, struct task *task, const struct fl_event *event)
{
	const struct fl_file_lock *lock = (const struct fl_file_lock *)event;
	struct fl_file_lock fresh;
	__u64 now = event->t_ns;
	struct lock_request *row;
	struct file *file;
	int any = 0;

	if (!locks_of(c))
		return correlate_no_memory(c);
	file = file_get(c, lock->kind, lock->inode);
	if (!file)
		return correlate_no_memory(c);
	if (lock->ret == GRANTED && lock->kind != FL_LOCK_FLOCK && lock->op != OP_UNLOCK) {
		fresh = unmerged(file, lock);
		lock = &fresh;
	}
	if (lock->ret == GRANTED && lock->start <= lock->end) {
		any = release(c, file, lock->owner, lock->start, lock->end, now);
		if (any < 0)
			return any;
	}
	if (lock->op == OP_UNLOCK && !any)
		return 0;
	row = request(c, task, lock);
	if (!row)
		return correlate_no_memory(c);
	row->ret = lock->ret;
	if (lock->ret != GRANTED) {
		if (!row->blocked_by)
			row->blocked_by = blocker(file, lock);
		return 0;
	}
	row->granted = true;
	row->granted_ns = now;
	if (lock->op == OP_UNLOCK || lock->start > lock->end)
		return 0;
	overtake(file, lock);
	return hold(c, file, row, lock->owner, lock->start, lock->end);
}

static int opened(struct correlation *c, const struct fl_syscall *call)
{
	struct locks *l = c->locks;
	int err;

	if (call->ret < 0 || call->file_kind != FL_FILE_REGULAR || !call->data_len ||
	    map_get(&l->path_ids, call->file))
		return 0;
	err = correlate_grow(c, &l->paths, l->nr_paths, sizeof(*l->paths));
	if (err)
		return err;
	l->paths[l->nr_paths++] = call;
	return map_set(&l->path_ids, call->file, l->nr_paths) ? correlate_no_memory(c) : 0;
}

int lock_call(struct correlation *c, struct task *task, const struct fl_syscall *call)
{
	struct lock_request *row = task->lock;

	if (!locks_of(c))
		return correlate_no_memory(c);
	switch (correlate_call(c, call->nr)) {
	case CALL_OPEN:
		return opened(c, call);
	case CALL_FILE_LOCK:
		if (row && !row->answered && row->request_ns >= call->start_ns) {
			row->answered = true;
			row->request_ns = call->start_ns;
			row->ret = call->ret;
		}
		return 0;
	default:
		return 0;
	}
}

static int file_row(struct correlation *c, const struct lock_request *row)
{
	struct cell object;
	bool ranged = row->kind != FL_LOCK_FLOCK;
	char number[40];
	__u32 path = map_get(&c->locks->path_ids, row->inode);

	if (path) {
		const struct fl_syscall *open = c->locks->paths[path - 1];
		__u8 length = open->data_len < FL_DATA_LEN ? open->data_len : FL_DATA_LEN;

		object = cell_chars(open->data, length);
	} else {
		snprintf(number, sizeof(number), "inode:[%" PRIu64 "]", (uint64_t)row->inode);
		object = cell_text(number);
	}
	return ROW_ADD(
		c, ROW_LOCK, cell_int(row->task), cell_text(names_lock_kind(row->kind)), object,
		cell_text(names_lock_op(row->op)), cell_time(c, row->request_ns),
		cell_time(c, row->granted_ns), cell_time(c, row->released_ns),
		cell_id(row->blocked_by), row->ret == QUEUED ? cell_null() : cell_int(row->ret),
		cell_int(row->owner), ranged ? cell_int((long long)row->start) : cell_null(),
		ranged && row->end < INT64_MAX ? cell_int((long long)row->end) : cell_null());
}

int lock_finish(struct correlation *c)
{
	size_t i;
	int err = 0;

	if (!c->locks)
		return 0;
	for (i = 0; i < c->locks->nr_rows && !err; i++)
		err = file_row(c, c->locks->rows[i]);
	return err;
}

void lock_free(struct correlation *c)
{
	struct locks *l = c->locks;
	struct held *held;
	size_t i;

	if (!l)
		return;
	for (i = 0; i < l->nr_files; i++) {
		while ((held = l->files[i].held)) {
			l->files[i].held = held->next;
			free(held);
		}
	}
	for (i = 0; i < l->nr_rows; i++)
		free(l->rows[i]);
	free(l->rows);
	free(l->files);
	free(l->paths);
	map_free(&l->file_ids[0]);
	map_free(&l->file_ids[1]);
	map_free(&l->owner_ids);
	map_free(&l->path_ids);
	free(l);
}

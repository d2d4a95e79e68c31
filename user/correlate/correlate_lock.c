// SPDX-License-Identifier: GPL-2.0
/*
 * File locks: who asked, when it was granted and given back, and who was in the
 * way.
 *
 * flock_lock_inode() and posix_lock_inode() tell of each attempt.  One that must
 * wait tells so and is tried again when it is woken; an unlock, also that of the
 * last close, gives back what its owner holds in its range.  A row is released
 * when nothing is left of it.  An unlock that gives nothing back (each close of
 * a file on which any process has a POSIX lock tries one) is no row.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "correlate/correlate_private.h"
#include "record/names.h"

/* Ranges held on one file at once; beyond that the oldest are forgotten. */
#define MAX_HELD 512

enum { OP_READ = 0, OP_WRITE = 1, OP_UNLOCK = 2 };
#define GRANTED 0
#define QUEUED 1

/* Until its task was answered and nothing of it is held any more; then it is a row. */
struct lock_request {
	__u32 task;
	__u32 blocked_by;
	__u32 owner; /* numbered from 1 on */
	__u64 inode;
	__u8 device;
	__u64 request_ns, granted_ns, released_ns;
	__u64 start, end; /* bytes */
	__s64 ret;
	__u32 pieces; /* of its range that are still held */
	__u8 kind, op;
	bool granted;
	bool open;      /* the latest of its task, which was not answered */
	bool forgotten; /* some of its range is */
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

/* The path of the first open of a file on which there ever is a lock. */
struct lock_path {
	__u64 inode;
	bool known;
	bool missed; /* rows were written before it was known */
	char path[FL_DATA_LEN + 1];
};

struct locks {
	struct map files[2];  /* inode and device -> struct file, for flock and for the others */
	struct map owner_ids; /* what the kernel gives -> number */
	struct map paths;     /* the same -> struct lock_path */
};

static struct locks *locks_of(struct correlation *c)
{
	if (!c->locks)
		c->locks = calloc(1, sizeof(*c->locks));
	return c->locks;
}

static __u64 file_key(__u64 inode, __u8 device)
{
	return inode ^ (__u64)device << 56;
}

static struct file *file_get(struct correlation *c, const struct fl_file_lock *lock)
{
	struct map *files = &c->locks->files[lock->kind != FL_LOCK_FLOCK];
	__u64 key = file_key(lock->inode, lock->device);
	struct file *file = map_get(files, key);

	if (file)
		return file;
	file = calloc(1, sizeof(*file));
	if (!file || !map_set(files, key, file))
		return file;
	free(file);
	return NULL;
}

static struct cell object_of(struct lock_path *path, const struct lock_request *row, char *number,
			     size_t size)
{
	if (path && path->known)
		return cell_text(path->path);
	if (path)
		path->missed = true;
	snprintf(number, size, "inode:[%" PRIu64 "]", (uint64_t)row->inode);
	return cell_text(number);
}

static int file_row(struct correlation *c, const struct lock_request *row)
{
	bool ranged = row->kind != FL_LOCK_FLOCK;
	char number[40];

	return ROW_ADD(
		c, ROW_LOCK, cell_int(row->task), cell_text(names_lock_kind(row->kind)),
		object_of(map_get(&c->locks->paths, file_key(row->inode, row->device)), row, number,
			  sizeof(number)),
		cell_text(names_lock_op(row->op)), cell_time(c, row->request_ns),
		cell_time(c, row->granted_ns), cell_time(c, row->released_ns),
		cell_id(row->blocked_by), row->ret == QUEUED ? cell_null() : cell_int(row->ret),
		cell_int(row->owner), ranged ? cell_int((long long)row->start) : cell_null(),
		ranged && row->end < INT64_MAX ? cell_int((long long)row->end) : cell_null());
}

/* Write the row if nothing more can be told of it. */
static int settle(struct correlation *c, struct lock_request *row)
{
	int err;

	if (row->open || row->pieces)
		return 0;
	err = file_row(c, row);
	free(row);
	return err;
}

static int close_request(struct correlation *c, struct task *task)
{
	struct lock_request *row = task->lock;

	task->lock = NULL;
	if (!row)
		return 0;
	row->open = false;
	return settle(c, row);
}

static int give_back(struct correlation *c, struct file *file, struct held **at, __u64 now)
{
	struct held *held = *at;
	struct lock_request *row = held->row;

	if (!--row->pieces && !row->released_ns && !row->forgotten)
		row->released_ns = now;
	*at = held->next;
	free(held);
	file->nr_held--;
	return settle(c, row);
}

/* Not given back, only forgotten: what is left of its row never ends. */
static int forget_oldest(struct correlation *c, struct file *file)
{
	struct held **last = &file->held;

	while (*last && (*last)->next)
		last = &(*last)->next;
	if (!*last)
		return 0;
	(*last)->row->forgotten = true;
	return give_back(c, file, last, 0);
}

static int hold(struct correlation *c, struct file *file, struct lock_request *row, __u64 owner,
		__u64 start, __u64 end)
{
	struct held *held = malloc(sizeof(*held));
	int err = 0;

	if (!held)
		return correlate_no_memory(c);
	row->pieces++;
	if (file->nr_held >= MAX_HELD)
		err = forget_oldest(c, file);
	*held = (struct held){ file->held, row, owner, start, end };
	file->held = held;
	file->nr_held++;
	return err;
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
			err = give_back(c, file, at, now);
			if (err)
				return err;
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
		if (in_the_way(held, lock) && held->row->pieces == 1 && !held->row->forgotten)
			held->row->released_ns = lock->event.t_ns;
}

/* LOCK is a further attempt of a task that waits for ROW. */
static bool tries_again(const struct lock_request *row, const struct fl_file_lock *lock)
{
	return row && !row->granted && row->inode == lock->inode && row->device == lock->device &&
	       row->kind == lock->kind && row->op == lock->op && row->ret == QUEUED;
}

static int new_request(struct correlation *c, struct task *task, const struct fl_file_lock *lock)
{
	__u32 owner = map_number(&c->locks->owner_ids, lock->owner);
	struct lock_request *row = owner ? calloc(1, sizeof(*row)) : NULL;

	if (!row)
		return correlate_no_memory(c);
	row->task = task->id;
	row->inode = lock->inode;
	row->device = lock->device;
	row->owner = owner;
	row->kind = lock->kind;
	row->op = lock->op;
	row->start = lock->start;
	row->end = lock->end;
	row->request_ns = lock->event.t_ns;
	row->open = true;
	task->lock = row;
	return 0;
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
	int any = 0, err;

	if (!locks_of(c))
		return correlate_no_memory(c);
	file = file_get(c, lock);
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
	if (!tries_again(task->lock, lock)) {
		err = close_request(c, task);
		if (!err)
			err = new_request(c, task, lock);
		if (err)
			return err;
	}
	row = task->lock;
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

int lock_look(struct correlation *c, const struct fl_file_lock *lock)
{
	const __u64 key = file_key(lock->inode, lock->device);
	struct lock_path *path;

	if (!locks_of(c))
		return correlate_no_memory(c);
	if (map_get(&c->locks->paths, key))
		return 0;
	path = calloc(1, sizeof(*path));
	if (!path)
		return correlate_no_memory(c);
	path->inode = lock->inode;
	if (!map_set(&c->locks->paths, key, path))
		return 0;
	free(path);
	return correlate_no_memory(c);
}

static void opened(struct correlation *c, const struct fl_syscall *call)
{
	struct lock_path *path = map_get(&c->locks->paths, file_key(call->file, call->device));

	if (call->ret < 0 || call->file_kind != FL_FILE_REGULAR || !call->data_len || !path ||
	    path->known)
		return;
	path->known = true;
	memcpy(path->path, call->data, call->data_len < FL_DATA_LEN ? call->data_len : FL_DATA_LEN);
}

int lock_call(struct correlation *c, struct task *task, const struct fl_syscall *call)
{
	struct lock_request *row = task->lock;

	if (!c->locks)
		return 0;
	switch (correlate_call(c, call->nr)) {
	case CALL_OPEN:
		opened(c, call);
		return 0;
	case CALL_FILE_LOCK:
		if (!row || row->request_ns < call->start_ns)
			return 0;
		row->request_ns = call->start_ns;
		row->ret = call->ret;
		return close_request(c, task);
	default:
		return 0;
	}
}

int lock_end(struct correlation *c, struct task *task)
{
	return close_request(c, task);
}

/* Those that are held to the end. */
static int finish_file(struct correlation *c, struct file *file)
{
	int err = 0;

	while (file->held && !err) {
		file->held->row->forgotten = true;
		err = give_back(c, file, &file->held, 0);
	}
	return err;
}

int lock_finish(struct correlation *c)
{
	const struct lock_path *path;
	size_t at = 0;
	struct file *file;
	char number[40];
	int kind, err = 0;

	if (!c->locks)
		return 0;
	for (kind = 0; kind < 2; kind++)
		for (at = 0; !err && (file = map_next(&c->locks->files[kind], &at));)
			err = finish_file(c, file);
	for (at = 0; !err && (path = map_next(&c->locks->paths, &at));) {
		if (!path->known || !path->missed)
			continue;
		snprintf(number, sizeof(number), "inode:[%" PRIu64 "]", (uint64_t)path->inode);
		err = row_name_lock(c, number, path->path);
	}
	return err;
}

static void free_values(struct map *map)
{
	size_t at = 0;
	void *value;

	while ((value = map_next(map, &at)))
		free(value);
	map_free(map);
}

void lock_abandon(struct task *task)
{
	struct lock_request *row = task->lock;

	if (row && !row->pieces)
		free(row);
	else if (row)
		row->open = false;
}

static void free_file(struct file *file)
{
	struct held *held;

	while ((held = file->held)) {
		file->held = held->next;
		if (!--held->row->pieces && !held->row->open)
			free(held->row);
		free(held);
	}
}

void lock_free(struct correlation *c)
{
	struct locks *l = c->locks;
	struct file *file;
	size_t at;
	int kind;

	if (!l)
		return;
	for (kind = 0; kind < 2; kind++) {
		for (at = 0; (file = map_next(&l->files[kind], &at));)
			free_file(file);
		free_values(&l->files[kind]);
	}
	free_values(&l->paths);
	map_free(&l->owner_ids);
	free(l);
}

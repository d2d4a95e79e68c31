// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
/*
 * The raw records are read twice, and never kept: first for what gives numbers
 * their meaning (names, objects, the end mark) and for what must be known
 * beforehand; then records whose order matters are put in order
 * (correlate_order.c) and told to each subject one by one, and the others become
 * rows as they come.  A subject keeps what is not decided yet, a task that lives
 * or a wait that lasts, and writes its row when it is.
 *
 * A record that is too short for its type, or of a type that we do not know, is
 * counted in table `loss` as a record that could not be read, and makes the
 * recording incomplete.
 */
#include "base/array.h"
#include "correlate/correlate.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sysmacros.h>

#include "correlate/correlate_private.h"
#include "record/records.h"
#include "recording/recording.h"
#include "record/syscall_name.h"

int correlate_fail(struct correlation *c, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(c->why, c->why_size, format, args);
	va_end(args);
	return err;
}

int correlate_grow(struct correlation *c, void *arrayp, size_t n, size_t size)
{
	return array_grow(arrayp, n, size) ? correlate_no_memory(c) : 0;
}

static char *numbered(char **words, __u16 i, const char *prefix)
{
	if (!words[i] && asprintf(&words[i], "%s%u", prefix, i) < 0)
		words[i] = NULL;
	return words[i];
}

const char *correlate_name(struct correlation *c, __u16 id)
{
	return id ? numbered(c->names, id, "#") : NULL;
}

const char *correlate_syscall(struct correlation *c, __u16 nr)
{
	const char *name = syscall_name(nr);

	if (nr == FL_NO_SYSCALL)
		return NULL;
	if (nr == FL_IN_EXIT)
		return "exit";
	return name ? name : numbered(c->calls, nr, "syscall_");
}

const char *correlate_object(struct correlation *c, __u32 id)
{
	return id ? map_get(&c->objects, id) : NULL;
}

static const struct {
	const char *name;
	enum call meaning;
} meanings[] = {
	{ "wait4", CALL_WAIT4 },
	{ "waitid", CALL_WAITID },
	{ "rt_sigtimedwait", CALL_SIGTIMEDWAIT },
	{ "futex", CALL_FUTEX },
	{ "flock", CALL_FILE_LOCK },
	{ "fcntl", CALL_FILE_LOCK },
	{ "execve", CALL_EXEC },
	{ "execveat", CALL_EXEC },
	{ "open", CALL_OPEN },
	{ "openat", CALL_OPEN },
	{ "openat2", CALL_OPEN },
	{ "creat", CALL_OPEN },
	{ "read", CALL_READ },
	{ "readv", CALL_READV },
	{ "preadv2", CALL_READV }, /* of a stream: without an offset, as readv() */
	{ "splice", CALL_READV },  /* where it goes to has a record of its own */
	{ "recvfrom", CALL_RECVFROM },
	{ "recvmsg", CALL_RECVMSG },
	{ "write", CALL_WRITE },
	{ "writev", CALL_WRITE },
	{ "pwritev2", CALL_WRITE },
	{ "sendfile", CALL_WRITE }, /* the descriptor that we know is the one written to */
	{ "sendto", CALL_WRITE },
	{ "sendmsg", CALL_WRITE },
};

static void learn_calls(struct correlation *c)
{
	size_t i;

	for (i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
		int nr = syscall_number(meanings[i].name);

		if (nr >= 0 && nr < (int)sizeof(c->call_meaning))
			c->call_meaning[nr] = meanings[i].meaning;
	}
}

enum call correlate_call(const struct correlation *c, __u16 nr)
{
	return nr < sizeof(c->call_meaning) ? c->call_meaning[nr] : CALL_NONE;
}

static int learn_name(struct correlation *c, __u32 id, const char *name)
{
	if (!id || id > 0xffff || c->names[id])
		return 0;
	c->names[id] = strndup(name, FL_NAME_LEN);
	return c->names[id] ? 0 : correlate_no_memory(c);
}

static int learn_object(struct correlation *c, const struct fl_object *object, size_t size)
{
	size_t path = size - offsetof(struct fl_object, path);
	char *name = strndup(object->name, sizeof(object->name));
	void *before = map_get(&c->objects, object->id);

	if (!name)
		return correlate_no_memory(c);
	if (map_set(&c->objects, object->id, name)) {
		free(name);
		return correlate_no_memory(c);
	}
	free(before);
	return ROW_ADD(c, ROW_MAPPED_FILE, cell_text(name),
		       path ? cell_chars(object->path, path) : cell_null(),
		       cell_int((long long)makedev(object->device >> 20, object->device & 0xfffff)),
		       cell_int((long long)object->inode));
}

/* 0: no such type, or too short for it. */
static __u16 readable(const struct fl_event *event, size_t size)
{
	const struct record_type *t = event && size >= sizeof(*event) ? records_type(event->type) :
									NULL;

	if (!t)
		return 0;
	if (event->type == FL_FRAMES && !frame_readable(event, size))
		return 0;
	if (event->type == FL_FAULT_RUN && !fault_readable(event, size))
		return 0;
	if (event->type == FL_SYSCALL && size >= FL_SYSCALL_BARE &&
	    size < sizeof(struct fl_syscall) && ((const struct fl_syscall *)event)->data_len)
		return 0;
	return size >= t->size ? event->type : 0;
}

/* Bytes of a record whose order matters, as it is kept; 0: it does not matter. */
static size_t ordered_size(__u16 type, size_t size)
{
	const struct record_type *t = records_type(type);

	if (!t || !t->ordered)
		return 0;
	if (type == FL_SYSCALL && size >= sizeof(struct fl_syscall))
		return sizeof(struct fl_syscall);
	return t->size;
}

struct gathering {
	struct correlation *c;
	__u64 first_ns, command_ns;
};

static int gather(const void *record, size_t size, void *arg)
{
	const struct fl_event *event = record;
	struct gathering *g = arg;
	struct correlation *c = g->c;
	__u16 type = readable(event, size);
	int err = 0;

	if (type && type < FL_NAME) {
		if (!g->first_ns || event->t_ns < g->first_ns)
			g->first_ns = event->t_ns;
		if (event->t_ns > c->last_ns)
			c->last_ns = event->t_ns;
	}
	switch (type) {
	case 0:
		type = event && size >= sizeof(*event) ? event->type : 0;
		c->unreadable[records_type(type) ? type : 0]++;
		return 0;
	case FL_NAME:
		return learn_name(c, ((const struct fl_name *)record)->id,
				  ((const struct fl_name *)record)->name);
	case FL_OBJECT:
		return learn_object(c, record, size);
	case FL_FINISH:
		c->finished = true;
		memcpy(&c->finish, record, sizeof(c->finish));
		return 0;
	case FL_TASK_NEW:
		if (event->task == 1)
			g->command_ns = event->t_ns;
		break;
	case FL_MARK:
		/* a recording that was cut off has no FL_NAME */
		err = learn_name(c, ((const struct fl_mark *)record)->name_id,
				 ((const struct fl_mark *)record)->name);
		break;
	case FL_SWITCH_IN:
	case FL_SWITCH_OUT:
	case FL_READY:
		c->has_states = true;
		break;
	case FL_FILE_LOCK:
		err = lock_look(c, record);
		break;
	case FL_TRANSFER:
		err = message_look_transfer(c, record);
		break;
	case FL_SYSCALL:
		if (correlate_call(c, ((const struct fl_syscall *)record)->nr) == CALL_FUTEX)
			err = futex_look(c, record);
		else
			err = message_look(c, record);
		break;
	}
	size = ordered_size(type, size);
	return err || !size ? err : order_look(c, event, size);
}

static int pour(const void *record, size_t size, void *arg)
{
	__u16 type = readable(record, size);
	size_t ordered = ordered_size(type, size);

	if (ordered)
		return order_add(arg, record, ordered);
	switch (type) {
	case 0:
		return 0;
	case FL_SOCK_STATE:
	case FL_NET_QUEUE:
		return net_record(arg, record);
	case FL_KTHREAD:
		return kthread_record(arg, record);
	case FL_PRIO:
		return priority_record(arg, record);
	case FL_FRAMES:
		return frame_record(arg, record);
	case FL_VMA:
		return vma_record(arg, record);
	case FL_OPEN_FILE:
		return open_file_record(arg, record);
	case FL_TASK_FREE:
		return freed_record(arg, record);
	default:
		return fault_record(arg, record);
	}
}

static int run_all(struct correlation *c, struct gathering *g)
{
	static int (*const finish[])(struct correlation *) = {
		order_finish,   task_finish,  lock_finish, futex_finish,
		message_finish, fault_finish, run_finish,
	};
	size_t i;
	int err;

	learn_calls(c);
	err = recording_each(c->db, gather, g);
	if (err)
		return err;
	c->start_ns = c->finished ? c->finish.start_ns : g->command_ns;
	if (!c->start_ns)
		c->start_ns = g->first_ns;
	err = recording_each(c->db, pour, c);
	for (i = 0; i < sizeof(finish) / sizeof(finish[0]) && !err; i++)
		err = finish[i](c);
	return err;
}

static void free_words(char **words, size_t n)
{
	size_t i;

	for (i = 0; words && i < n; i++)
		free(words[i]);
	free(words);
}

static int execute(struct correlation *c, const char *sql)
{
	int code = sqlite3_exec(c->db, sql, NULL, NULL, NULL);

	return code ? correlate_fail(c, code == SQLITE_FULL ? -ENOSPC : -EIO,
				     "cannot fill the tables of the recording: %s",
				     sqlite3_errmsg(c->db)) :
		      0;
}

static int refuse_filled(struct correlation *c)
{
	sqlite3_stmt *stmt;
	int code;

	if (sqlite3_prepare_v2(c->db, "SELECT 1 FROM task", -1, &stmt, NULL))
		return correlate_fail(c, -EINVAL, "this is no recording: %s",
				      sqlite3_errmsg(c->db));
	code = sqlite3_step(stmt);
	sqlite3_finalize(stmt);
	return code == SQLITE_DONE ?
		       0 :
		       correlate_fail(c, -EEXIST, "the tables of the recording are already filled");
}

int correlate(sqlite3 *db, char *why, size_t why_size)
{
	struct correlation c = { .db = db, .why = why, .why_size = why_size };
	struct gathering g = { .c = &c };
	bool alone = sqlite3_get_autocommit(db);
	size_t at = 0;
	char *name;
	int err;

	why[0] = '\0';
	err = refuse_filled(&c);
	if (err)
		return err;
	c.names = calloc(1 << 16, sizeof(*c.names));
	c.calls = calloc(1 << 16, sizeof(*c.calls));
	err = c.names && c.calls ? execute(&c, "SAVEPOINT correlate") : correlate_no_memory(&c);
	if (err)
		goto out;
	err = run_all(&c, &g);
	if (err && !why[0])
		correlate_fail(&c, err, "cannot read the recording: %s", strerror(-err));
	row_free(&c);
	if (!err)
		err = execute(&c, "RELEASE correlate");
	if (err) {
		sqlite3_exec(db, "ROLLBACK TO correlate; RELEASE correlate", NULL, NULL, NULL);
		if (alone && !sqlite3_get_autocommit(db))
			sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	}
out:
	order_free(&c);
	lock_free(&c);
	task_free(&c);
	futex_free(&c);
	message_free(&c);
	net_free(&c);
	card_free(&c);
	while ((name = map_next(&c.objects, &at)))
		free(name);
	map_free(&c.objects);
	map_free(&c.costs);
	free_words(c.names, 1 << 16);
	free_words(c.calls, 1 << 16);
	return err;
}

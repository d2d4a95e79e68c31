// SPDX-License-Identifier: GPL-2.0
/*
 * Messages: bytes written to a stream are read from it in the same order, so the
 * two are laid side by side and each overlap of a write with a read is a row.
 * Both stand in the order in which the calls ended.  A read can only have got
 * what was begun to be written before it ended: what is missing came from
 * outside the tree.  What is left over at the end was read by nobody in it.
 *
 * UDP keeps datagrams apart, so there each read takes one write, whole.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "correlate_private.h"
#include "names.h"

#define FLAG_PEEK 2 /* MSG_PEEK: the bytes stay */

struct transfer {
	struct transfer *next;
	__u64 start_ns, end_ns;
	__u64 bytes;
	__u32 task;
};

struct transfers {
	struct transfer *head, **tail;
};

struct stream {
	__u64 file;
	__u8 kind;
	struct transfers writes, reads;
};

struct messages {
	struct map ids[FL_FILE_UDP + 1]; /* file -> index + 1, by kind */
	struct stream **streams;
	size_t nr_streams;
};

static struct stream *stream_get(struct correlation *c, __u8 kind, __u64 file)
{
	struct messages *m = c->messages;
	struct stream *stream;
	__u32 i;

	if (!m) {
		m = calloc(1, sizeof(*m));
		c->messages = m;
	}
	if (!m)
		return NULL;
	i = map_get(&m->ids[kind], file);
	if (i && m->streams)
		return m->streams[i - 1];
	if (correlate_grow(c, &m->streams, m->nr_streams, sizeof(*m->streams)))
		return NULL;
	stream = calloc(1, sizeof(*stream));
	if (!stream)
		return NULL;
	stream->file = file;
	stream->kind = kind;
	stream->writes.tail = &stream->writes.head;
	stream->reads.tail = &stream->reads.head;
	m->streams[m->nr_streams++] = stream;
	return map_set(&m->ids[kind], file, m->nr_streams) ? NULL : stream;
}

/* 'w', 'r', or 0 for a call that moves no bytes. */
static char direction(const struct correlation *c, const struct fl_syscall *call)
{
	switch (correlate_call(c, call->nr)) {
	case CALL_WRITE:
		return 'w';
	case CALL_READ:
		return 'r';
	case CALL_RECVFROM:
		return call->args[3] & FLAG_PEEK ? 0 : 'r';
	case CALL_RECVMSG:
		return call->args[2] & FLAG_PEEK ? 0 : 'r';
	default:
		return 0;
	}
}

int message_call(struct correlation *c, struct task *task, const struct fl_syscall *call)
{
	char way = direction(c, call);
	struct transfer *transfer;
	struct transfers *list;
	struct stream *stream;

	if (!way || call->ret <= 0 || call->file_kind < FL_FILE_PIPE ||
	    call->file_kind > FL_FILE_UDP)
		return 0;
	stream = stream_get(c, call->file_kind, call->file);
	transfer = stream ? malloc(sizeof(*transfer)) : NULL;
	if (!transfer)
		return correlate_no_memory(c);
	*transfer = (struct transfer){
		.start_ns = call->start_ns,
		.end_ns = call->event.t_ns,
		.bytes = (__u64)call->ret,
		.task = task->id,
	};
	list = way == 'w' ? &stream->writes : &stream->reads;
	*list->tail = transfer;
	list->tail = &transfer->next;
	return 0;
}

static int write_row(struct correlation *c, const struct stream *stream,
		     const struct transfer *from, const struct transfer *to, __u64 bytes)
{
	char object[40];

	snprintf(object, sizeof(object), "%s:[%" PRIu64 "]", names_file_kind(stream->kind),
		 (uint64_t)stream->file);
	return ROW_ADD(c, ROW_MESSAGE, cell_text(names_file_kind(stream->kind)), cell_text(object),
		       from ? cell_int(from->task) : cell_null(),
		       to ? cell_int(to->task) : cell_null(), cell_int((long long)bytes),
		       from ? cell_time(c, from->start_ns) : cell_null(),
		       to ? cell_time(c, to->end_ns) : cell_null());
}

static void take(struct transfer **transfer, __u64 bytes)
{
	(*transfer)->bytes -= bytes;
	if (!(*transfer)->bytes)
		*transfer = (*transfer)->next;
}

static int match(struct correlation *c, const struct stream *stream)
{
	struct transfer *from = stream->writes.head, *to = stream->reads.head;
	__u64 bytes;
	int err = 0;

	while (from && to && !err) {
		if (from->start_ns > to->end_ns) {
			/* written too late for this read */
			err = write_row(c, stream, NULL, to, to->bytes);
			take(&to, to->bytes);
		} else if (stream->kind == FL_FILE_UDP) {
			err = write_row(c, stream, from, to, to->bytes);
			take(&from, from->bytes);
			take(&to, to->bytes);
		} else {
			bytes = from->bytes < to->bytes ? from->bytes : to->bytes;
			err = write_row(c, stream, from, to, bytes);
			take(&from, bytes);
			take(&to, bytes);
		}
	}
	for (; from && !err; from = from->next)
		err = write_row(c, stream, from, NULL, from->bytes);
	for (; to && !err; to = to->next)
		err = write_row(c, stream, NULL, to, to->bytes);
	return err;
}

int message_finish(struct correlation *c)
{
	size_t i;
	int err = 0;

	for (i = 0; c->messages && i < c->messages->nr_streams && !err; i++)
		err = match(c, c->messages->streams[i]);
	return err;
}

static void free_transfers(struct transfers *list)
{
	struct transfer *transfer;

	while ((transfer = list->head)) {
		list->head = transfer->next;
		free(transfer);
	}
}

void message_free(struct correlation *c)
{
	struct messages *m = c->messages;
	size_t i;

	if (!m)
		return;
	for (i = 0; i < m->nr_streams; i++) {
		free_transfers(&m->streams[i]->writes);
		free_transfers(&m->streams[i]->reads);
		free(m->streams[i]);
	}
	free(m->streams);
	for (i = 0; i <= FL_FILE_UDP; i++)
		map_free(&m->ids[i]);
	free(m);
}

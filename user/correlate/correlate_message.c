// SPDX-License-Identifier: GPL-2.0
/*
 * Messages: bytes written to a stream are read from it in the same order, so the
 * two are laid side by side and each overlap of a write with a read is a row.
 * Both stand in the order in which the calls ended.  A read can only have got
 * what was begun to be written before it ended: what is missing came from
 * outside the tree.  What is left over at the end was read by nobody in it.
 *
 * Packets (UDP, UNIX datagrams and sequenced packets) stay apart: a read takes
 * the first that it can have got, by the port that it came from and by its size.
 * What did not fit into the reader's buffer is gone: datagram_poll() and
 * __unix_dgram_recvmsg() have no second read of it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "correlate_private.h"
#include "names.h"

#define FLAG_PEEK 0x2      /* MSG_PEEK: the bytes stay */
#define FLAG_CUT 0x20      /* MSG_TRUNC: a packet was larger than the buffer */
#define FLAG_ERRORS 0x2000 /* MSG_ERRQUEUE: these are no messages */
#define LAST_KIND FL_FILE_UNIX_PACKET

struct transfer {
	struct transfer *next;
	__u64 start_ns, end_ns;
	__u64 bytes;
	__u64 size; /* of a packet read: it had so many bytes, or if not EXACT at least */
	__u32 task;
	__u16 from_port; /* of a packet; 0: not known */
	bool exact;
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
	struct map ids[LAST_KIND + 1]; /* file -> index + 1, by kind */
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

static bool is_packet(__u8 kind)
{
	return kind == FL_FILE_UDP || kind == FL_FILE_UNIX_PACKET;
}

static bool carries_messages(__u8 kind)
{
	return (kind >= FL_FILE_PIPE && kind <= FL_FILE_UDP) || kind == FL_FILE_UNIX_PACKET;
}

/* 'w', 'r', or 0 for a call that moves no bytes. */
static char direction(const struct correlation *c, const struct fl_syscall *call)
{
	const __u64 no_message = FLAG_PEEK | FLAG_ERRORS;

	switch (correlate_call(c, call->nr)) {
	case CALL_WRITE:
		return 'w';
	case CALL_READ:
	case CALL_READV:
		return 'r';
	case CALL_RECVFROM:
		return call->args[3] & no_message ? 0 : 'r';
	case CALL_RECVMSG:
		return call->args[2] & no_message ? 0 : 'r';
	default:
		return 0;
	}
}

static int append(struct correlation *c, char way, __u8 kind, __u64 file,
		  const struct transfer *what)
{
	struct stream *stream = stream_get(c, kind, file);
	struct transfer *transfer = stream ? malloc(sizeof(*transfer)) : NULL;
	struct transfers *list;

	if (!transfer)
		return correlate_no_memory(c);
	*transfer = *what;
	list = way == 'w' ? &stream->writes : &stream->reads;
	*list->tail = transfer;
	list->tail = &transfer->next;
	return 0;
}

/* recvmsg() and recvmmsg() tell by FLAGS whether there was more than they took. */
static void told_by_flags(struct transfer *packet, __u32 flags)
{
	packet->exact = !(flags & FLAG_CUT);
	packet->size = packet->bytes + !packet->exact;
}

/* What CALL says of the size of the packet that it read. */
static void set_size(const struct correlation *c, const struct fl_syscall *call,
		     struct transfer *packet)
{
	enum call meaning = correlate_call(c, call->nr);
	__u64 room = call->args[2];

	packet->size = packet->bytes;
	if (meaning == CALL_RECVMSG) {
		told_by_flags(packet, (__u32)call->args[3]);
	} else if (meaning == CALL_RECVFROM && call->args[3] & FLAG_CUT) {
		/* asked to, it gives the size of all */
		packet->exact = true;
		if (packet->bytes > room)
			packet->bytes = room;
	} else if (meaning == CALL_RECVFROM || meaning == CALL_READ) {
		packet->exact = packet->bytes < room;
	}
}

int message_call(struct correlation *c, struct task *task, const struct fl_syscall *call)
{
	char way = direction(c, call);
	struct transfer transfer = {
		.start_ns = call->start_ns,
		.end_ns = call->event.t_ns,
		.bytes = (__u64)call->ret,
		.task = task->id,
		.from_port = call->from_port,
	};

	if (!way || call->ret < 0 || !carries_messages(call->file_kind))
		return 0;
	if (is_packet(call->file_kind))
		set_size(c, call, &transfer);
	else if (!call->ret)
		return 0;
	return append(c, way, call->file_kind, call->file, &transfer);
}

int message_transfer(struct correlation *c, const struct fl_transfer *e)
{
	struct transfer transfer = {
		.start_ns = e->start_ns,
		.end_ns = e->event.t_ns,
		.bytes = e->bytes,
		.task = e->event.task,
		.from_port = e->from_port,
	};

	told_by_flags(&transfer, e->flags);
	if (!carries_messages(e->file_kind) || (!e->bytes && !is_packet(e->file_kind)))
		return 0;
	return append(c, e->sends ? 'w' : 'r', e->file_kind, e->file, &transfer);
}

static int write_row(struct correlation *c, const struct stream *stream,
		     const struct transfer *from, const struct transfer *to, __u64 bytes)
{
	char object[40];
	__u64 cut = from && to && is_packet(stream->kind) ? from->bytes - bytes : 0;

	snprintf(object, sizeof(object), "%s:[%" PRIu64 "]", names_file_kind(stream->kind),
		 (uint64_t)stream->file);
	return ROW_ADD(c, ROW_MESSAGE, cell_text(names_file_kind(stream->kind)), cell_text(object),
		       from ? cell_int(from->task) : cell_null(),
		       to ? cell_int(to->task) : cell_null(), cell_int((long long)bytes),
		       from ? cell_time(c, from->start_ns) : cell_null(),
		       to ? cell_time(c, to->end_ns) : cell_null(), cell_int((long long)cut));
}

static void take(struct transfer **transfer, __u64 bytes)
{
	(*transfer)->bytes -= bytes;
	if (!(*transfer)->bytes)
		*transfer = (*transfer)->next;
}

static int match_bytes(struct correlation *c, const struct stream *stream)
{
	struct transfer *from = stream->writes.head, *to = stream->reads.head;
	__u64 bytes;
	int err = 0;

	while (from && to && !err) {
		if (from->start_ns > to->end_ns) {
			/* written too late for this read */
			err = write_row(c, stream, NULL, to, to->bytes);
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

/* Whether what was read by TO can be the packet that was sent by FROM. */
static bool fits(const struct transfer *from, const struct transfer *to)
{
	if (from->start_ns > to->end_ns)
		return false;
	if (from->from_port && to->from_port && from->from_port != to->from_port)
		return false;
	return to->exact ? from->bytes == to->size : from->bytes >= to->size;
}

static int match_packets(struct correlation *c, struct stream *stream)
{
	struct transfer *from, *to, **link;
	int err = 0;

	for (to = stream->reads.head; to && !err; to = to->next) {
		for (link = &stream->writes.head; *link && !fits(*link, to); link = &(*link)->next)
			;
		from = *link;
		/* a read of nothing is the end of the stream if there is no empty packet */
		if (from || to->size)
			err = write_row(c, stream, from, to, to->bytes);
		if (from) {
			*link = from->next;
			free(from);
		}
	}
	for (from = stream->writes.head; from && !err; from = from->next)
		err = write_row(c, stream, from, NULL, from->bytes);
	return err;
}

int message_finish(struct correlation *c)
{
	size_t i;
	int err = 0;

	for (i = 0; c->messages && i < c->messages->nr_streams && !err; i++) {
		struct stream *stream = c->messages->streams[i];

		err = is_packet(stream->kind) ? match_packets(c, stream) : match_bytes(c, stream);
	}
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
	for (i = 0; i <= LAST_KIND; i++)
		map_free(&m->ids[i]);
	free(m);
}

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
 *
 * What is matched is written and forgotten at once.  So is what nobody of the tree
 * reads, or writes: how many calls of each sort a stream still has is counted
 * beforehand.  Streams share the counters, which are of a fixed number, so one may
 * wait for another's calls, but never misses its own.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "correlate/correlate_private.h"
#include "record/names.h"

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

#define NR_COUNTERS (1 << 16)
struct counter {
	__u32 writes, reads; /* that are still to come */
};

struct messages {
	struct map streams[LAST_KIND + 1]; /* file -> struct stream, by kind */
	struct counter counters[NR_COUNTERS];
};

static struct messages *messages_of(struct correlation *c)
{
	if (!c->messages)
		c->messages = calloc(1, sizeof(*c->messages));
	return c->messages;
}

static struct counter *counter_of(struct messages *m, __u8 kind, __u64 file)
{
	__u64 hash = (file + ((__u64)kind << 56)) * 0x9e3779b97f4a7c15ULL;

	return &m->counters[hash >> 32 & (NR_COUNTERS - 1)];
}

static struct stream *stream_get(struct messages *m, __u8 kind, __u64 file)
{
	struct stream *stream = map_get(&m->streams[kind], file);

	if (stream)
		return stream;
	stream = calloc(1, sizeof(*stream));
	if (!stream)
		return NULL;
	stream->file = file;
	stream->kind = kind;
	stream->writes.tail = &stream->writes.head;
	stream->reads.tail = &stream->reads.head;
	if (!map_set(&m->streams[kind], file, stream))
		return stream;
	free(stream);
	return NULL;
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

/* What CALL moved into *TRANSFER, if TRANSFER is not NULL; 'w', 'r', or 0 for nothing. */
static char moved(const struct correlation *c, const struct fl_syscall *call,
		  struct transfer *transfer)
{
	char way = direction(c, call);

	if (!way || call->ret < 0 || !carries_messages(call->file_kind) ||
	    (!call->ret && !is_packet(call->file_kind)))
		return 0;
	if (!transfer)
		return way;
	*transfer = (struct transfer){
		.start_ns = call->start_ns,
		.end_ns = call->event.t_ns,
		.bytes = (__u64)call->ret,
		.task = call->event.task,
		.from_port = call->from_port,
	};
	if (is_packet(call->file_kind))
		set_size(c, call, transfer);
	return way;
}

static bool moved_by_transfer(const struct fl_transfer *e)
{
	return carries_messages(e->file_kind) && (e->bytes || is_packet(e->file_kind));
}

static int count(struct correlation *c, char way, __u8 kind, __u64 file)
{
	struct messages *m = messages_of(c);
	struct counter *counter;

	if (!m)
		return correlate_no_memory(c);
	counter = counter_of(m, kind, file);
	if (way == 'w')
		counter->writes++;
	else
		counter->reads++;
	return 0;
}

int message_look(struct correlation *c, const struct fl_syscall *call)
{
	char way = call->event.t_ns > call->start_ns ? moved(c, call, NULL) : 0;

	return way ? count(c, way, call->file_kind, call->file) : 0;
}

int message_look_transfer(struct correlation *c, const struct fl_transfer *e)
{
	return moved_by_transfer(e) ? count(c, e->sends ? 'w' : 'r', e->file_kind, e->file) : 0;
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

static void drop(struct transfers *list, struct transfer **link)
{
	struct transfer *transfer = *link;

	*link = transfer->next;
	if (!*link)
		list->tail = link;
	free(transfer);
}

/* Takes BYTES from the first of LIST, which goes when nothing of it is left. */
static void take(struct transfers *list, __u64 bytes)
{
	struct transfer *first = list->head;

	first->bytes -= bytes;
	if (!first->bytes)
		drop(list, &list->head);
}

static int match_bytes(struct correlation *c, struct stream *stream)
{
	int err = 0;

	while (stream->writes.head && stream->reads.head && !err) {
		const struct transfer *from = stream->writes.head, *to = stream->reads.head;
		__u64 bytes = from->bytes < to->bytes ? from->bytes : to->bytes;

		if (from->start_ns > to->end_ns) {
			/* written too late for this read */
			err = write_row(c, stream, NULL, to, to->bytes);
			take(&stream->reads, to->bytes);
		} else {
			err = write_row(c, stream, from, to, bytes);
			take(&stream->writes, bytes);
			take(&stream->reads, bytes);
		}
	}
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

/*
 * FRESH takes the first of the others that it fits; those before it in its own list
 * fit none of them.  1 if there was one, 0, or a negative errno.
 */
static int match_packet(struct correlation *c, struct stream *stream, char way,
			const struct transfer *fresh)
{
	struct transfers *others = way == 'w' ? &stream->reads : &stream->writes;
	struct transfer **link;
	int err;

	for (link = &others->head; *link; link = &(*link)->next) {
		const struct transfer *from = way == 'w' ? fresh : *link;
		const struct transfer *to = way == 'w' ? *link : fresh;

		if (!fits(from, to))
			continue;
		err = write_row(c, stream, from, to, to->bytes);
		drop(others, link);
		return err ? err : 1;
	}
	return 0;
}

static int append(struct correlation *c, struct transfers *list, const struct transfer *what)
{
	struct transfer *transfer = malloc(sizeof(*transfer));

	if (!transfer)
		return correlate_no_memory(c);
	*transfer = *what;
	*list->tail = transfer;
	list->tail = &transfer->next;
	return 0;
}

static int match(struct correlation *c, struct stream *stream, char way,
		 const struct transfer *fresh)
{
	int ret = is_packet(stream->kind) ? match_packet(c, stream, way, fresh) : 0;

	if (ret)
		return ret < 0 ? ret : 0;
	ret = append(c, way == 'w' ? &stream->writes : &stream->reads, fresh);
	return ret || is_packet(stream->kind) ? ret : match_bytes(c, stream);
}

/* Nobody of the tree reads, or wrote, what is left. */
static int write_rest(struct correlation *c, struct stream *stream, bool writes)
{
	struct transfers *list = writes ? &stream->writes : &stream->reads;
	const struct transfer *first;
	int err = 0;

	while ((first = list->head) && !err) {
		/* a read of nothing is the end of the stream if there is no empty packet */
		if (writes)
			err = write_row(c, stream, first, NULL, first->bytes);
		else if (!is_packet(stream->kind) || first->size)
			err = write_row(c, stream, NULL, first, first->bytes);
		drop(list, &list->head);
	}
	return err;
}

static int add(struct correlation *c, char way, __u8 kind, __u64 file, const struct transfer *fresh)
{
	struct messages *m = messages_of(c);
	struct stream *stream = m ? stream_get(m, kind, file) : NULL;
	struct counter *counter;
	__u32 *left;
	int err;

	if (!stream)
		return correlate_no_memory(c);
	counter = counter_of(m, kind, file);
	left = way == 'w' ? &counter->writes : &counter->reads;
	if (*left)
		--*left;
	err = match(c, stream, way, fresh);
	if (!err && !counter->reads)
		err = write_rest(c, stream, true);
	if (!err && !counter->writes)
		err = write_rest(c, stream, false);
	if (err || counter->reads || counter->writes)
		return err;
	map_remove(&m->streams[kind], file);
	free(stream);
	return 0;
}

int message_call(struct correlation *c, const struct fl_syscall *call)
{
	struct transfer transfer;
	char way = moved(c, call, &transfer);

	return way ? add(c, way, call->file_kind, call->file, &transfer) : 0;
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
	if (!moved_by_transfer(e))
		return 0;
	return add(c, e->sends ? 'w' : 'r', e->file_kind, e->file, &transfer);
}

int message_finish(struct correlation *c)
{
	struct stream *stream;
	size_t at;
	int kind, err = 0;

	for (kind = 0; c->messages && kind <= LAST_KIND; kind++) {
		for (at = 0; !err && (stream = map_next(&c->messages->streams[kind], &at));) {
			err = write_rest(c, stream, true);
			if (!err)
				err = write_rest(c, stream, false);
		}
	}
	return err;
}

void message_free(struct correlation *c)
{
	struct messages *m = c->messages;
	struct stream *stream;
	size_t at;
	int kind;

	for (kind = 0; m && kind <= LAST_KIND; kind++) {
		for (at = 0; (stream = map_next(&m->streams[kind], &at));) {
			while (stream->writes.head)
				drop(&stream->writes, &stream->writes.head);
			while (stream->reads.head)
				drop(&stream->reads, &stream->reads.head);
			free(stream);
		}
		map_free(&m->streams[kind]);
	}
	free(m);
}

// SPDX-License-Identifier: GPL-2.0
/* What was behind the pages of named regions at a barrier. */
#include <errno.h>
#include <stdio.h>

#include "correlate/correlate_private.h"

#define MAPCOUNT_UNKNOWN (~0u)

bool frame_readable(const struct fl_event *event, size_t size)
{
	const struct fl_frames *frames = (const struct fl_frames *)event;

	return size >= sizeof(*frames) && size >= FL_FRAMES_SIZE((size_t)frames->count);
}

/*
 * Soft-dirty is left out: it tells who wrote since somebody wrote to
 * /proc/PID/clear_refs, which nobody does here.
 */
static void describe(char *buf, size_t size, __u32 flags)
{
	static const struct {
		__u32 flag;
		const char *word;
	} words[] = {
		{ FL_FRAME_PRESENT, "present" }, { FL_FRAME_SWAP, "swap" },
		{ FL_FRAME_ZERO, "zero" },       { FL_FRAME_ANON, "anon" },
		{ FL_FRAME_FILE, "file" },       { FL_FRAME_EXCLUSIVE, "exclusive" },
		{ FL_FRAME_THP, "thp" },         { FL_FRAME_HUGE, "huge" },
		{ FL_FRAME_KSM, "ksm" },
	};
	size_t used = 0, i;

	/* The kernel calls everything a file's that is not anonymous, the huge zero page too. */
	if (flags & FL_FRAME_ZERO)
		flags &= ~(__u32)FL_FRAME_FILE;
	buf[0] = '\0';
	for (i = 0; i < sizeof(words) / sizeof(words[0]) && used < size; i++)
		if (flags & words[i].flag)
			used += (size_t)snprintf(buf + used, size - used, "%s%s", used ? " " : "",
						 words[i].word);
}

int frame_record(struct correlation *c, const struct fl_event *event)
{
	const struct fl_frames *frames = (const struct fl_frames *)event;
	__u32 i, described = 0;
	char flags[80] = "";
	int err = task_need(c, frames->process);

	for (i = 0; i < frames->count && !err; i++) {
		const struct fl_frame *frame = &frames->frames[i];
		bool present = frame->flags & FL_FRAME_PRESENT;

		if (frame->flags != described)
			describe(flags, sizeof(flags), frame->flags);
		described = frame->flags;
		err = ROW_ADD(c, ROW_FRAME, cell_id(frames->process),
			      cell_text(correlate_name(c, frames->phase)),
			      cell_text(correlate_name(c, frames->region)),
			      cell_int((long long)(frames->first_page + i)),
			      present ? cell_int((long long)frame->pfn) : cell_null(),
			      present && frame->mapcount != MAPCOUNT_UNKNOWN ?
				      cell_int(frame->mapcount) :
				      cell_null(),
			      cell_text(flags), cell_time(c, event->t_ns));
	}
	return err;
}

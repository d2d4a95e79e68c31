// SPDX-License-Identifier: GPL-2.0
/* Snapshots of frames become rows of table frame. */
#include "record.h"

#define FORK 0x1200000
#define FRAMES                                                                                     \
	"SELECT task, phase, region, page, pfn, mapcount, flags, t_ns FROM frame ORDER BY rowid"

static void put_name(struct stream_of_records *r, uint32_t id, const char *name)
{
	struct fl_name e = { .event = EVENT(0, 0, FL_NAME), .id = id };

	snprintf(e.name, sizeof(e.name), "%s", name);
	PUT(r, e);
}

struct shot {
	struct fl_frames head;
	struct fl_frame frames[23];
};

static struct shot shot(uint64_t t, uint32_t asker, uint32_t process, uint64_t first,
			uint32_t count)
{
	struct shot s = {
		.head = { .event = EVENT(t, asker, FL_FRAMES),
			  .process = process,
			  .region = 2,
			  .phase = 3,
			  .first_page = first,
			  .count = count },
	};

	return s;
}

static struct stream_of_records *two_processes(void)
{
	struct stream_of_records *r = records_new();

	put_command(r, 101);
	put_new(r, 0, 2, 1, 102, FORK);
	return r;
}

/* Names come when tracing has stopped, after the snapshots. */
static void finish(struct stream_of_records *r)
{
	put_name(r, 2, "heap");
	put_name(r, 3, "c.read");
	put_end(r, 31, 1, 11, 0, 0);
	put_end(r, 29, 2, 0, 0, 0);
	put_finish(r, 37, 0);
	correlate_now(r);
}

static void each_state_of_a_page(void **state)
{
	static const struct fl_frame frames[11] = {
		{ 0, 0, ~0u },
		{ 53, FL_FRAME_PRESENT | FL_FRAME_ZERO, 0 },
		{ 5003, FL_FRAME_PRESENT | FL_FRAME_ANON | FL_FRAME_EXCLUSIVE, 1 },
		{ 5009, FL_FRAME_PRESENT | FL_FRAME_ANON, 2 },
		{ 5011, FL_FRAME_PRESENT | FL_FRAME_FILE, 3 },
		{ 0, FL_FRAME_SWAP, ~0u },
		{ 5021, FL_FRAME_PRESENT | FL_FRAME_ANON | FL_FRAME_EXCLUSIVE | FL_FRAME_THP, 1 },
		{ 5023, FL_FRAME_PRESENT | FL_FRAME_FILE | FL_FRAME_EXCLUSIVE | FL_FRAME_HUGE, 1 },
		{ 5039, FL_FRAME_PRESENT | FL_FRAME_ANON | FL_FRAME_KSM, 7 },
		{ 5051, FL_FRAME_PRESENT | FL_FRAME_ZERO | FL_FRAME_FILE | FL_FRAME_THP, 0 },
		/* the kernel could not say how often it is mapped, and soft-dirty is no word */
		{ 5059, FL_FRAME_PRESENT | FL_FRAME_SOFT_DIRTY, ~0u },
	};
	struct stream_of_records *r = two_processes();
	struct shot s = shot(13, 2, 1, 0, 11);

	(void)state;
	memcpy(s.frames, frames, sizeof(frames));
	put(r, &s, FL_FRAMES_SIZE(11));
	finish(r);
	ASSERT_ROWS(r, FRAMES, "1|c.read|heap|0|-|-||13", "1|c.read|heap|1|53|0|present zero|13",
		    "1|c.read|heap|2|5003|1|present anon exclusive|13",
		    "1|c.read|heap|3|5009|2|present anon|13",
		    "1|c.read|heap|4|5011|3|present file|13", "1|c.read|heap|5|-|-|swap|13",
		    "1|c.read|heap|6|5021|1|present anon exclusive thp|13",
		    "1|c.read|heap|7|5023|1|present file exclusive huge|13",
		    "1|c.read|heap|8|5039|7|present anon ksm|13",
		    "1|c.read|heap|9|5051|0|present zero thp|13",
		    "1|c.read|heap|10|5059|-|present|13");
	ASSERT_ROWS(r, "SELECT value FROM run WHERE key = 'status'", "complete");
	records_free(r);
}

/* A long region takes several records, and every process has its own. */
static void pages_count_from_the_region(void **state)
{
	struct stream_of_records *r = two_processes();
	struct shot first = shot(13, 2, 1, 0, 2), rest = shot(13, 2, 1, 2, 1);
	struct shot child = shot(13, 2, 2, 0, 1), later = shot(17, 1, 1, 0, 1);

	(void)state;
	later.head.phase = 0;
	put(r, &first, FL_FRAMES_SIZE(2));
	put(r, &rest, FL_FRAMES_SIZE(1));
	put(r, &child, FL_FRAMES_SIZE(1));
	put(r, &later, FL_FRAMES_SIZE(1));
	finish(r);
	ASSERT_ROWS(r, FRAMES, "1|c.read|heap|0|-|-||13", "1|c.read|heap|1|-|-||13",
		    "1|c.read|heap|2|-|-||13", "2|c.read|heap|0|-|-||13", "1|-|heap|0|-|-||17");
	records_free(r);
}

/* An array that ends before its count says so is not read at all. */
static void cut_off(void **state)
{
	struct stream_of_records *r = two_processes();
	struct shot s = shot(13, 2, 1, 0, 23), huge = shot(13, 2, 1, 0, ~0u);

	(void)state;
	put(r, &s, FL_FRAMES_SIZE(23) - 1);
	put(r, &huge, sizeof(huge));
	put(r, &s, sizeof(s.head) - 1);
	finish(r);
	ASSERT_NO_ROWS(r, FRAMES);
	ASSERT_ROWS(r, "SELECT what, kind, n FROM loss", "record|frames|3");
	ASSERT_ROWS(r, "SELECT value FROM run WHERE key = 'status'", "incomplete");
	records_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_state_of_a_page),
		cmocka_unit_test(pages_count_from_the_region),
		cmocka_unit_test(cut_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

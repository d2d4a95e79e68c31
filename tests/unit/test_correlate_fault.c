// SPDX-License-Identifier: GPL-2.0
/* Faults that the kernel tells one by one: --every-fault. */
#include "record.h"

/* A run from START to END, of N faults. */
static struct fl_fault_run a_run(uint64_t start, uint64_t end, uint32_t n)
{
	return (struct fl_fault_run){
		.event = EVENT(end, 1, FL_FAULT_RUN),
		.start_ns = T0 + start,
		.address = 0x7f0000400000,
		.stride = -4096,
		.ip = 0x401234,
		.vma_start = 0x7f0000200000,
		.vma_end = 0x7f0000600000,
		.vma_flags = 0x73,
		.n = n,
		.each = n,
		.syscall = FL_NO_SYSCALL,
		.kind = FL_ZERO_FILL,
		.via = FL_USER,
		.error = 6,
	};
}

/* A run with the times of its faults; LESS bytes of them are missing. */
static void put_each(struct stream_of_records *r, const struct fl_fault_run *run,
		     const struct fl_fault_time *times, uint32_t less)
{
	struct {
		struct fl_fault_run run;
		struct fl_fault_time times[FL_EACH_MOST + 1];
	} e = { .run = *run };

	memcpy(e.times, times, run->each * sizeof(*times));
	put(r, &e, (uint32_t)FL_FAULT_RUN_SIZE(run->each) - less);
}

static void one_by_one(void **state)
{
	static const struct fl_fault_time times[FL_EACH_MOST + 1] = {
		{ 0, 7 }, { 4, 1009 }, { 10, 0 }, { 3, 13 }, { 957, 14 },
	};
	struct stream_of_records *r = records_new();
	struct fl_fault_run down = a_run(2, 2019, 5), one = a_run(3001, 3018, 1);

	(void)state;
	put_command(r, 101);
	down.order = 5;
	put_each(r, &down, times, 0);
	one.each = 1;
	one.busy_ns = 17;
	one.busy_n = 1;
	put_each(r, &one, &(struct fl_fault_time){ 0, 17 }, 0);
	/* what cannot be: too short, another number than n, more than there may be */
	put_each(r, &down, times, 1);
	down.n = 4;
	put_each(r, &down, times, 0);
	down.n = FL_EACH_MOST + 1;
	down.each = FL_EACH_MOST + 1;
	put_each(r, &down, times, 0);
	put_finish(r, 37, 0);
	correlate_now(r);

	ASSERT_ROWS(r,
		    "SELECT start_ns, end_ns, address, stride, n, busy_ns, busy_n, vma_end, error"
		    " FROM fault ORDER BY start_ns",
		    "2|9|139637980921856|0|1|7|1|139637983019008|6",
		    "13|1022|139637980917760|0|1|1009|1|139637983019008|6",
		    "1032|1032|139637980913664|0|1|0|0|139637983019008|6",
		    "1035|1048|139637980909568|0|1|13|1|139637983019008|6",
		    "2005|2019|139637980905472|0|1|14|1|139637983019008|6",
		    "3001|3018|139637980921856|-4096|1|17|1|139637983019008|6");
	ASSERT_ROWS(r,
		    "SELECT start_ns, n, step_ns, starts, busies FROM fault_run ORDER BY start_ns",
		    "2|5|11|00000000100810001959|00071009000000130014", "3001|1|-|-|-");
	/* an earlier faultline knew no order */
	ASSERT_ROWS(r, "SELECT start_ns, page_order FROM fault GROUP BY n, page_order", "3001|-",
		    "2|4");
	ASSERT_ROWS(r, "SELECT kind, via, least_ns, below_ns, n FROM fault_cost ORDER BY least_ns",
		    "zero_fill|user|7|8|1", "zero_fill|user|13|14|1", "zero_fill|user|14|15|1",
		    "zero_fill|user|16|18|1", "zero_fill|user|960|1024|1");
	ASSERT_ROWS(r, "SELECT what, kind, n FROM loss", "record|fault_run|3");
	records_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_by_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

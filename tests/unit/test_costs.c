// SPDX-License-Identifier: GPL-2.0
/* What faults cost, by histogram; which of them lie outside of regions, and in which code. */
#define _GNU_SOURCE
#include <link.h>
#include <stdio.h>
#include <sys/stat.h>

#include "record.h"

#include "needs.h"
#include "views/image.h"
#include "views/places.h"
#include "report_db.h"

static void put_cost(struct stream_of_records *r, uint16_t class, uint64_t n)
{
	struct fl_fault_cost e = { .event = EVENT(0, 0, FL_FAULT_COST),
				   .key = { 0, 0, FL_COPY, FL_KERNEL, class },
				   .n = n };

	PUT(r, e);
}

/* Where each class begins and ends: below 8 ns, at powers of two, at the last one. */
static void classes(void **state)
{
	struct stream_of_records *r = records_new();

	(void)state;
	put_command(r, 101);
	put_cost(r, 0, 1);
	put_cost(r, 7, 2);
	put_cost(r, 8, 3);
	put_cost(r, 15, 4);
	put_cost(r, 16, 5);
	put_cost(r, 8 * 8 + 3, 6);
	put_cost(r, 29 * 8 + 7, 7);
	put_end(r, 31, 1, 11, 0, 0);
	put_finish(r, 37, 0);
	correlate_now(r);
	assert_rows_at(
		r->db, "SELECT phase, region, kind, via, least_ns, below_ns, n FROM fault_cost",
		(const char *const[]){ "-|-|copy|kernel|0|1|1", "-|-|copy|kernel|7|8|2",
				       "-|-|copy|kernel|8|9|3", "-|-|copy|kernel|15|16|4",
				       "-|-|copy|kernel|16|18|5", "-|-|copy|kernel|1408|1536|6",
				       "-|-|copy|kernel|4026531840|4294967296|7", NULL },
		__FILE__, __LINE__);
	records_free(r);
}

static const struct report_style style = { .width = 100 };

static const char faults[] =
	"INSERT INTO task (task, tid, pid, created_by, comm, role, exe)"
	" VALUES (1, 4711, 4711, 'launch', 'cow', 'parent', '/nowhere/cow');"
	"INSERT INTO phase VALUES (1, 'touch', 100, 200), (1, 'again', 200, 300);"
	"INSERT INTO fault_count (task, phase, region, kind, via, n) VALUES"
	" (1, 'again', 'heap', 'reuse', 'user', 7), (1, 'touch', 'heap', 'zero_fill', 'user', 1009),"
	" (1, 'again', NULL, 'copy', 'kernel', 2), (1, NULL, NULL, 'file', 'user', 1);"
	"INSERT INTO fault_cost VALUES"
	" ('touch', 'heap', 'zero_fill', 'user', 1024, 1152, 50),"
	" ('touch', 'heap', 'zero_fill', 'user', 2048, 2304, 48),"
	" ('touch', 'heap', 'zero_fill', 'user', 65536, 73728, 2);"
	"INSERT INTO fault_run (task, phase, region, kind, via, major, start_ns, address, stride, n, ip,"
	" vma_start, vma_end, vma_flags, object, vma_offset, syscall) VALUES"
	" (1, 'touch', 'heap', 'zero_fill', 'user', 0, 110, 65536, 4096, 1009, 4198400, 65536,"
	"  9999999, 3, NULL, NULL, NULL),"
	" (1, 'again', NULL, 'copy', 'kernel', 0, 1500000, 139264, 0, 2, 4198400, 135168, 143360, 259,"
	"  NULL, NULL, 'read'),"
	" (1, NULL, NULL, 'file', 'user', 1, 20, 4198416, 0, 1, 4198416, 4198400, 4202496, 5, 'cow',"
	"  4096, NULL);";

static void costs_and_what_is_outside(void **state)
{
	sqlite3 *db = report_db(faults);

	(void)state;
	report_db_expect(
		db, report_costs, &style,
		"phase  region  kind       via     faults  timed  minimum   median  99th per cent\n"
		"touch  heap    zero_fill  user     1,009    100  1.02 us  1.15 us        67.6 us\n"
		"again  heap    reuse      user         7      0\n"
		"again  -       copy       kernel       2      0\n"
		"-      -       file       user         1      0\n"
		"Costs are of the faults that were timed, a sample (all with --every-end), in classes of an eighth of\n"
		"a power of two.\n"
		"\n"
		"outside of named regions\n"
		"time ms  task         phase  kind        via     n   address  what is there  by\n"
		"  0.000  parent 4711         file major  user    1  0x401010  cow+0x1010     cow+0x1010\n"
		"  1.500  parent 4711  again  copy        kernel  2   0x22000  [stack]        the kernel, read\n");
	sqlite3_close(db);
}

static void fits_into_a_terminal(void **state)
{
	sqlite3 *db = report_db(faults);

	(void)state;
	report_db_add(
		db,
		"UPDATE fault_run SET kind = 'huge_zero_fill', major = 1, n = 123457,"
		" address = 140737488355328, object = 'a-library-of-a-long-name.so.6.0.31',"
		" phase = 'a phase of a long name', syscall = 'pidfd_send_signal' WHERE n < 3;"
		"UPDATE task SET role = 'a role with a name', tid = 4194303;"
		"INSERT INTO fault_count (task, phase, region, kind, via, n) VALUES"
		" (1, 'a phase of a long name', 'and its region', 'huge_zero_fill', 'kernel', 12345678)");
	for (int width = 80; width <= 127; width++) {
		const struct report_style narrow = { .width = width };
		char *text = report_db_render(db, report_costs, &narrow);

		report_db_check_lines(text, width);
		free(text);
	}
	sqlite3_close(db);
}

static void nothing_outside(void **state)
{
	sqlite3 *db = report_db("INSERT INTO fault_count (phase, region, kind, via, n)"
				" VALUES ('touch', 'heap', 'reuse', 'user', 1)");
	char *text = report_db_render(db, report_costs, &style);

	(void)state;
	assert_non_null(strstr(text, "outside of named regions\nnone\n"));
	free(text);
	sqlite3_close(db);
}

/* A claim that is off by some tells by how many, and what else was in its phase. */
static void claims_off_by_some(void **state)
{
	sqlite3 *db = report_db(faults);

	(void)state;
	report_db_expect(db, report_surplus, &style, "");
	report_db_add(
		db,
		"INSERT INTO claim (id, observed, expected, verdict, phase) VALUES"
		" ('holds', '7', '7', 'pass', 'again'), ('again.only', '9', '7', 'fail', 'again'),"
		" ('again.reuse', '7', '1009', 'fail', 'again'), ('bound', '9', '<= 7', 'fail', 'again'),"
		" ('none', NULL, '3', 'fail', 'rest'), ('word', 'a', 'b', 'fail', 'again')");
	report_db_expect(
		db, report_surplus, &style,
		"again.only: 2 more than expected\n"
		"  faults of phase again: 7 reuse (region heap), 2 copy (kernel, outside of regions)\n"
		"time ms  task         phase  kind  via     n  address  what is there  by\n"
		"  1.500  parent 4711  again  copy  kernel  2  0x22000  [stack]        the kernel, read\n"
		"again.reuse: 1,002 fewer than expected\n"
		"none: 3 fewer than expected\n"
		"  faults of phase rest: none\n");
	sqlite3_close(db);
}

int test_costs_marker = 1009; /* in .data */
long test_costs_zeros[64];    /* in .bss */
int test_costs_code(int n);

__attribute__((noinline)) int test_costs_code(int n)
{
	return n * test_costs_marker;
}

extern char __executable_start;

/* This program's own symbols, at the addresses that it was linked for. */
static void symbols(void **state)
{
	struct image *image = image_open("/proc/self/exe", 0);
	uint64_t base, behind = 7;

	(void)state;
	needs_proc();
	assert_non_null(image);
	base = image_is_fixed(image) ? 0 : (uint64_t)(uintptr_t)&__executable_start;
	assert_string_equal(image_symbol(image, (uint64_t)(uintptr_t)test_costs_code - base,
					 &behind),
			    "test_costs_code");
	assert_int_equal(behind, 0);
	assert_string_equal(image_symbol(image, (uint64_t)(uintptr_t)&test_costs_marker + 3 - base,
					 &behind),
			    "test_costs_marker");
	assert_int_equal(behind, 3);
	assert_null(image_symbol(image, UINT64_MAX / 2, &behind));
	image_close(image);
}

struct part {
	uint64_t linked, offset; /* of a segment of this program */
};

/* The segment of this program that ADDRESS is in. */
static int find_part(struct dl_phdr_info *info, size_t size, void *arg)
{
	struct part *part = arg;
	uint64_t address = part->linked - info->dlpi_addr;

	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];

		if (p->p_type == PT_LOAD && address >= p->p_vaddr &&
		    address < p->p_vaddr + p->p_memsz)
			*part = (struct part){ p->p_vaddr & ~0xfffull, p->p_offset & ~0xfffull };
	}
	return 1; /* the first is the program itself */
}

static struct part part_of(const void *address)
{
	struct part part = { .linked = (uint64_t)(uintptr_t)address };

	assert_int_equal(dl_iterate_phdr(find_part, &part), 1);
	return part;
}

/* How far into its segment, from the first page on. */
static uint64_t into(const void *address)
{
	uint64_t base = (uint64_t)(uintptr_t)&__executable_start & ~0xfffull;

	return (uint64_t)(uintptr_t)address - base - part_of(address).linked;
}

static void expect_place(sqlite3 *db, struct place_fault fault, const char *where, const char *by)
{
	struct places *places = places_new(db);
	struct place place;

	assert_non_null(places);
	places_find(places, &fault, &place);
	assert_string_equal(place.where, where);
	assert_string_equal(place.by, by);
	places_free(places);
}

#define TEXT_AT 0x7000000ull
#define DATA_AT 0x9000000ull

/* This program is the library "x" of a process, whose child has its address space. */
static void symbols_of_what_is_mapped(void **state)
{
	const void *code = (const void *)(uintptr_t)test_costs_code;
	char where[64], by[64], *sql;
	struct stat st;
	sqlite3 *db;
	struct place_fault fault = {
		.task = 2,
		.t_ns = 100,
		.object = "x",
		.has_address = true,
		.has_vma = true,
		.has_ip = true,
		.address = DATA_AT + into(&test_costs_marker) + 1,
		.ip = TEXT_AT + into(code),
		.vma_start = DATA_AT,
		.vma_offset = part_of(&test_costs_marker).offset,
	};

	(void)state;
	needs_proc();
	assert_int_equal(stat("/proc/self/exe", &st), 0);
	assert_true(
		asprintf(
			&sql,
			"INSERT INTO task (task, tid, pid, created_by, creator_task, exec_ns) VALUES"
			" (1, 7, 7, 'launch', NULL, 3), (2, 8, 8, 'fork', 1, NULL),"
			" (3, 9, 9, 'fork', 1, 90);"
			"INSERT INTO mapped_file VALUES ('x', '/proc/self/exe', 1, %lld);"
			"INSERT INTO fault_run (task, start_ns, vma_start, vma_end, vma_offset, object)"
			" VALUES (1, 10, %llu, %llu, %llu, 'x'), (1, 20, %llu, %llu, %llu, 'x'),"
			" (1, 200, %llu, %llu, 0, 'later');",
			(long long)st.st_ino, TEXT_AT, TEXT_AT + 0x1000000,
			(unsigned long long)part_of(code).offset, DATA_AT, DATA_AT + 4096,
			(unsigned long long)part_of(&test_costs_marker).offset, TEXT_AT,
			TEXT_AT + 0x1000000) > 0);
	db = report_db(sql);
	free(sql);
	snprintf(where, sizeof(where), "x+0x%llx (test_costs_marker+0x1)",
		 (unsigned long long)(fault.address - DATA_AT + fault.vma_offset));
	expect_place(db, fault, where, "test_costs_code");
	/* After its own execve it has nothing of its parent. */
	fault.task = 3;
	expect_place(db, fault, where, "");
	fault.task = 1;
	fault.t_ns = 300;
	snprintf(by, sizeof(by), "later+0x%llx", (unsigned long long)into(code));
	expect_place(db, fault, where, by);
	fault.task = 2;
	fault.t_ns = 100;
	fault.object = NULL;
	fault.address = DATA_AT + into(test_costs_zeros) + 8;
	expect_place(db, fault, "[.bss] (test_costs_zeros+0x8)", "test_costs_code");
	fault.address = 4096;
	fault.in_kernel = true;
	expect_place(db, fault, "[anonymous]", "the kernel");
	/* Another file is at that path by now, or two have that name: no symbol is better than a wrong one. */
	fault.in_kernel = false;
	fault.object = "x";
	fault.address = DATA_AT;
	fault.vma_offset = 4096;
	report_db_add(db, "UPDATE mapped_file SET inode = inode + 1");
	fault.ip = TEXT_AT + 3;
	snprintf(where, sizeof(where), "x+0x%llx", (unsigned long long)part_of(code).offset + 3);
	expect_place(db, fault, "x+0x1000", where);
	report_db_add(db, "UPDATE mapped_file SET inode = inode - 1;"
			  "INSERT INTO mapped_file VALUES ('x', '/elsewhere/x', 1, 1)");
	expect_place(db, fault, "x+0x1000", where);
	sqlite3_close(db);
}

static void what_is_no_program(void **state)
{
	(void)state;
	assert_null(image_open("/nowhere/cow", 0));
	assert_null(image_open("/proc/self/stat", 0));
	assert_null(image_open("/", 0));
	assert_null(image_open("/dev/null", 0));
	image_close(NULL);
	assert_null(image_open("/proc/self/exe", 1));
	places_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(classes),
		cmocka_unit_test(costs_and_what_is_outside),
		cmocka_unit_test(fits_into_a_terminal),
		cmocka_unit_test(nothing_outside),
		cmocka_unit_test(claims_off_by_some),
		cmocka_unit_test(symbols),
		cmocka_unit_test(symbols_of_what_is_mapped),
		cmocka_unit_test(what_is_no_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

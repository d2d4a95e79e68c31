// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "event.h"
#include "faultline.skel.h"
#include "collect/kernel_types.h"
#include "collect/tracepoints.h"

/* The kernel's types as libbpf sees them, and what is cut out for two structures. */
struct fixture {
	struct kernel_types types;
	struct btf *whole, *cut;
};

static int setup(void **state)
{
	static struct fixture f;
	struct btf *programs = btf__new_empty();
	char path[] = "/tmp/faultline-types.XXXXXX";
	int fd = mkstemp(path), err;

	*state = NULL;
	if (kernel_types_open(&f.types)) {
		kernel_types_close(&f.types);
		return access("/sys/kernel/btf/vmlinux", R_OK) ? 0 : -1;
	}
	f.whole = btf__load_vmlinux_btf();
	btf__add_struct(programs, "mm_struct___elsewhere", 8);
	btf__add_struct(programs, "vm_area_struct", 8);
	btf__add_struct(programs, "no_such_struct", 8);
	err = kernel_types_cut(&f.types, programs, fd);
	f.cut = err ? NULL : btf__parse_raw(path);
	btf__free(programs);
	close(fd);
	unlink(path);
	*state = &f;
	return f.whole && f.cut ? 0 : -1;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	if (f) {
		btf__free(f->whole);
		btf__free(f->cut);
		kernel_types_close(&f->types);
	}
	return 0;
}

static struct fixture *fixture(void **state)
{
	if (!*state)
		skip(); /* this kernel has no types to read */
	return *state;
}

static void test_walk(void **state)
{
	struct fixture *f = fixture(state);

	assert_int_equal(f->types.nr, btf__type_cnt(f->whole));
	for (__u32 id = 1; id < f->types.nr; id++) {
		const struct btf_type *type = kernel_types_get(&f->types, id);
		const struct btf_type *same = btf__type_by_id(f->whole, id);

		assert_memory_equal(type, same, sizeof(*type));
		assert_string_equal(kernel_types_name(&f->types, type->name_off),
				    btf__name_by_offset(f->whole, type->name_off));
	}
}

static __u32 find(const struct btf *btf, const char *name)
{
	int id = btf__find_by_name_kind(btf, name, BTF_KIND_STRUCT);

	assert_true(id > 0);
	return id;
}

/* Members by name, place and size, those of members without name as well. */
static void same_layout(const struct fixture *f, __u32 whole, __u32 cut)
{
	const struct btf_type *w = btf__type_by_id(f->whole, whole);
	const struct btf_type *c = btf__type_by_id(f->cut, cut);

	assert_int_equal(w->info, c->info);
	assert_int_equal(w->size, c->size);
	assert_string_equal(btf__name_by_offset(f->whole, w->name_off),
			    btf__name_by_offset(f->cut, c->name_off));
	for (int i = 0; i < btf_vlen(w); i++) {
		const struct btf_member *wm = btf_members(w) + i, *cm = btf_members(c) + i;
		int wt = btf__resolve_type(f->whole, wm->type);
		int ct = btf__resolve_type(f->cut, cm->type);

		assert_string_equal(btf__name_by_offset(f->whole, wm->name_off),
				    btf__name_by_offset(f->cut, cm->name_off));
		assert_int_equal(wm->offset, cm->offset);
		assert_int_equal(btf__resolve_size(f->whole, wm->type),
				 btf__resolve_size(f->cut, cm->type));
		assert_int_equal(btf_kind(btf__type_by_id(f->whole, wt)),
				 btf_kind(btf__type_by_id(f->cut, ct)));
		if (btf_is_composite(btf__type_by_id(f->whole, wt)))
			same_layout(f, wt, ct);
	}
}

static void test_layout(void **state)
{
	struct fixture *f = fixture(state);

	same_layout(f, find(f->whole, "mm_struct"), find(f->cut, "mm_struct"));
	same_layout(f, find(f->whole, "vm_area_struct"), find(f->cut, "vm_area_struct"));
}

static void test_pointed_to(void **state)
{
	struct fixture *f = fixture(state);
	const struct btf_type *whole = btf__type_by_id(f->whole, find(f->whole, "task_struct"));
	const struct btf_type *cut = btf__type_by_id(f->cut, find(f->cut, "task_struct"));

	assert_true(btf_vlen(whole) > 0);
	assert_int_equal(btf_vlen(cut), 0);
	assert_int_equal(whole->size, cut->size);
}

static void test_others(void **state)
{
	struct fixture *f = fixture(state);

	assert_int_equal(btf__find_by_name(f->cut, "no_such_struct"), -ENOENT);
	assert_true(btf__type_cnt(f->cut) < btf__type_cnt(f->whole) / 10);
}

/* The ids of what all programs hang on, as libbpf finds them. */
static void test_tracepoints(void **state)
{
	struct fixture *f = fixture(state);
	struct faultline_bpf *skel = faultline_bpf__open();
	struct bpf_program *program;
	int tracepoints = 0, iterators = 0;

	assert_non_null(skel);
	tracepoints_find(&f->types, skel->obj);
	bpf_object__for_each_program(program, skel->obj) {
		const char *section = bpf_program__section_name(program);
		bool tracepoint = !strncmp(section, "tp_btf/", 7);
		bool iterator = !strncmp(section, "iter/", 5);
		__s32 id = 0;

		if (tracepoint || iterator)
			id = libbpf_find_vmlinux_btf_id(strchr(section, '/') + 1,
							tracepoint ? BPF_TRACE_RAW_TP :
								     BPF_TRACE_ITER);
		assert_true(id >= 0);
		assert_int_equal(tracepoints_id(section), id);
		tracepoints += tracepoint;
		iterators += iterator;
	}
	assert_true(tracepoints > 0 && iterators > 0);
	assert_int_equal(tracepoints_id("tp_btf/no_such_thing"), 0);
	for (unsigned int i = 1; i < FL_NR_KERNEL_FUNCTIONS; i++) {
		static const char *const names[] = { "",
						     "bpf_preempt_disable",
						     "bpf_preempt_enable",
						     "bpf_local_irq_save",
						     "bpf_local_irq_restore",
						     "bpf_rdonly_cast" };
		__s32 id = btf__find_by_name_kind(f->whole, names[i], BTF_KIND_FUNC);

		assert_int_equal(tracepoints_function(i), id > 0 ? id : 0);
	}
	assert_int_equal(tracepoints_function(FL_NR_KERNEL_FUNCTIONS), 0);
	faultline_bpf__destroy(skel);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_walk),        cmocka_unit_test(test_layout),
		cmocka_unit_test(test_pointed_to),  cmocka_unit_test(test_others),
		cmocka_unit_test(test_tracepoints),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

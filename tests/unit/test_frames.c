// SPDX-License-Identifier: GPL-2.0
/* Who lives and what is named, as the records tell it; and what /proc says of a page. */
#include "record.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "collect/frames_impl.h"

#define FORK 0x1200000
#define THREAD 0x3d0f00

static void learn(struct frames_tree *tree, const void *record)
{
	assert_int_equal(frames_tree_learn(tree, record), 0);
}

static void learn_new(struct frames_tree *tree, uint32_t task, uint32_t creator, uint32_t tid,
		      uint32_t pid, uint64_t flags)
{
	learn(tree, &(struct fl_task_new){ .event = EVENT(0, task, FL_TASK_NEW),
					   .creator = creator,
					   .tid = tid,
					   .pid = pid,
					   .clone_flags = flags });
}

static void learn_mark(struct frames_tree *tree, uint32_t task, uint16_t op, uint16_t name,
		       uint64_t a, uint64_t b)
{
	learn(tree,
	      &(struct fl_mark){
		      .event = EVENT(0, task, FL_MARK), .op = op, .name_id = name, .a = a, .b = b });
}

static void regions_are_inherited_once(void **state)
{
	struct frames_tree tree = { 0 };
	struct frames_process *parent, *child;

	(void)state;
	learn_new(&tree, 1, 0, 101, 101, 0);
	learn_mark(&tree, 1, FL_MARK_REGION, 2, 0x3000, 0x7000);
	learn_mark(&tree, 1, FL_MARK_REGION, 3, 0xb000, 0x5000);
	learn_new(&tree, 2, 1, 102, 102, FORK);
	learn_mark(&tree, 1, FL_MARK_REGION, 2, 0x3000, 0);
	learn_mark(&tree, 2, FL_MARK_REGION, 3, 0xd000, 0x2000);
	learn_mark(&tree, 2, FL_MARK_REGION, 5, 0x11000, 0x1000);

	parent = frames_tree_find(&tree, 101);
	child = frames_tree_find(&tree, 102);
	assert_int_equal(parent->nr_regions, 1);
	assert_int_equal(parent->regions[0].name, 3);
	assert_int_equal(parent->regions[0].start, 0xb000);
	assert_int_equal(child->nr_regions, 3);
	assert_int_equal(child->regions[0].name, 2);
	assert_int_equal(child->regions[1].start, 0xd000);
	assert_int_equal(child->regions[1].length, 0x2000);
	assert_int_equal(child->regions[2].name, 5);
	/* a new program has other memory */
	learn(&tree, &(struct fl_task_exec){ .event = EVENT(0, 2, FL_TASK_EXEC) });
	assert_int_equal(child->nr_regions, 0);
	assert_int_equal(parent->nr_regions, 1);
	frames_tree_free(&tree);
}

static void the_phase_is_that_of_the_thread_that_asks(void **state)
{
	struct frames_tree tree = { 0 };
	struct frames_process *process;

	(void)state;
	learn_new(&tree, 1, 0, 101, 101, 0);
	learn_mark(&tree, 1, FL_MARK_PHASE, 7, 0, 0);
	learn_new(&tree, 2, 1, 102, 101, THREAD);
	learn_new(&tree, 3, 1, 103, 101, THREAD);
	learn_mark(&tree, 3, FL_MARK_PHASE, 11, 0, 0);
	process = frames_tree_find(&tree, 101);
	assert_int_equal(process->asker, 0);
	learn_mark(&tree, 3, FL_MARK_BARRIER, 0, 0, 0);
	assert_int_equal(process->asker, 3);
	assert_int_equal(tree.tasks[3].phase, 11);
	assert_int_equal(tree.tasks[2].phase, 7);
	/* what a thread names is its process's */
	learn_mark(&tree, 2, FL_MARK_REGION, 2, 0x3000, 0x7000);
	assert_int_equal(process->nr_regions, 1);
	assert_int_equal(tree.nr_processes, 1);
	frames_tree_free(&tree);
}

static void a_pid_that_comes_again(void **state)
{
	struct frames_tree tree = { 0 };

	(void)state;
	learn_new(&tree, 1, 0, 101, 101, 0);
	learn_new(&tree, 2, 1, 102, 102, FORK);
	/* one thread of several ends: the process lives */
	learn(&tree, &(struct fl_task_exit){ .event = EVENT(0, 2, FL_TASK_EXIT) });
	assert_int_equal(frames_tree_find(&tree, 102)->id, 2);
	learn(&tree, &(struct fl_task_exit){ .event = EVENT(0, 2, FL_TASK_EXIT), .group_dead = 1 });
	assert_null(frames_tree_find(&tree, 102));
	learn_new(&tree, 3, 1, 102, 102, FORK);
	assert_int_equal(frames_tree_find(&tree, 102)->id, 3);
	assert_null(frames_tree_find(&tree, 103));
	frames_tree_free(&tree);
}

/* Without its creator, a task is known but has no process that could be read. */
static void the_creator_was_lost(void **state)
{
	struct frames_tree tree = { 0 };

	(void)state;
	learn_new(&tree, 23, 19, 123, 119, THREAD);
	learn_mark(&tree, 23, FL_MARK_REGION, 2, 0x3000, 0x7000);
	learn_mark(&tree, 29, FL_MARK_BARRIER, 0, 0, 0);
	assert_int_equal(tree.nr_processes, 0);
	frames_tree_free(&tree);
}

/* Seven pages untouched, five read, eleven written: as this process itself sees them. */
static void pages_of_this_process(void **state)
{
	enum { UNTOUCHED = 7, READ = 5, WRITTEN = 11, ALL = 23 };
	struct fl_frame frames[ALL + 1] = { 0 };
	struct frames_proc proc;
	char why[256] = "", *pages;
	int pagemap, i;

	(void)state;
	if (frames_proc_open(&proc, why, sizeof(why))) {
		assert_true(strlen(why) > 0);
		skip();
	}
	pages = mmap(NULL, ALL * (size_t)proc.page_size, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(pages, MAP_FAILED);
	madvise(pages, ALL * (size_t)proc.page_size, MADV_NOHUGEPAGE);
	for (i = UNTOUCHED; i < UNTOUCHED + READ; i++)
		assert_int_equal(((volatile char *)pages)[i * proc.page_size], 0);
	for (; i < ALL; i++)
		((volatile char *)pages)[i * proc.page_size] = 1;
	pagemap = frames_pagemap_open(getpid());
	assert_true(pagemap >= 0);
	frames[ALL].pfn = 47;
	assert_int_equal(frames_read(&proc, pagemap, (uintptr_t)pages, ALL, frames), ALL);
	assert_int_equal(frames[ALL].pfn, 47);
	for (i = 0; i < ALL; i++) {
		__u32 flags = frames[i].flags & ~(__u32)FL_FRAME_SOFT_DIRTY;

		if (i < UNTOUCHED) {
			assert_int_equal(flags, 0);
			assert_int_equal(frames[i].pfn, 0);
			assert_int_equal(frames[i].mapcount, ~0u);
		} else if (i < UNTOUCHED + READ) {
			assert_int_equal(flags, FL_FRAME_PRESENT | FL_FRAME_ZERO);
			assert_int_equal(frames[i].pfn, frames[UNTOUCHED].pfn);
		} else {
			assert_int_equal(flags,
					 FL_FRAME_PRESENT | FL_FRAME_ANON | FL_FRAME_EXCLUSIVE);
			assert_int_equal(frames[i].mapcount, 1);
		}
	}
	close(pagemap);
	munmap(pages, ALL * (size_t)proc.page_size);
	frames_proc_close(&proc);
	assert_int_equal(frames_pagemap_open(0x7fffffff), -ESRCH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(regions_are_inherited_once),
		cmocka_unit_test(the_phase_is_that_of_the_thread_that_asks),
		cmocka_unit_test(a_pid_that_comes_again),
		cmocka_unit_test(the_creator_was_lost),
		cmocka_unit_test(pages_of_this_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: GPL-2.0
/* Processes, their phases and named regions, as far as the records drained tell. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/frames_impl.h"

/* From linux/sched.h: the header with the same name for programs needs more than we have. */
#define FLAG_THREAD 0x00010000

static struct frames_task *task_at(struct frames_tree *tree, __u32 id)
{
	size_t room = tree->nr_tasks;
	struct frames_task *tasks;

	if (id < room)
		return &tree->tasks[id];
	while (room <= id)
		room = room ? 2 * room : 16;
	tasks = reallocarray(tree->tasks, room, sizeof(*tasks));
	if (!tasks)
		return NULL;
	memset(tasks + tree->nr_tasks, 0, (room - tree->nr_tasks) * sizeof(*tasks));
	tree->tasks = tasks;
	tree->nr_tasks = room;
	return &tasks[id];
}

static struct frames_process *process_new(struct frames_tree *tree, __u32 id, pid_t pid)
{
	size_t n = tree->nr_processes;
	struct frames_process *process;

	if (!(n & (n - 1))) {
		struct frames_process **list =
			reallocarray(tree->processes, n ? 2 * n : 1, sizeof(*list));

		if (!list)
			return NULL;
		tree->processes = list;
	}
	process = calloc(1, sizeof(*process));
	if (!process)
		return NULL;
	process->id = id;
	process->pid = pid;
	tree->processes[tree->nr_processes++] = process;
	return process;
}

static void forget_regions(struct frames_process *process)
{
	free(process->regions);
	process->regions = NULL;
	process->nr_regions = 0;
}

static int born(struct frames_tree *tree, const struct fl_task_new *new)
{
	struct frames_task *task = task_at(tree, new->event.task);
	struct frames_process *from;

	if (!task)
		return -ENOMEM;
	/* a creator has the lower number, so there is room for it */
	if (task->process || new->creator >= tree->nr_tasks)
		return 0;
	from = tree->tasks[new->creator].process;
	task->phase = tree->tasks[new->creator].phase;
	if (new->clone_flags & FLAG_THREAD) {
		task->process = from;
		return 0;
	}
	task->process = process_new(tree, new->event.task, (pid_t) new->pid);
	if (!task->process)
		return -ENOMEM;
	if (!from || !from->nr_regions)
		return 0;
	task->process->regions = calloc(from->nr_regions, sizeof(*from->regions));
	if (!task->process->regions)
		return -ENOMEM;
	memcpy(task->process->regions, from->regions, from->nr_regions * sizeof(*from->regions));
	task->process->nr_regions = from->nr_regions;
	return 0;
}

/* A name given again moves; length 0 forgets it. */
static int name_region(struct frames_process *process, const struct fl_mark *mark)
{
	struct frames_region *regions = process->regions;
	size_t i = 0;

	while (i < process->nr_regions && regions[i].name != mark->name_id)
		i++;
	if (!mark->b) {
		if (i < process->nr_regions)
			memmove(regions + i, regions + i + 1,
				(--process->nr_regions - i) * sizeof(*regions));
		return 0;
	}
	if (i == process->nr_regions) {
		regions = reallocarray(regions, i + 1, sizeof(*regions));
		if (!regions)
			return -ENOMEM;
		process->regions = regions;
		process->nr_regions++;
	}
	regions[i] = (struct frames_region){ mark->name_id, mark->a, mark->b };
	return 0;
}

static int marked(struct frames_task *task, const struct fl_mark *mark)
{
	switch (mark->op) {
	case FL_MARK_PHASE:
		task->phase = mark->name_id;
		return 0;
	case FL_MARK_REGION:
		return task->process ? name_region(task->process, mark) : 0;
	case FL_MARK_BARRIER:
		if (task->process)
			task->process->asker = mark->event.task;
		return 0;
	}
	return 0;
}

int frames_tree_learn(struct frames_tree *tree, const struct fl_event *event)
{
	struct frames_task *task;

	switch (event->type) {
	case FL_TASK_NEW:
		return born(tree, (const struct fl_task_new *)event);
	case FL_MARK:
		task = task_at(tree, event->task);
		return task ? marked(task, (const struct fl_mark *)event) : -ENOMEM;
	case FL_TASK_EXEC:
	case FL_TASK_EXIT:
		task = task_at(tree, event->task);
		if (!task || !task->process)
			return task ? 0 : -ENOMEM;
		if (event->type == FL_TASK_EXEC) {
			forget_regions(task->process);
		} else if (((const struct fl_task_exit *)event)->group_dead) {
			forget_regions(task->process);
			task->process->ended = true;
		}
		return 0;
	}
	return 0;
}

struct frames_process *frames_tree_find(const struct frames_tree *tree, pid_t pid)
{
	for (size_t i = tree->nr_processes; i-- > 0;)
		if (tree->processes[i]->pid == pid && !tree->processes[i]->ended)
			return tree->processes[i];
	return NULL;
}

void frames_tree_free(struct frames_tree *tree)
{
	for (size_t i = 0; i < tree->nr_processes; i++) {
		free(tree->processes[i]->regions);
		free(tree->processes[i]);
	}
	free(tree->processes);
	free(tree->tasks);
}

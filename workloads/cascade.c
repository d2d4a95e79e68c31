// SPDX-License-Identifier: GPL-2.0
/*
 * cascade: what becomes of children when their parent ends
 *
 * In some textbooks the end of a process ends its children as well.  Linux leaves
 * them alone, unless somebody has asked.  Four times a process, the head, makes
 * some children and ends:
 *	default		nobody has asked
 *	pdeath		each child has asked for a signal at that moment (PR_SET_PDEATHSIG),
 *			which the dying head itself sends (forget_original_parent())
 *	group		the head sends the signal to its process group before it ends, as a
 *			shell does
 *	namespace	the head is the first process of a pid namespace: the kernel kills all
 *			that is left in it (zap_pid_ns_processes())
 *
 * When a head is gone, its children are offered a byte each.  Who gets it has
 * survived, says so, and ends.  All are children of the supervisor then, and their
 * pipe ends with it, so that nobody can be left over.
 */
#include "tasks.h"

#include <sys/syscall.h>

struct scene {
	const char *head, *child;
	void (*in_child)(pid_t head);
	void (*in_head)(void);
	unsigned long flags; /* of clone() for the head */
};

static __attribute__((noreturn)) void child(const struct scene *scene, pid_t head, int ready,
					    int go_on)
{
	char byte;

	alarm(DEADLINE_SECONDS);
	fl_role(scene->child);
	if (scene->in_child)
		scene->in_child(head);
	tell(ready);
	if (read(go_on, &byte, 1) != 1)
		_exit(1);
	fl_value("survived", 1);
	_exit(0);
}

static __attribute__((noreturn)) void head(const struct scene *scene, long children, int go_on[2])
{
	pid_t pid, self = getpid();
	int ready[2];

	alarm(DEADLINE_SECONDS);
	fl_role(scene->head);
	close_end(go_on[1]);
	if (setpgid(0, 0))
		fail("setpgid");
	make_pipe(ready);
	for (long i = 0; i < children; i++) {
		pid = fork();
		if (pid < 0)
			fail("fork");
		if (!pid)
			child(scene, self, ready[1], go_on[0]);
	}
	for (long i = 0; i < children; i++)
		await(ready[0]);
	if (scene->in_head)
		scene->in_head();
	_exit(0);
}

static void ask_for_signal(pid_t head)
{
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) || getppid() != head)
		fail("prctl(PR_SET_PDEATHSIG)");
}

static void kill_group(void)
{
	signal(SIGTERM, SIG_IGN); /* it is in the group, too */
	if (kill(0, SIGTERM))
		fail("kill");
}

/* Returns whether there is such a scene here. */
static int play(const struct scene *scene, long children)
{
	int go_on[2];
	pid_t pid;

	make_pipe(go_on);
	pid = syscall(SYS_clone, scene->flags | SIGCHLD, 0, 0, 0, 0);
	if (pid < 0 && scene->flags) {
		close_end(go_on[0]);
		close_end(go_on[1]);
		return 0;
	}
	if (pid < 0)
		fail("fork");
	if (!pid)
		head(scene, children, go_on);
	wait_for(pid);
	for (long i = 0; i < children; i++)
		tell(go_on[1]);
	while (waitpid(-1, NULL, 0) > 0)
		;
	close_end(go_on[0]);
	close_end(go_on[1]);
	return 1;
}

int main(int argc, char **argv)
{
	static const struct scene scenes[] = {
		{ "default.head", "default.child", NULL, NULL, 0 },
		{ "pdeath.head", "pdeath.child", ask_for_signal, NULL, 0 },
		{ "group.head", "group.child", NULL, kill_group, 0 },
	};
	static const struct scene namespace = { "namespace.head", "namespace.child", NULL, NULL,
						CLONE_NEWPID };
	long children;

	(void)argc;
	workload_start(argv);
	children = param("children");
	stay_on_this_cpu();
	fl_role("supervisor");
	if (prctl(PR_SET_CHILD_SUBREAPER, 1))
		fail("prctl(PR_SET_CHILD_SUBREAPER)");
	for (size_t i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++)
		play(&scenes[i], children);
	fl_value("namespace", play(&namespace, children));
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * priority-inversion: how a thread of middle priority holds up one of high priority
 *
 * Three threads with real-time priorities share a CPU.  The one of low priority takes a
 * lock and works under it.  The one of high priority wants the lock and must wait;
 * so far that is as it should be.  But the one in the middle has no part in
 * this, and keeps the CPU from the holder of the lock for as long as it likes.
 *
 * With priority inheritance (PTHREAD_PRIO_INHERIT) the holder gets the priority of
 * whoever waits for the lock (rt_mutex_setprio()), until it gives it back.
 *
 * The main thread has the highest priority of all, so that the others move only when
 * it sleeps: low until it has the lock, then high and middle at once.  Real-time
 * threads come before everything else, so each of them only works for a limited CPU
 * time, and the kernel ends the process after its deadline.
 */
#include "tasks.h"

#include <pthread.h>
#include <semaphore.h>

enum { LOW = 10, MIDDLE = 20, HIGH = 30, MAIN = 40 }; /* priorities of SCHED_FIFO */

static long long hold, work;
static pthread_mutex_t lock;
static sem_t low_may, low_has, middle_may, high_may;
static const char *roles[3], *lost;

static void *low(void *unused)
{
	long long begin, end, waited;

	fl_role(roles[0]);
	sem_wait(&low_may);
	pthread_mutex_lock(&lock);
	begin = now_ns();
	end = cpu_ns() + hold;
	sem_post(&low_has);
	burn_ns(end - cpu_ns());
	waited = now_ns() - begin - hold; /* for the CPU, with the lock held */
	fl_phase("unlock");
	pthread_mutex_unlock(&lock);
	fl_phase("");
	fl_value(lost, waited / 1000); /* microseconds */
	return unused;
}

static void *middle(void *unused)
{
	fl_role(roles[1]);
	sem_wait(&middle_may);
	fl_phase("work");
	burn_ns(work);
	fl_phase("");
	return unused;
}

static void *high(void *unused)
{
	fl_role(roles[2]);
	sem_wait(&high_may);
	fl_phase("lock");
	pthread_mutex_lock(&lock);
	fl_phase("");
	pthread_mutex_unlock(&lock);
	return unused;
}

static pthread_t start(void *(*function)(void *), int priority)
{
	struct sched_param param = { .sched_priority = priority };
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED);
	pthread_attr_setschedpolicy(&attr, SCHED_FIFO);
	pthread_attr_setschedparam(&attr, &param);
	errno = pthread_create(&thread, &attr, function, NULL);
	if (errno)
		fail("pthread_create with priority %d", priority);
	return thread;
}

static __attribute__((noreturn)) void play(int protocol, const char *low_role,
					   const char *middle_role, const char *high_role)
{
	pthread_mutexattr_t attr;
	pthread_t threads[3];

	roles[0] = low_role;
	roles[1] = middle_role;
	roles[2] = high_role;
	lost = protocol == PTHREAD_PRIO_INHERIT ? "lost.inherit" : "lost.none";
	pthread_mutexattr_init(&attr);
	errno = pthread_mutexattr_setprotocol(&attr, protocol);
	if (errno || pthread_mutex_init(&lock, &attr))
		fail("make a lock");
	sem_init(&low_may, 0, 0);
	sem_init(&low_has, 0, 0);
	sem_init(&middle_may, 0, 0);
	sem_init(&high_may, 0, 0);
	threads[0] = start(low, LOW);
	threads[1] = start(middle, MIDDLE);
	threads[2] = start(high, HIGH);

	sem_post(&low_may);
	sem_wait(&low_has);
	sem_post(&high_may);
	sem_post(&middle_may);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	_exit(0);
}

int main(int argc, char **argv)
{
	struct sched_param param_main = { .sched_priority = MAIN };
	pid_t child;

	(void)argc;
	workload_start(argv);
	hold = param("hold_ms") * 1000000LL;
	work = param("work_ms") * 1000000LL;
	fl_role("parent");
	if (sched_setscheduler(0, SCHED_FIFO, &param_main)) {
		fl_value("realtime", 0);
		return 0;
	}
	fl_value("realtime", 1);
	stay_on_this_cpu(); /* only now: before, a real-time thread there could keep us out */

	if (fork_child(&child, "none"))
		play(PTHREAD_PRIO_NONE, "none.low", "none.middle", "none.high");
	wait_for(child);
	if (fork_child(&child, "inherit"))
		play(PTHREAD_PRIO_INHERIT, "inherit.low", "inherit.middle", "inherit.high");
	wait_for(child);
	return 0;
}

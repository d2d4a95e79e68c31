// SPDX-License-Identifier: GPL-2.0
/*
 * race-counter: two threads add one, and what it takes that nothing is lost
 *
 * Each of two threads adds one to the same number, many times, on two CPUs:
 *	plain		load, add, store: another store in between is overwritten
 *	atomic		one locked instruction
 *	mutex		pthread_mutex_lock(), which asks the kernel (futex) to sleep and to wake
 *			only when the lock is taken
 *	spin		a loop around an atomic exchange
 *	peterson	Peterson's algorithm: stores and loads, and a fence in between
 *	nofence		the same without the fence: each CPU may load before its own store
 *			is seen by the other, so both can pass
 * and besides
 *	one.cpu		plain, but one instruction, on one CPU: interrupts come only between
 *			instructions, so nothing is lost (where there is such an instruction)
 *	alone		a mutex that nobody else wants: no system call at all
 *	mutex.wait, spin.wait	one holds the lock and sleeps, the other waits for it
 *	deadlock	each of two threads holds a mutex and wants the other's
 *
 * It takes luck to lose an update, so `plain` and `nofence` are tried until one is lost,
 * and `mutex` until one thread had to wait for the other.
 */
#include "tasks.h"

#include <pthread.h>
#include <sys/resource.h>

#include "proc.h"

#define TRIES 200
#define HOLD_NS 20000000

static int cpus[2];
static long rounds;

/* Each on a cache line of its own, so that CPUs fight only for what they share. */
#define ALONE __attribute__((aligned(64)))
static volatile long counter ALONE;
static int ready ALONE, spinlock ALONE, wanted[2] ALONE, turn ALONE;
static pthread_mutex_t mutex ALONE = PTHREAD_MUTEX_INITIALIZER,
			     other_mutex ALONE = PTHREAD_MUTEX_INITIALIZER;

static int load(const int *word)
{
	return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static void store(int *word, int value)
{
	__atomic_store_n(word, value, __ATOMIC_RELEASE);
}

/* Both are on a CPU when it returns. */
static void meet(void)
{
	__atomic_add_fetch(&ready, 1, __ATOMIC_SEQ_CST);
	while (load(&ready) < 2)
		;
}

static void add_plain(int me)
{
	(void)me;
	counter = counter + 1;
}

static void add_one_instruction(int me)
{
	(void)me;
#if defined(__x86_64__)
	__asm__ volatile("incq %0" : "+m"(counter));
#endif
}

static void add_atomic(int me)
{
	(void)me;
	__atomic_add_fetch(&counter, 1, __ATOMIC_RELAXED);
}

static void add_mutex(int me)
{
	(void)me;
	pthread_mutex_lock(&mutex);
	counter = counter + 1;
	pthread_mutex_unlock(&mutex);
}

static void spin_lock(void)
{
	while (__atomic_exchange_n(&spinlock, 1, __ATOMIC_ACQUIRE))
		while (load(&spinlock))
			;
}

static void spin_unlock(void)
{
	store(&spinlock, 0);
}

static void add_spin(int me)
{
	(void)me;
	spin_lock();
	counter = counter + 1;
	spin_unlock();
}

static inline void peterson(int me, int fence)
{
	store(&wanted[me], 1);
	store(&turn, !me);
	if (fence)
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
	while (load(&wanted[!me]) && load(&turn) == !me)
		;
	counter = counter + 1;
	store(&wanted[me], 0);
}

static void add_peterson(int me)
{
	peterson(me, 1);
}

static void add_nofence(int me)
{
	peterson(me, 0);
}

struct racer {
	const char *phase;
	void (*add)(int me);
	int me;
	int cpu;
};

static long slept; /* how often both together, in the race */

static long sleeps(void)
{
	struct rusage usage;

	if (getrusage(RUSAGE_THREAD, &usage))
		fail("getrusage");
	return usage.ru_nvcsw;
}

static void *race_one(void *arg)
{
	struct racer *racer = arg;
	long before;

	move_to_cpu(racer->cpu);
	before = sleeps();
	fl_phase(racer->phase);
	meet();
	for (long i = 0; i < rounds; i++)
		racer->add(racer->me);
	fl_phase("");
	__atomic_add_fetch(&slept, sleeps() - before, __ATOMIC_RELAXED);
	return NULL;
}

static void start(pthread_t *thread, void *(*run)(void *), void *arg)
{
	if (pthread_create(thread, NULL, run, arg))
		fail("pthread_create");
}

/* What is in the counter when both have added one ROUNDS times. */
static long race(const char *phase, void (*add)(int me), int one_cpu)
{
	struct racer racers[2];
	pthread_t threads[2];

	counter = 0;
	ready = 0;
	slept = 0;
	for (int i = 0; i < 2; i++) {
		racers[i] = (struct racer){ phase, add, i, cpus[one_cpu ? 0 : i] };
		start(&threads[i], race_one, &racers[i]);
	}
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	return counter;
}

static long race_until_lost(const char *phase, void (*add)(int me))
{
	long left = 2 * rounds;

	for (int i = 0; i < TRIES && left == 2 * rounds; i++)
		left = race(phase, add, 0);
	return left;
}

static long race_until_slept(const char *phase, void (*add)(int me))
{
	long left;
	int i = 0;

	do
		left = race(phase, add, 0);
	while (!slept && left == 2 * rounds && ++i < TRIES);
	return left;
}

/*
 * One more thread than the caller, which holds the lock until that one has waited for a
 * while: for the mutex, since it sleeps; what it did before is not part of the wait.
 */
static pid_t sleeper;

static void *want_mutex(void *unused)
{
	move_to_cpu(cpus[1]);
	sleeper = gettid();
	meet();
	fl_phase("mutex.wait");
	pthread_mutex_lock(&mutex);
	fl_phase("");
	pthread_mutex_unlock(&mutex);
	return unused;
}

static void *want_spinlock(void *unused)
{
	move_to_cpu(cpus[1]);
	fl_phase("spin.wait");
	meet();
	spin_lock();
	fl_phase("");
	spin_unlock();
	return unused;
}

static void hold(void)
{
	pthread_t thread;

	ready = 0;
	pthread_mutex_lock(&mutex);
	start(&thread, want_mutex, NULL);
	meet();
	wait_until_state(sleeper, 'S');
	sleep_ns(HOLD_NS);
	pthread_mutex_unlock(&mutex);
	pthread_join(thread, NULL);

	ready = 0;
	spin_lock();
	start(&thread, want_spinlock, NULL);
	meet();
	sleep_ns(HOLD_NS);
	spin_unlock();
	pthread_join(thread, NULL);
}

static void alone(void)
{
	fl_phase("alone");
	for (long i = 0; i < rounds; i++)
		add_mutex(0);
	fl_phase("");
}

static pid_t *stuck;

static void want_both(pthread_mutex_t *first, pthread_mutex_t *second, int me)
{
	move_to_cpu(cpus[me]);
	fl_role(me ? "second" : "first");
	pthread_mutex_lock(first);
	fl_value("holds", (long)first);
	meet();
	fl_phase("deadlock");
	__atomic_store_n(&stuck[me], gettid(), __ATOMIC_RELEASE);
	pthread_mutex_lock(second);
}

static void *want_other_first(void *unused)
{
	want_both(&other_mutex, &mutex, 1);
	return unused;
}

static void deadlock(void)
{
	pthread_t thread;
	pid_t child;

	stuck = shared_page();
	if (fork_child(&child, "first")) {
		ready = 0;
		start(&thread, want_other_first, NULL);
		want_both(&mutex, &other_mutex, 0);
		_exit(0);
	}
	for (int i = 0; i < 2; i++) {
		while (!__atomic_load_n(&stuck[i], __ATOMIC_ACQUIRE))
			sched_yield();
		wait_until_state(stuck[i], 'S');
	}
	fl_phase("kill");
	if (kill(child, SIGKILL))
		fail("kill");
	fl_phase("");
	if (wait_status(child) != SIGKILL)
		fail("the deadlock has an end");
}

int main(int argc, char **argv)
{
	(void)argc;
	workload_start(argv);
	rounds = param("rounds");
	stay_on_this_cpu();
	fl_role("main");
	cpus[0] = sched_getcpu();
	cpus[1] = another_cpu();
	fl_value("two.cpus", cpus[1] >= 0);

	alone();
	fl_value("alone", counter);
#if defined(__x86_64__)
	fl_value("one.cpu", race("one.cpu", add_one_instruction, 1));
#endif
	if (cpus[1] < 0)
		return 0;
	fl_value("plain", race_until_lost("plain", add_plain));
	fl_value("atomic", race("atomic", add_atomic, 0));
	fl_value("mutex", race_until_slept("mutex", add_mutex));
	fl_value("spin", race("spin", add_spin, 0));
	fl_value("peterson", race("peterson", add_peterson, 0));
	fl_value("nofence", race_until_lost("nofence", add_nofence));
	hold();
	deadlock();
	return 0;
}

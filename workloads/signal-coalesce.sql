-- SPDX-License-Identifier: GPL-2.0
-- title: a standard signal says that, not how often
-- chapter: E
-- question: A process gets the same signal seven times while it cannot take it. How often does its handler run?
-- param: signals = 7   1..1000   how often each signal is sent
-- lesson: A standard signal is a flag that is set or not: it tells that something happened, so look for yourself how much. Real-time signals are queued, with a number each.

-- SIGUSR1 is 10.
-- claim E standard.sent: each kill() is one signal, from the process to itself
-- phase: standard
-- expect: signals
SELECT count(*) FROM signal JOIN phase ON phase.task = sender_task AND receiver_task = sender_task
WHERE name = 'standard' AND signo = 10 AND generated_ns BETWEEN start_ns AND end_ns;

-- claim E standard.first: while it is blocked, the first one is noted
-- phase: standard
-- expect: 1
SELECT count(*) FROM signal JOIN phase ON phase.task = receiver_task
WHERE name = 'standard' AND signo = 10 AND result = 'delivered'
AND generated_ns BETWEEN start_ns AND end_ns;

-- claim E standard.others: and the others find it noted already
-- phase: standard
-- expect: signals - 1
SELECT count(*) FROM signal JOIN phase ON phase.task = receiver_task
WHERE name = 'standard' AND signo = 10 AND result = 'already_pending'
AND generated_ns BETWEEN start_ns AND end_ns;

-- claim E standard.order: it was the first one, by the clock
-- phase: standard
-- expect: 1
SELECT place FROM (
	SELECT result, row_number() OVER (ORDER BY generated_ns) AS place
	FROM signal JOIN phase ON phase.task = receiver_task
	WHERE name = 'standard' AND signo = 10 AND generated_ns BETWEEN start_ns AND end_ns
) WHERE result = 'delivered';

-- claim E standard.blocked: nothing is delivered while it is blocked
-- phase: standard
-- expect: 0
SELECT count(*) FROM signal JOIN phase ON phase.task = receiver_task
WHERE name = 'standard' AND delivered_ns BETWEEN start_ns AND end_ns;

-- claim E standard.open: when the mask lets it in, one is delivered
-- phase: standard.open
-- expect: 1
SELECT count(*) FROM signal JOIN phase ON phase.task = receiver_task
WHERE name = 'standard.open' AND signo = 10 AND action = 'handler' AND delivered_ns BETWEEN start_ns AND end_ns;

-- claim E standard.handled: and the handler has run once
-- phase: standard.open
-- expect: 1
SELECT value FROM value WHERE name = 'standard';

-- SIGRTMIN is 34 for programs: the C library keeps 32 and 33 to itself.
-- claim E realtime.sent: each real-time signal is queued
-- phase: realtime
-- expect: signals
SELECT count(*) FROM signal JOIN phase ON phase.task = receiver_task
WHERE name = 'realtime' AND signo = 34 AND result = 'delivered'
AND generated_ns BETWEEN start_ns AND end_ns;

-- claim E realtime.open: and delivered
-- phase: realtime.open
-- expect: signals
SELECT count(*) FROM signal JOIN phase ON phase.task = receiver_task
WHERE name = 'realtime.open' AND signo = 34 AND action = 'handler' AND delivered_ns BETWEEN start_ns AND end_ns;

-- claim E realtime.handled: each one runs the handler
-- phase: realtime.open
-- expect: signals
SELECT value FROM value WHERE name = 'realtime';

-- claim E realtime.order: in the order in which they were sent
-- phase: realtime.open
-- expect: signals
SELECT count(*) FROM (
	SELECT row_number() OVER (ORDER BY generated_ns) AS sent,
	       row_number() OVER (ORDER BY delivered_ns) AS arrived
	FROM signal WHERE signo = 34 AND action = 'handler'
) WHERE sent = arrived;

-- claim E realtime.number: with the number that each was sent with
-- phase: realtime.open
-- expect: signals
SELECT sum(number = place - 1) FROM (
	SELECT value AS number, row_number() OVER (ORDER BY t_ns) AS place FROM value WHERE name = 'number'
);

-- SI_QUEUE is -1, SI_USER is 0.
-- claim E realtime.code: the receiver can tell sigqueue() from kill()
-- expect: 1
SELECT count(DISTINCT code) = 2 AND sum(signo = 34 AND code != -1) = 0 AND sum(signo = 10 AND code != 0) = 0
FROM signal WHERE signo IN (10, 34);

-- SIGUSR2 is 12.
-- claim E ignored: a signal that is ignored is dropped when it is sent
-- phase: ignored
-- expect: signals
SELECT sum(result = 'ignored') FROM signal WHERE signo = 12;

-- claim E ignored.never: and never delivered
-- phase: ignored
-- expect: 0
SELECT count(delivered_ns) FROM signal WHERE signo = 12;

-- EAGAIN is 11.
-- claim E full: without a place in the queue, sigqueue() fails
-- phase: full
-- expect: 1
SELECT sum(ret = -11) FROM syscall WHERE phase = 'full' AND name = 'rt_sigqueueinfo';

-- claim E full.result: since the kernel refuses the signal
-- phase: full
-- expect: 1
SELECT sum(result = 'overflow_fail') FROM signal JOIN task ON task = receiver_task WHERE role = 'full' AND signo = 34;

-- claim E full.standard: a standard signal needs none, and arrives
-- phase: full
-- expect: 1
SELECT count(delivered_ns) FROM signal JOIN task ON task = receiver_task WHERE role = 'full' AND signo = 10;

-- Inside the kernel the deadly signal is turned into SIGKILL for each thread
-- (complete_signal()); the status still says which it was.
-- claim E killed: a process that has said nothing about SIGUSR1 is ended by it
-- phase: killed
-- expect: 1
SELECT sum(action = 'default') FROM signal JOIN task ON task = receiver_task WHERE role = 'killed' AND signo = 10;

-- claim E killed.status: and its status says so
-- phase: killed
-- expect: 10
SELECT exit_signal FROM task WHERE role = 'killed';

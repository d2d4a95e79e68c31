-- SPDX-License-Identifier: GPL-2.0
-- title: a signal asks a busy program how far it is
-- chapter: E
-- question: Can a program be stopped at any point and still tell the exact truth?
-- param: signals = 5   1..1000   how often the copier is asked
-- param: pause_us = 1000   0..999999   microseconds before each question
-- param: mode = own   own|dd   who copies: our own program, or the dd that is installed
-- lesson: A signal is delivered between two instructions of the program, on the way back from the kernel: what the kernel did is done, or has not begun.
-- needs: mode != 'dd' || told('dd')   there is no dd here that answers SIGUSR1

-- SIGUSR1 is 10.
-- claim E generated: each question becomes one signal from the asker to the copier
-- expect: signals
SELECT count(*) FROM signal
JOIN task AS asker ON asker.task = sender_task AND asker.role = 'asker'
JOIN task AS copier ON copier.task = receiver_task AND copier.role = 'copier'
WHERE signo = 10 AND result = 'delivered';

-- claim E delivered: and each one runs the handler, since none was sent before the last was answered
-- expect: signals
SELECT count(*) FROM signal WHERE signo = 10 AND action = 'handler';

-- SIGTERM, by which dd is ended, is 15.
-- claim E no.other: no other signal reaches the copier while it copies
-- phase: copy
-- expect: signals
SELECT count(*) FROM signal JOIN task ON task = receiver_task
JOIN phase USING (task)
WHERE role = 'copier' AND name = 'copy' AND signo != 15 AND delivered_ns BETWEEN phase.start_ns AND phase.end_ns;

-- By the clock: reads that have returned a byte, signals delivered, answers. Each answer
-- is set beside the number of reads up to the signal before it.
-- claim E answers: each answer is the number of bytes read when the signal was delivered
-- phase: copy
-- when: mode == 'own'
-- expect: signals
SELECT sum(printed = asked) FROM (
	SELECT printed, lag(bytes) OVER (ORDER BY t_ns) AS asked FROM (
		SELECT what, t_ns, printed, sum(what = 'read') OVER (ORDER BY t_ns ROWS UNBOUNDED PRECEDING) AS bytes FROM (
			SELECT 'read' AS what, end_ns AS t_ns, NULL AS printed FROM syscall
			WHERE phase = 'copy' AND name = 'read' AND ret = 1
			UNION ALL
			SELECT 'signal', delivered_ns, NULL FROM signal WHERE signo = 10 AND action = 'handler'
			UNION ALL
			SELECT 'answer', t_ns, value FROM value WHERE name = 'bytes'))
	WHERE what != 'read');

-- What dd has printed stands at the beginning of what it wrote.
-- claim E answers.dd: each answer of dd is the number of bytes that it has read when it prints
-- phase: copy
-- when: mode == 'dd'
-- expect: signals
SELECT sum(printed = bytes) FROM (
	SELECT printed, sum(printed IS NULL) OVER (ORDER BY t_ns ROWS UNBOUNDED PRECEDING) AS bytes FROM (
		SELECT end_ns AS t_ns, NULL AS printed FROM syscall
		WHERE phase = 'copy' AND name = 'read' AND ret = 1
		UNION ALL
		SELECT start_ns, CAST(CAST(data AS TEXT) AS INTEGER) FROM syscall
		WHERE name = 'write' AND file_kind = 'pipe' AND CAST(data AS TEXT) LIKE '%records in%'));

-- It prints before its next read or write, so at most one read was already under way.
-- claim B answers.late: which is at most one more than when the signal was delivered
-- phase: copy
-- when: mode == 'dd'
-- expect: 0 .. 1
SELECT max(abs(printed - asked)) FROM (
	SELECT printed, lag(bytes) OVER (ORDER BY t_ns) AS asked FROM (
		SELECT what, t_ns, printed, sum(what = 'read') OVER (ORDER BY t_ns ROWS UNBOUNDED PRECEDING) AS bytes FROM (
			SELECT 'read' AS what, end_ns AS t_ns, NULL AS printed FROM syscall
			WHERE phase = 'copy' AND name = 'read' AND ret = 1
			UNION ALL
			SELECT 'signal', delivered_ns, NULL FROM signal WHERE signo = 10 AND action = 'handler'
			UNION ALL
			SELECT 'answer', start_ns, CAST(CAST(data AS TEXT) AS INTEGER) FROM syscall
			WHERE name = 'write' AND file_kind = 'pipe' AND CAST(data AS TEXT) LIKE '%records in%'))
	WHERE what != 'read');

-- claim E goes.on: the copy goes on afterwards: no read fails or is cut short
-- phase: copy
-- expect: 0
SELECT count(*) FROM syscall JOIN task USING (task)
WHERE role = 'copier' AND phase = 'copy' AND name = 'read' AND ret != 1
AND syscall.start_ns > (SELECT min(delivered_ns) FROM signal WHERE signo = 10);

-- claim E all: and each byte read was written (each answer is a byte for the asker, and a line of text)
-- phase: copy
-- when: mode == 'own'
-- expect: signals
SELECT sum(name = 'write' AND ret = 1) - sum(name = 'read' AND ret = 1)
FROM syscall JOIN task USING (task) WHERE role = 'copier' AND phase = 'copy';

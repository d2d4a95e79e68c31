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

-- The first answer after the signal was delivered, beside the reads that had
-- returned a byte by then.
-- claim E answers: each answer is the number of bytes read when the signal was delivered
-- phase: copy
-- when: mode == 'own'
-- expect: signals
SELECT count(*) FROM signal
WHERE signo = 10
AND (SELECT value FROM value
     WHERE value.task = receiver_task AND name = 'bytes' AND t_ns > delivered_ns
     ORDER BY t_ns LIMIT 1)
  = (SELECT count(*) FROM syscall
     WHERE syscall.task = receiver_task AND phase = 'copy' AND name = 'read' AND ret = 1
     AND end_ns <= delivered_ns);

-- What dd has printed stands at the beginning of what it wrote next.
-- claim E answers.dd: each answer of dd is the number of bytes that it has read when it prints
-- phase: copy
-- when: mode == 'dd'
-- expect: signals
SELECT count(*) FROM (
	SELECT receiver_task, (
		SELECT start_ns FROM syscall
		WHERE syscall.task = receiver_task AND name = 'write' AND file_kind = 'pipe' AND start_ns > delivered_ns
		ORDER BY start_ns LIMIT 1) AS answer_ns
	FROM signal WHERE signo = 10 AND action = 'handler')
JOIN syscall AS answer ON answer.task = receiver_task AND answer.start_ns = answer_ns
WHERE CAST(CAST(answer.data AS TEXT) AS INTEGER) = (
	SELECT count(*) FROM syscall
	WHERE syscall.task = receiver_task AND phase = 'copy' AND name = 'read' AND ret = 1 AND end_ns < answer_ns);

-- It prints before its next read or write, so at most one read was already under way.
-- claim B answers.late: which is at most one more than when the signal was delivered
-- phase: copy
-- when: mode == 'dd'
-- expect: 0 .. 1
SELECT max(abs((
	SELECT count(*) FROM syscall
	WHERE syscall.task = receiver_task AND phase = 'copy' AND name = 'read' AND ret = 1 AND end_ns <= delivered_ns)
	- (SELECT CAST(CAST(data AS TEXT) AS INTEGER) FROM syscall
	WHERE syscall.task = receiver_task AND name = 'write' AND file_kind = 'pipe' AND start_ns > delivered_ns
	ORDER BY start_ns LIMIT 1)))
FROM signal WHERE signo = 10 AND action = 'handler';

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

-- The figure is the machine's own, and tracing is in it; the range is what any machine can do.
-- claim S rate: bytes copied in a millisecond, by the first and the last answer
-- when: signals >= 2
-- expect: 1 .. 100000
SELECT (max(value) - min(value)) * 1000000 / (max(t_ns) - min(t_ns)) FROM value WHERE name = 'bytes';

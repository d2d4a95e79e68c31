-- SPDX-License-Identifier: GPL-2.0
-- title: a pipe carries bytes one way, for as long as somebody holds its ends
-- chapter: E
-- question: When does a reader learn that nothing more will come?
-- param: stages = 3   2..100   processes in the pipeline
-- param: bytes = 100003   1..100000000   bytes through the pipeline
-- lesson: A pipe has an end for writing and one for reading; for an answer take a second pipe. The end of the stream is seen when the last end for writing is closed, whoever holds it, so close what you do not use.

-- Three pipes to talk, two that are broken, and one between each two stages.
-- claim E pipes: each pipe is made by one pipe2()
-- expect: 3 + 2 + stages - 1
SELECT count(*) FROM syscall WHERE name = 'pipe2' AND ret = 0 AND coalesce(phase, '') != 'shell';

-- claim E before.fork: the three pipes to talk are there before the child is
-- expect: 3
SELECT count(*) FROM syscall WHERE name = 'pipe2' AND ret = 0
AND end_ns < (SELECT start_ns FROM task WHERE role = 'child');

-- EBADF is 9.
-- claim E wrong.end: writing to the end for reading fails with EBADF
-- phase: wrong.end
-- expect: -9
SELECT ret FROM syscall WHERE phase = 'wrong.end' AND name = 'write';

-- claim E greet.write: the parent writes "Greetings", 10 bytes
-- phase: greet
-- expect: 10
SELECT ret FROM syscall JOIN task USING (task)
WHERE role = 'parent' AND phase = 'greet' AND name = 'write';

-- claim E greet.read: the child reads the same 10 bytes at once
-- phase: greet
-- expect: 10
SELECT ret FROM syscall JOIN task USING (task)
WHERE role = 'child' AND phase = 'greet' AND name = 'read';

-- claim E greet.pipe: from the same pipe
-- phase: greet
-- expect: 1
SELECT count(DISTINCT file) FROM syscall
WHERE phase = 'greet' AND name IN ('read', 'write') AND file_kind = 'pipe';

-- claim E greet.message: which makes one message from parent to child
-- phase: greet
-- expect: 10
SELECT sum(bytes) FROM message
JOIN task AS sender ON sender.task = from_task AND sender.role = 'parent'
JOIN task AS reader ON reader.task = to_task AND reader.role = 'child'
WHERE channel = 'pipe' AND bytes > 1 AND received_ns > sent_ns;

-- claim E answer.message: the answer goes from child to parent
-- phase: answer
-- expect: 10
SELECT sum(bytes) FROM message
JOIN task AS sender ON sender.task = from_task AND sender.role = 'child'
JOIN task AS reader ON reader.task = to_task AND reader.role = 'parent'
WHERE channel = 'pipe' AND received_ns > sent_ns;

-- claim E answer.pipe: through another pipe
-- phase: answer
-- expect: 2
SELECT count(DISTINCT file) FROM syscall
WHERE phase IN ('greet', 'answer') AND name IN ('read', 'write') AND file_kind = 'pipe';

-- EAGAIN is 11.
-- claim E eof.early: while the reader itself can still write, it is told to try again: no end
-- phase: eof.early
-- expect: -11
SELECT ret FROM syscall WHERE phase = 'eof.early' AND name = 'read';

-- claim E eof.parent: although the parent had closed its end by then
-- phase: close
-- expect: 1
SELECT count(*) FROM syscall WHERE phase = 'close' AND name = 'close' AND ret = 0
AND end_ns < (SELECT start_ns FROM syscall WHERE phase = 'eof.early' AND name = 'read');

-- claim E eof: after it has closed the last end for writing, its own, it reads the end of the stream
-- phase: eof
-- expect: 0
SELECT reading.ret FROM syscall AS reading JOIN syscall AS closing USING (task, phase)
WHERE phase = 'eof' AND reading.name = 'read' AND closing.name = 'close' AND closing.ret = 0
AND closing.end_ns < reading.start_ns;

-- EPIPE is 32, SIGPIPE is 13.
-- claim E broken: writing to a pipe that nobody can read fails with EPIPE, each time
-- phase: broken
-- expect: 2
SELECT sum(ret = -32) FROM syscall WHERE phase = 'broken' AND name = 'write';

-- claim E broken.signal: and raises SIGPIPE, each time
-- phase: broken
-- expect: 2
SELECT count(*) FROM signal JOIN task ON task = receiver_task
WHERE signo = 13 AND role IN ('killed', 'deaf') AND sender_task = receiver_task;

-- claim E broken.killed: which ends a process that has not said otherwise
-- phase: broken
-- expect: 13
SELECT exit_signal FROM task WHERE role = 'killed';

-- claim E broken.ignored: and is dropped where it is ignored, so that EPIPE can be seen
-- phase: broken
-- expect: 'ignored'
SELECT result FROM signal JOIN task ON task = receiver_task WHERE role = 'deaf' AND signo = 13;

-- claim E broken.deaf: that process ends well
-- phase: broken
-- expect: 0
SELECT exit_code FROM task WHERE role = 'deaf';

-- claim E pipeline.written: what goes into the pipes of the pipeline ...
-- phase: pipeline
-- expect: bytes * (stages - 1)
SELECT sum(ret) FROM syscall WHERE phase = 'pipeline' AND name = 'write' AND file_kind = 'pipe' AND ret > 0;

-- claim E pipeline.read: ... comes out of them
-- phase: pipeline
-- expect: bytes * (stages - 1)
SELECT sum(ret) FROM syscall WHERE phase = 'pipeline' AND name = 'read' AND file_kind = 'pipe' AND ret > 0;

-- claim E pipeline.links: one pipe leads from each stage to the next
-- phase: pipeline
-- expect: stages - 1
SELECT count(DISTINCT object) FROM message
JOIN task AS sender ON sender.task = from_task AND sender.role LIKE 'stage.%'
JOIN task AS reader ON reader.task = to_task AND reader.role LIKE 'stage.%'
WHERE channel = 'pipe' AND sender.task < reader.task;

-- claim E pipeline.each: and each of them passes all the bytes
-- phase: pipeline
-- expect: bytes
SELECT min(passed) FROM (
	SELECT sum(bytes) AS passed FROM message JOIN task ON task = from_task
	WHERE channel = 'pipe' AND role LIKE 'stage.%' AND received_ns IS NOT NULL GROUP BY object
);

-- claim E shell.number: free | awk gives the machine's memory in kB
-- phase: shell
-- needs: told('free')   sh, free or awk is missing here
-- expect: 0
SELECT max(value) FILTER (WHERE name = 'free') - max(value) FILTER (WHERE name = 'memory') FROM value;

-- claim E shell.pipe: the shell has put one pipe between the two
-- phase: shell
-- needs: told('free')   sh, free or awk is missing here
-- expect: 1
SELECT count(DISTINCT object) FROM message
JOIN task AS sender ON sender.task = from_task AND sender.comm = 'free'
JOIN task AS reader ON reader.task = to_task AND reader.comm = 'awk';

-- claim E shell.bytes: awk has got every byte that free wrote
-- phase: shell
-- needs: told('free')   sh, free or awk is missing here
-- expect: 0
SELECT (SELECT sum(ret) FROM syscall JOIN task USING (task)
	WHERE comm = 'free' AND name = 'write' AND file_kind = 'pipe' AND ret > 0)
     - (SELECT sum(bytes) FROM message
	JOIN task AS sender ON sender.task = from_task AND sender.comm = 'free'
	JOIN task AS reader ON reader.task = to_task AND reader.comm = 'awk');

-- claim E shell.one.way: and has written nothing back
-- phase: shell
-- needs: told('free')   sh, free or awk is missing here
-- expect: 0
SELECT count(*) FROM message
JOIN task AS sender ON sender.task = from_task AND sender.comm = 'awk'
JOIN task AS reader ON reader.task = to_task AND reader.comm = 'free';

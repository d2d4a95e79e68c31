-- SPDX-License-Identifier: GPL-2.0
-- title: a remote call looks like a call, and is two messages
-- chapter: E
-- question: A program calls add(1, 2), and the sum is made by another process. What goes to and fro?
-- param: calls = 23   1..10000   remote calls over each kind of socket
-- lesson: A stub makes a message of the arguments, and waits for one with the result. What a call never does, a remote call may: arrive twice, or not come back. So number the requests, and expect an error.

-- The messages of a call are paired by their order: the client sends no request before
-- it has the reply to the last one.

-- claim E unix.requests: UNIX: each call sends one request of 24 bytes to the server
-- phase: unix.call
-- expect: calls
SELECT count(*) FROM message JOIN phase ON phase.task = from_task AND sent_ns BETWEEN phase.start_ns AND phase.end_ns
JOIN task AS server ON server.task = to_task AND server.role = 'server'
WHERE phase.name = 'unix.call' AND channel = 'unix' AND bytes = 24;

-- claim E unix.replies: and gets one reply of 16 bytes from it
-- phase: unix.call
-- expect: calls
SELECT count(*) FROM message JOIN phase ON phase.task = to_task AND received_ns BETWEEN phase.start_ns AND phase.end_ns
JOIN task AS server ON server.task = from_task AND server.role = 'server'
WHERE phase.name = 'unix.call' AND channel = 'unix' AND bytes = 16;

-- claim E unix.marshal: the request is its number, the function's, and both arguments, highest byte first
-- phase: unix.call
-- expect: calls
SELECT sum(hex(data) = printf('%08X%08X%016X%016X', place, 1, place - 1, 2 * (place - 1))) FROM (
	SELECT data, row_number() OVER (ORDER BY start_ns) AS place
	FROM syscall WHERE phase = 'unix.call' AND name = 'write'
);

-- claim E unix.once: between request and reply the server has added once
-- phase: unix.call
-- expect: calls
SELECT count(*) FROM (
	SELECT what, lag(what) OVER (ORDER BY t_ns) AS before, lead(what) OVER (ORDER BY t_ns) AS after FROM (
		SELECT 'request' AS what, start_ns AS t_ns FROM syscall WHERE phase = 'unix.call' AND name = 'write'
		UNION ALL SELECT 'reply', end_ns FROM syscall WHERE phase = 'unix.call' AND name = 'read'
		UNION ALL SELECT 'add', t_ns FROM value WHERE name = 'add'))
WHERE what = 'add' AND before = 'request' AND after = 'reply';

-- Where the server is quick to take the CPU, the client is pushed aside (ready)
-- before it comes to wait.
-- claim E unix.off: meanwhile the client is off the CPU
-- phase: unix.call
-- expect: calls
SELECT count(*) FROM (
	SELECT what, lead(what) OVER (ORDER BY t_ns) AS after FROM (
		SELECT 'request' AS what, start_ns AS t_ns FROM syscall WHERE phase = 'unix.call' AND name = 'write'
		UNION ALL SELECT 'reply', end_ns FROM syscall WHERE phase = 'unix.call' AND name = 'read'
		UNION ALL SELECT 'off', start_ns FROM state WHERE state IN ('waiting', 'ready')
		AND task = (SELECT task FROM phase WHERE name = 'unix.call')))
WHERE what = 'request' AND after = 'off';

-- claim B unix.wait: and waits in read() for the reply, as a rule
-- phase: unix.call
-- expect: 1 .. calls
-- inconclusive: observed == 0   the server took the CPU each time before the client came to wait; run it again
SELECT count(*) FROM (
	SELECT what, lead(what) OVER (ORDER BY t_ns) AS after FROM (
		SELECT 'read' AS what, start_ns AS t_ns FROM syscall WHERE phase = 'unix.call' AND name = 'read'
		UNION ALL SELECT 'reply', end_ns FROM syscall WHERE phase = 'unix.call' AND name = 'read'
		UNION ALL SELECT 'wait', start_ns FROM state WHERE state = 'waiting' AND why = 'read'
		AND task = (SELECT task FROM phase WHERE name = 'unix.call')))
WHERE what = 'read' AND after = 'wait';

-- claim E unix.total: the sums are right
-- phase: unix.call
-- expect: 3 * calls * (calls - 1) / 2
SELECT value FROM value WHERE phase = 'unix.call' AND name = 'total';

-- claim E unix.again: a request that comes twice is answered twice
-- phase: unix.again
-- expect: 2
SELECT sum(value = 3 + 4) FROM value WHERE phase = 'unix.again' AND name = 'sum';

-- claim E unix.again.once: but the server adds once
-- phase: unix.again
-- expect: 1
SELECT count(*) FROM value AS run JOIN phase ON t_ns BETWEEN phase.start_ns AND phase.end_ns
WHERE run.name = 'add' AND phase.name = 'unix.again';

-- claim E unix.dead.part: of the last reply half comes
-- phase: unix.dead
-- expect: 8
SELECT sum(ret) FROM syscall WHERE phase = 'unix.dead' AND name = 'read';

-- claim E unix.dead.end: and then the end of the stream
-- phase: unix.dead
-- expect: 1
SELECT sum(ret = 0) FROM syscall WHERE phase = 'unix.dead' AND name = 'read';

-- claim E unix.dead: which makes the call an error, and no wait for ever
-- phase: unix.dead
-- expect: 0
SELECT value FROM value WHERE phase = 'unix.dead' AND name = 'answered';

-- claim E tcp.requests: TCP: each call sends one request of 24 bytes to the server
-- phase: tcp.call
-- needs: told('loopback')   there is no loopback interface with free ports, and this user may not make one
-- expect: calls
SELECT count(*) FROM message JOIN phase ON phase.task = from_task AND sent_ns BETWEEN phase.start_ns AND phase.end_ns
JOIN task AS server ON server.task = to_task AND server.role = 'server'
WHERE phase.name = 'tcp.call' AND channel = 'tcp' AND bytes = 24;

-- claim E tcp.replies: and gets one reply of 16 bytes from it
-- phase: tcp.call
-- needs: told('loopback')   there is no loopback interface with free ports, and this user may not make one
-- expect: calls
SELECT count(*) FROM message JOIN phase ON phase.task = to_task AND received_ns BETWEEN phase.start_ns AND phase.end_ns
JOIN task AS server ON server.task = from_task AND server.role = 'server'
WHERE phase.name = 'tcp.call' AND channel = 'tcp' AND bytes = 16;

-- claim E tcp.marshal: the request is its number, the function's, and both arguments, highest byte first
-- phase: tcp.call
-- needs: told('loopback')   there is no loopback interface with free ports, and this user may not make one
-- expect: calls
SELECT sum(hex(data) = printf('%08X%08X%016X%016X', place, 1, place - 1, 2 * (place - 1))) FROM (
	SELECT data, row_number() OVER (ORDER BY start_ns) AS place
	FROM syscall WHERE phase = 'tcp.call' AND name = 'write'
);

-- claim E tcp.once: between request and reply the server has added once
-- phase: tcp.call
-- needs: told('loopback')   there is no loopback interface with free ports, and this user may not make one
-- expect: calls
SELECT count(*) FROM (
	SELECT what, lag(what) OVER (ORDER BY t_ns) AS before, lead(what) OVER (ORDER BY t_ns) AS after FROM (
		SELECT 'request' AS what, start_ns AS t_ns FROM syscall WHERE phase = 'tcp.call' AND name = 'write'
		UNION ALL SELECT 'reply', end_ns FROM syscall WHERE phase = 'tcp.call' AND name = 'read'
		UNION ALL SELECT 'add', t_ns FROM value WHERE name = 'add'))
WHERE what = 'add' AND before = 'request' AND after = 'reply';

-- Where the server is quick to take the CPU, the client is pushed aside (ready)
-- before it comes to wait.
-- claim E tcp.off: meanwhile the client is off the CPU
-- phase: tcp.call
-- needs: told('loopback')   there is no loopback interface with free ports, and this user may not make one
-- expect: calls
SELECT count(*) FROM (
	SELECT what, lead(what) OVER (ORDER BY t_ns) AS after FROM (
		SELECT 'request' AS what, start_ns AS t_ns FROM syscall WHERE phase = 'tcp.call' AND name = 'write'
		UNION ALL SELECT 'reply', end_ns FROM syscall WHERE phase = 'tcp.call' AND name = 'read'
		UNION ALL SELECT 'off', start_ns FROM state WHERE state IN ('waiting', 'ready')
		AND task = (SELECT task FROM phase WHERE name = 'tcp.call')))
WHERE what = 'request' AND after = 'off';

-- claim B tcp.wait: and waits in read() for the reply, as a rule
-- phase: tcp.call
-- needs: told('loopback')   there is no loopback interface with free ports, and this user may not make one
-- expect: 1 .. calls
-- inconclusive: observed == 0   the server took the CPU each time before the client came to wait; run it again
SELECT count(*) FROM (
	SELECT what, lead(what) OVER (ORDER BY t_ns) AS after FROM (
		SELECT 'read' AS what, start_ns AS t_ns FROM syscall WHERE phase = 'tcp.call' AND name = 'read'
		UNION ALL SELECT 'reply', end_ns FROM syscall WHERE phase = 'tcp.call' AND name = 'read'
		UNION ALL SELECT 'wait', start_ns FROM state WHERE state = 'waiting' AND why = 'read'
		AND task = (SELECT task FROM phase WHERE name = 'tcp.call')))
WHERE what = 'read' AND after = 'wait';

-- claim E tcp.total: the sums are right
-- phase: tcp.call
-- needs: told('loopback')   there is no loopback interface with free ports, and this user may not make one
-- expect: 3 * calls * (calls - 1) / 2
SELECT value FROM value WHERE phase = 'tcp.call' AND name = 'total';

-- claim E tcp.again: a request that comes twice is answered twice
-- phase: tcp.again
-- needs: told('loopback')   there is no loopback interface with free ports, and this user may not make one
-- expect: 2
SELECT sum(value = 3 + 4) FROM value WHERE phase = 'tcp.again' AND name = 'sum';

-- claim E tcp.again.once: but the server adds once
-- phase: tcp.again
-- needs: told('loopback')   there is no loopback interface with free ports, and this user may not make one
-- expect: 1
SELECT count(*) FROM value AS run JOIN phase ON t_ns BETWEEN phase.start_ns AND phase.end_ns
WHERE run.name = 'add' AND phase.name = 'tcp.again';

-- claim E tcp.dead.part: of the last reply half comes
-- phase: tcp.dead
-- needs: told('loopback')   there is no loopback interface with free ports, and this user may not make one
-- expect: 8
SELECT sum(ret) FROM syscall WHERE phase = 'tcp.dead' AND name = 'read';

-- claim E tcp.dead.end: and then the end of the stream
-- phase: tcp.dead
-- needs: told('loopback')   there is no loopback interface with free ports, and this user may not make one
-- expect: 1
SELECT sum(ret = 0) FROM syscall WHERE phase = 'tcp.dead' AND name = 'read';

-- claim E tcp.dead: which makes the call an error, and no wait for ever
-- phase: tcp.dead
-- needs: told('loopback')   there is no loopback interface with free ports, and this user may not make one
-- expect: 0
SELECT value FROM value WHERE phase = 'tcp.dead' AND name = 'answered';

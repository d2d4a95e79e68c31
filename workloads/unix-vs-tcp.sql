-- SPDX-License-Identifier: GPL-2.0
-- title: on one host, a pipe and a UNIX socket need no network, TCP and UDP do
-- chapter: E
-- question: Two programs on the same host talk over 127.0.0.1. Does a packet come into being?
-- param: rounds = 1000   1..100000   bytes there, each with a byte back
-- lesson: A pipe or a UNIX socket passes bytes from one process to the other. Over TCP or UDP each message becomes a packet that goes through the whole network stack, on the same host as well, and takes longer.

-- claim E pipe: all bytes go through the two pipes, one by one
-- phase: pipe
-- expect: 2 * rounds
SELECT count(*) FROM message WHERE channel = 'pipe' AND bytes = 1 AND from_task != to_task;

-- claim E pipe.packets: without a packet
-- phase: pipe
-- expect: 0
SELECT count(*) FROM packet JOIN phase ON t_ns BETWEEN start_ns AND end_ns WHERE name = 'pipe';

-- claim E unix: and all through the pair of sockets
-- phase: unix
-- expect: 2 * rounds
SELECT count(*) FROM message WHERE channel = 'unix' AND bytes = 1 AND from_task != to_task;

-- claim E unix.packets: without a packet
-- phase: unix
-- expect: 0
SELECT count(*) FROM packet JOIN phase ON t_ns BETWEEN start_ns AND end_ns WHERE name = 'unix';

-- claim E tcp: the same bytes over TCP
-- phase: tcp
-- needs: told('loopback')   there is no loopback interface with free ports, and this user may not make one
-- expect: 2 * rounds
SELECT count(*) FROM message WHERE channel = 'tcp' AND bytes = 1 AND from_task != to_task;

-- claim E tcp.bytes: become as many bytes in packets, each of them sent once
-- phase: tcp
-- needs: told('loopback')   there is no loopback interface with free ports, and this user may not make one
-- expect: 2 * rounds
SELECT sum(payload) FROM packet WHERE protocol = 'tcp';

-- Each byte's packet acknowledges the one before; only at the beginning the kernel
-- sends some acknowledgements of their own.
-- Each packet with a byte acknowledges the one before. Where the next one takes 40 ms (TCP_DELACK_MIN, less a
-- tick), since somebody else has the CPU, an acknowledgement goes by itself, and after that the next one at once:
-- tcp_delack_timer_handler(). These two are not counted.
-- claim B tcp.packets: about one packet a byte, from the first byte to the last
-- phase: tcp
-- needs: told('loopback')   there is no loopback interface with free ports, and this user may not make one
-- expect: 2 * rounds .. 2 * rounds + 4
WITH data AS (SELECT min(t_ns) AS first, max(t_ns) AS last FROM packet WHERE protocol = 'tcp' AND payload > 0),
packets AS (
	SELECT t_ns, payload, payload = 0 AND t_ns - lag(t_ns) OVER (ORDER BY t_ns) >= 30000000 AS late
	FROM packet, data WHERE protocol = 'tcp' AND t_ns BETWEEN first AND last),
acks AS (SELECT late OR lag(late, 1, 0) OVER (ORDER BY t_ns) AS delayed FROM packets WHERE payload = 0)
SELECT (SELECT sum(payload > 0) FROM packets) + (SELECT count(*) FROM acks WHERE NOT delayed);

-- claim E tcp.connect: the connection takes three packets before the first byte
-- phase: tcp.connect
-- needs: told('loopback')   there is no loopback interface with free ports, and this user may not make one
-- expect: 3
SELECT count(*) FROM packet WHERE protocol = 'tcp'
AND t_ns < (SELECT min(t_ns) FROM packet WHERE protocol = 'tcp' AND payload > 0);

-- claim E tcp.syn: two of which say that it begins, one from each side
-- phase: tcp.connect
-- needs: told('loopback')   there is no loopback interface with free ports, and this user may not make one
-- expect: 2
SELECT count(DISTINCT sport) FROM packet WHERE tcp_flags IN ('syn', 'syn ack', 'syn ece cwr', 'syn ack ece');

-- The server's end acknowledges the client's, unless it takes 40 ms (see above) until the server closes its own.
-- claim E tcp.close: and three more after the last byte
-- phase: tcp.close
-- needs: told('loopback')   there is no loopback interface with free ports, and this user may not make one
-- expect: 3
SELECT count(*) FROM (
	SELECT t_ns, tcp_flags = 'ack' AND t_ns - lag(t_ns) OVER (ORDER BY t_ns) >= 30000000 AS late
	FROM packet WHERE protocol = 'tcp')
WHERE t_ns >= (SELECT min(t_ns) FROM packet WHERE tcp_flags LIKE '%fin%') AND NOT late;

-- claim E tcp.fin: two of which say that it ends, one from each side
-- phase: tcp.close
-- needs: told('loopback')   there is no loopback interface with free ports, and this user may not make one
-- expect: 2
SELECT count(DISTINCT sport) FROM packet WHERE tcp_flags LIKE '%fin%';

-- A socket in time_wait is another, smaller one in the kernel, so the last state seen is close.
-- claim E tcp.client: the client's socket goes from close by syn_sent, established, fin_wait1 and fin_wait2 back to close
-- needs: told('loopback')   there is no loopback interface with free ports, and this user may not make one
-- expect: 5
SELECT CASE group_concat(old_state || ' ' || new_state, ', ')
	WHEN 'close syn_sent, syn_sent established, established fin_wait1, fin_wait1 fin_wait2, fin_wait2 close'
	THEN count(*) ELSE 0 END
FROM (SELECT * FROM sock_state
	WHERE sock IN (SELECT sock FROM sock_state WHERE new_state = 'syn_sent') ORDER BY t_ns);

-- claim E tcp.server: the server's from listen by syn_recv, established, close_wait and last_ack to close
-- needs: told('loopback')   there is no loopback interface with free ports, and this user may not make one
-- expect: 5
SELECT CASE group_concat(old_state || ' ' || new_state, ', ')
	WHEN 'listen syn_recv, syn_recv established, established close_wait, close_wait last_ack, last_ack close'
	THEN count(*) ELSE 0 END
FROM (SELECT * FROM sock_state
	WHERE sock IN (SELECT sock FROM sock_state WHERE new_state = 'syn_recv') ORDER BY t_ns);

-- claim E udp: datagrams carry the bytes as well
-- phase: udp
-- needs: told('loopback')   there is no loopback interface with free ports, and this user may not make one
-- expect: 2 * rounds
SELECT count(*) FROM message WHERE channel = 'udp' AND bytes = 1 AND from_task != to_task;

-- claim E udp.packets: each is one packet, and there is no other
-- phase: udp
-- needs: told('loopback')   there is no loopback interface with free ports, and this user may not make one
-- expect: 2 * rounds
SELECT count(*) FROM packet WHERE protocol = 'udp';

-- The fastest of the round trips, on one CPU.
-- claim S order: a pipe is faster than a UNIX socket, and that is faster than TCP
-- when: rounds >= 100
-- needs: told('loopback')   there is no loopback interface with free ports, and this user may not make one
-- inconclusive: told('doubt') > 60 && observed < 2   others had the CPU: the fastest of one half and of the other are too far apart
-- expect: 2
SELECT (pipe < unix) + (unix < tcp) FROM (
	SELECT sum(value) FILTER (WHERE name = 'pipe.ns') AS pipe,
	       sum(value) FILTER (WHERE name = 'unix.ns') AS unix,
	       sum(value) FILTER (WHERE name = 'tcp.ns') AS tcp FROM value);

-- SPDX-License-Identifier: GPL-2.0
-- title: the first writers copy, the last sharer keeps the page
-- chapter: A
-- question: After fork(), is it the child that pays for the copies, or the parent?
-- param: pages = 4096   2..4194304   pages in the region
-- param: writers = 3   2..20   processes that share the region in scene 'order'
-- memory: max(writers, 2) * pages * page_size + 32M
-- lesson: Whoever writes while another process still has the page copies it; the last one left keeps it. With k sharers that all write there are k - 1 copies and one reuse of each page. A sharer that ends, or calls execve(), saves one copy.

-- Course notes show one order: the child writes first, and copies. It is often
-- read as "the child gets the copy". The kernel does not know parent and child
-- here, only how many references a page has.

-- claim E fill.least: in each scene the parent first fills the region, one fault a page
-- expect: pages
SELECT min(faults) FROM (
	SELECT coalesce(sum(fault_count.n), 0) AS faults
	FROM phase LEFT JOIN fault_count
	ON phase.name = fault_count.phase AND region = 'heap' AND kind = 'zero_fill'
	WHERE phase.name LIKE '%.fill' GROUP BY phase.name
);

-- claim E fill.scenes: there are five scenes with one CPU
-- expect: 5
SELECT count(*) FROM phase WHERE name LIKE '%.fill' AND name <> 'moved.fill';

-- claim E first.parent: the parent writes first, so the parent copies
-- phase: first.parent
-- expect: pages
SELECT sum(n) FROM fault_count JOIN task USING (task)
WHERE role = 'parent' AND phase = 'first.parent' AND region = 'heap' AND kind = 'copy';

-- claim E first.parent.only: and does nothing else
-- phase: first.parent
-- expect: pages
SELECT sum(n) FROM fault_count WHERE phase = 'first.parent';

-- claim E first.child: the child, last, keeps what the parent has filled
-- phase: first.child
-- expect: pages
SELECT sum(n) FROM fault_count JOIN task USING (task)
WHERE role = 'first' AND phase = 'first.child' AND region = 'heap' AND kind = 'reuse';

-- claim E first.child.only: without any copy, and there is no other fault
-- phase: first.child
-- expect: pages
SELECT sum(n) FROM fault_count WHERE phase = 'first.child';

-- claim E gone.read: a child that only reads costs nothing
-- phase: gone.child
-- expect: 0
SELECT coalesce(sum(n), 0) FROM fault_count WHERE phase = 'gone.child';

-- claim E gone.ended: it is gone when the parent writes
-- expect: 1
SELECT count(*) FROM task JOIN phase AS child USING (task), phase AS parent
WHERE role = 'gone' AND child.name = 'gone.child' AND parent.name = 'gone.parent'
AND exit_ns < parent.start_ns;

-- claim E gone.parent: so the parent keeps every page
-- phase: gone.parent
-- expect: pages
SELECT sum(n) FROM fault_count JOIN task USING (task)
WHERE role = 'parent' AND phase = 'gone.parent' AND region = 'heap' AND kind = 'reuse';

-- claim E gone.parent.only: without any copy, and there is no other fault
-- phase: gone.parent
-- expect: pages
SELECT sum(n) FROM fault_count WHERE phase = 'gone.parent';

-- claim E exec.alive: the child has called execve(), and lives, while the parent writes
-- expect: 1
SELECT count(*) FROM task, phase
WHERE role = 'exec' AND name = 'exec.parent' AND exec_ns < phase.start_ns AND phase.end_ns < exit_ns;

-- claim E exec.parent: a child that has called execve() has no page any more
-- phase: exec.parent
-- expect: pages
SELECT sum(n) FROM fault_count JOIN task USING (task)
WHERE role = 'parent' AND phase = 'exec.parent' AND region = 'heap' AND kind = 'reuse';

-- claim E exec.parent.only: so there is no copy, nor any other fault
-- phase: exec.parent
-- expect: pages
SELECT sum(n) FROM fault_count WHERE phase = 'exec.parent';

-- claim E order.copies: of k sharers, k - 1 copy each page
-- expect: (writers - 1) * pages
SELECT sum(n) FROM fault_count
WHERE phase IN ('order.child', 'order.parent') AND region = 'heap' AND kind = 'copy';

-- claim E order.each: each of them copies every page once
-- phase: order.child
-- expect: pages
SELECT min(copies) FROM (
	SELECT coalesce(sum(n), 0) AS copies FROM task LEFT JOIN fault_count
	ON fault_count.task = task.task AND phase = 'order.child' AND kind = 'copy'
	WHERE role = 'order' GROUP BY task.task
);

-- claim E order.reuse: and one, the last to write, keeps it
-- phase: order.parent
-- expect: pages
SELECT sum(n) FROM fault_count JOIN task USING (task)
WHERE role = 'parent' AND phase = 'order.parent' AND region = 'heap' AND kind = 'reuse';

-- claim E order.only: there is no other fault
-- expect: writers * pages
SELECT sum(n) FROM fault_count WHERE phase IN ('order.child', 'order.parent');

-- claim E order.alive: the others still live then: it counts who has the page, not who has ended
-- expect: writers - 1
SELECT count(*) FROM task, phase
WHERE role = 'order' AND name = 'order.parent' AND phase.end_ns < exit_ns;

-- claim E half.child: a child that writes one half copies one half
-- phase: half.child
-- expect: pages / 2
SELECT sum(n) FROM fault_count
WHERE phase = 'half.child' AND region = 'heap' AND kind = 'copy';

-- claim E half.child.only: and takes no other fault
-- phase: half.child
-- expect: pages / 2
SELECT sum(n) FROM fault_count WHERE phase = 'half.child';

-- claim E half.parent.reuse: of this half the parent is the last sharer, and keeps it
-- phase: half.parent
-- expect: pages / 2
SELECT sum(n) FROM fault_count
WHERE phase = 'half.parent' AND region = 'heap' AND kind = 'reuse';

-- claim E half.parent.copy: of the other half it is the first to write, and copies it
-- phase: half.parent
-- expect: pages - pages / 2
SELECT sum(n) FROM fault_count
WHERE phase = 'half.parent' AND region = 'heap' AND kind = 'copy';

-- claim E half.parent.only: which makes one fault for each page
-- phase: half.parent
-- expect: pages
SELECT sum(n) FROM fault_count WHERE phase = 'half.parent';

-- claim E half.rest: so the child keeps that half
-- phase: half.rest
-- expect: pages - pages / 2
SELECT sum(n) FROM fault_count
WHERE phase = 'half.rest' AND region = 'heap' AND kind = 'reuse';

-- claim E half.total: together: one copy and one reuse of each page, as if one had written all of it first
-- expect: pages
SELECT sum(n) FROM fault_count WHERE phase LIKE 'half.%' AND region = 'heap' AND kind = 'copy';

-- PAGEVEC_SIZE is 31, and 15 in older kernels: at most so many new pages less one wait
-- in the list of a CPU, because the last one empties it.
-- claim B moved.copies: after a change of CPU up to 30 pages, still in a list of the old CPU, are copied though nobody else has them
-- phase: moved.parent
-- needs: cpus >= 2   there is no other CPU to go to
-- expect: 0 .. 30
SELECT coalesce(sum(n), 0) FROM fault_count
WHERE phase = 'moved.parent' AND region = 'heap' AND kind = 'copy';

-- claim E moved.parent: all others are kept
-- phase: moved.parent
-- needs: cpus >= 2   there is no other CPU to go to
-- expect: pages
SELECT sum(n) FROM fault_count
WHERE phase = 'moved.parent' AND (kind = 'copy' OR kind = 'reuse') AND region = 'heap';

-- claim E moved.only: and there is no other fault
-- phase: moved.parent
-- needs: cpus >= 2   there is no other CPU to go to
-- expect: pages
SELECT sum(n) FROM fault_count WHERE phase = 'moved.parent';

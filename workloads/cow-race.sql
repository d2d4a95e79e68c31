-- SPDX-License-Identifier: GPL-2.0
-- title: two processes write the same shared pages at the same time
-- chapter: A
-- question: Two processes write a shared page at the same moment. Who keeps it?
-- param: pages = 4096   1..4194304   pages in the region
-- memory: 2 * pages * page_size + 32M
-- needs: cpus >= 2   two processes can run at the same time on two CPUs only
-- lesson: Each writer takes one fault a page, always. But when both are in it at once, both find the page shared and both copy it; the old page is thrown away. Between one and two copies a page: only who is last, and late enough, keeps it.

-- claim E fill: the parent fills the region, one fault a page
-- phase: fill
-- expect: pages
SELECT sum(n) FROM fault_count WHERE phase = 'fill' AND region = 'heap' AND kind = 'zero_fill';

-- claim E faults: two processes take two faults a page, whoever comes first
-- phase: race
-- expect: 2 * pages
SELECT sum(n) FROM fault_count
WHERE phase = 'race' AND region = 'heap' AND (kind = 'copy' OR kind = 'reuse');

-- claim E only: and there is no other fault
-- phase: race
-- expect: 2 * pages
SELECT sum(n) FROM fault_count WHERE phase = 'race';

-- claim E parent: one fault a page in the parent
-- phase: race
-- expect: pages
SELECT sum(n) FROM fault_count JOIN task USING (task) WHERE role = 'parent' AND phase = 'race';

-- claim E child: and one in the child
-- phase: race
-- expect: pages
SELECT sum(n) FROM fault_count JOIN task USING (task) WHERE role = 'child' AND phase = 'race';

-- claim B copies: each page is copied once at least, and twice at most
-- phase: race
-- expect: pages .. 2 * pages
SELECT sum(n) FROM fault_count WHERE phase = 'race' AND region = 'heap' AND kind = 'copy';

-- claim E copies.pages: each copy takes one page
-- phase: race
-- expect: 0
SELECT (SELECT sum(n) FROM fault_count WHERE phase = 'race' AND kind = 'copy') -
       (SELECT sum(n) FROM page_alloc WHERE phase = 'race' AND use = 'user' AND zeroed = 0 AND page_order = 0);

-- claim B met: the two were at it at the same time (microseconds)
-- phase: race
-- inconclusive: observed <= 0   one was done before the other began; run it again
-- expect: > 0
SELECT (min(last) - max(first)) / 1000 FROM (
	SELECT min(start_ns) AS first, max(end_ns) AS last
	FROM fault WHERE phase = 'race' GROUP BY task
);

-- The kernel's own page tables: the frames that the parent filled, and those that the two have in the end.
-- claim E double: each page that both copied leaves the frame that was filled to nobody
-- phase: end
-- expect: 0
SELECT (SELECT sum(n) FROM fault_count WHERE phase = 'race' AND region = 'heap' AND kind = 'copy')
     - (SELECT value FROM run WHERE key = 'param.pages')
     - (SELECT count(*) FROM frame WHERE phase = 'filled' AND region = 'heap' AND (page, pfn) NOT IN (
	SELECT page, pfn FROM frame WHERE phase = 'end' AND region = 'heap'));

-- claim E again: in the end each has every page for itself: writing is free
-- phase: again
-- expect: 0
SELECT coalesce(sum(n), 0) FROM fault_count WHERE phase = 'again';

-- claim E frames: each has a frame of its own behind each page
-- phase: end
-- expect: 2 * pages
SELECT count(DISTINCT pfn) FROM frame
WHERE phase = 'end' AND region = 'heap' AND mapcount = 1 AND flags = 'present anon exclusive';

-- claim E again.both: both wrote again
-- phase: again
-- expect: 2
SELECT count(*) FROM phase WHERE name = 'again';

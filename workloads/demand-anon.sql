-- SPDX-License-Identifier: GPL-2.0
-- title: memory is promised by mmap() and given at the first touch
-- chapter: B
-- question: When does a process that asks for 100 MiB get them?
-- param: pages = 25600   1..4194304   pages in the region
-- param: step = 2560   1..4194304   pages touched at each tick
-- param: ticks = 10   1..100   how many ticks
-- param: tick_ms = 5   0..900   milliseconds between two ticks
-- show: memory
-- memory: min(pages, step * ticks) * page_size + 32M
-- lesson: mmap() moves the virtual size, the first touch moves the resident size. A page that is never touched is never there.

-- claim E phases: the process mapped the region, and then touched it at each tick, with a rest before and after
-- expect: ticks + (ticks + 1) + 2
SELECT count(*) FROM phase WHERE name IN ('alloc', 'rest', 'again') OR name LIKE 'tick.%';

-- claim E alloc: mmap() takes no fault
-- phase: alloc
-- expect: 0
SELECT coalesce(sum(n), 0) FROM fault_count WHERE phase = 'alloc';

-- claim E alloc.pages: and no page of memory
-- phase: alloc
-- expect: 0
SELECT coalesce(sum(n), 0) FROM page_alloc WHERE phase = 'alloc' AND use = 'user';

-- claim E alloc.vsz: but the virtual size has grown by the whole region
-- phase: alloc
-- expect: pages
SELECT max(total_vm) - min(total_vm) FROM rss JOIN phase USING (task)
WHERE name = 'alloc' AND t_ns BETWEEN start_ns AND end_ns;

-- claim E alloc.rss: while the resident size has not moved
-- phase: alloc
-- expect: 0
SELECT max(anon) - min(anon) FROM rss JOIN phase USING (task)
WHERE name = 'alloc' AND t_ns BETWEEN start_ns AND end_ns;

-- claim E tick.least: at each tick the pages touched are filled with zeros, one fault each
-- when: step * ticks <= pages
-- expect: step
SELECT min(faults) FROM (
	SELECT coalesce(sum(fault_count.n), 0) AS faults
	FROM phase LEFT JOIN fault_count
	ON phase.name = fault_count.phase AND region = 'heap' AND kind = 'zero_fill'
	WHERE phase.name LIKE 'tick.%' GROUP BY phase.name
);

-- claim E tick.most: and at no tick is there another fault
-- expect: min(step, pages)
SELECT max(faults) FROM (
	SELECT sum(n) AS faults FROM fault_count WHERE phase LIKE 'tick.%' GROUP BY phase
);

-- claim E tick.rss: the resident size grows by as many pages at each tick
-- when: step * ticks <= pages
-- expect: step
SELECT min(growth) FROM (
	SELECT max(anon) - min(anon) AS growth FROM rss JOIN phase USING (task)
	WHERE name LIKE 'tick.%' AND t_ns BETWEEN start_ns AND end_ns GROUP BY name
);

-- claim E rest: between the ticks nothing happens, however long they are
-- phase: rest
-- expect: 0
SELECT coalesce(sum(n), 0) FROM fault_count WHERE phase = 'rest';

-- claim E total: in the end each page that was touched took one fault
-- expect: min(pages, step * ticks)
SELECT sum(n) FROM fault_count WHERE phase LIKE 'tick.%';

-- claim E total.pages: and one zeroed page
-- expect: min(pages, step * ticks)
SELECT sum(n) FROM page_alloc
WHERE phase LIKE 'tick.%' AND use = 'user' AND zeroed = 1 AND page_order = 0;

-- A table holds page_size / 8 entries.  The last term counts tables of the next
-- level: none more than there was, below 1 GiB with pages of 4 KiB.
-- claim E total.tables: with one page table for each slot (2 MiB with pages of 4 KiB) that was touched
-- expect: ceil_div(min(pages, step * ticks), page_size / 8) + ceil_div(ceil_div(min(pages, step * ticks), page_size / 8) + 1, page_size / 8) - 1
SELECT sum(n) FROM page_alloc WHERE phase LIKE 'tick.%' AND use = 'page_table';

-- claim E total.rss: and the resident size has grown by all of them
-- expect: min(pages, step * ticks)
SELECT max(anon) - min(anon) FROM rss
WHERE t_ns BETWEEN (SELECT start_ns FROM phase WHERE name = 'alloc')
               AND (SELECT end_ns FROM phase WHERE name = 'again');

-- claim E again: touching them once more is free
-- phase: again
-- expect: 0
SELECT coalesce(sum(n), 0) FROM fault_count WHERE phase = 'again';

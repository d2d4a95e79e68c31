-- SPDX-License-Identifier: GPL-2.0
-- title: a fault is major when it had to wait for a disk
-- chapter: B
-- question: A file of 500 pages is read for the first time. How many major faults does that take?
-- param: pages = 500   1..100000   pages of the file
-- lesson: Major means that the page was not in the cache and had to be read. One major fault may read many pages ahead, so that the following are minor; what was read once is there for everybody.

-- claim E phases: the file was read three times
-- needs: told('emptied') == 1   the file is in memory, or could not be put out of the page cache; set TMPDIR to a folder on a disk
-- expect: 3
SELECT count(*) FROM phase WHERE name IN ('random', 'cold', 'warm');

-- claim E random: cold and without reading ahead, each page takes a major fault
-- phase: random
-- needs: told('emptied') == 1   the file is in memory, or could not be put out of the page cache; set TMPDIR to a folder on a disk
-- expect: pages
SELECT sum(n) FROM fault_count
WHERE phase = 'random' AND region = 'file' AND kind = 'file' AND via = 'user' AND major = 1;

-- claim E random.only: and there is no other fault
-- phase: random
-- needs: told('emptied') == 1   the file is in memory, or could not be put out of the page cache; set TMPDIR to a folder on a disk
-- expect: pages
SELECT sum(n) FROM fault_count WHERE phase = 'random';

-- claim E random.mapped: each of them maps its page
-- phase: random
-- needs: told('emptied') == 1   the file is in memory, or could not be put out of the page cache; set TMPDIR to a folder on a disk
-- expect: pages
SELECT max(file) - min(file) FROM rss JOIN phase USING (task)
WHERE name = 'random' AND t_ns BETWEEN start_ns AND end_ns;

-- claim B cold: cold, with reading ahead, at least the first fault is major
-- phase: cold
-- needs: told('emptied') == 1   the file is in memory, or could not be put out of the page cache; set TMPDIR to a folder on a disk
-- expect: >= 1
SELECT sum(n) FROM fault_count WHERE phase = 'cold' AND region = 'file' AND major = 1;

-- claim E cold.first: it is the first one
-- phase: cold
-- needs: told('emptied') == 1   the file is in memory, or could not be put out of the page cache; set TMPDIR to a folder on a disk
-- expect: 1
SELECT major FROM fault WHERE phase = 'cold' AND region = 'file' ORDER BY start_ns LIMIT 1;

-- The kernel reads up to read_ahead_kb at once; the program looked into /sys.
-- claim B cold.most: there are no more major faults than the kernel needs to read the file in such pieces, and one
-- phase: cold
-- needs: told('emptied') == 1   the file is in memory, or could not be put out of the page cache; set TMPDIR to a folder on a disk
-- needs: told('ahead') > 0   how much is read ahead is not known
-- expect: <= 1
SELECT coalesce(sum(n), 0) - (SELECT (param.value + ahead.value - 1) / ahead.value
	FROM run AS param JOIN value AS ahead ON param.key = 'param.pages' AND ahead.name = 'ahead')
FROM fault_count WHERE phase = 'cold' AND region = 'file' AND major = 1;

-- claim E cold.mapped: in the end each page is mapped
-- phase: cold
-- needs: told('emptied') == 1   the file is in memory, or could not be put out of the page cache; set TMPDIR to a folder on a disk
-- expect: pages
SELECT max(file) - min(file) FROM rss JOIN phase USING (task)
WHERE name = 'cold' AND t_ns BETWEEN start_ns AND end_ns;

-- claim E warm: through a new mapping of the same file no fault is major
-- phase: warm
-- needs: told('emptied') == 1   the file is in memory, or could not be put out of the page cache; set TMPDIR to a folder on a disk
-- expect: 0
SELECT sum(n) FROM fault_count WHERE phase = 'warm' AND major = 1;

-- claim E warm.mapped: minor faults are enough to map each page
-- phase: warm
-- needs: told('emptied') == 1   the file is in memory, or could not be put out of the page cache; set TMPDIR to a folder on a disk
-- expect: pages
SELECT max(file) - min(file) FROM rss JOIN phase USING (task)
WHERE name = 'warm' AND t_ns BETWEEN start_ns AND end_ns;

-- claim E warm.pages: and no page is taken for the page cache
-- phase: warm
-- needs: told('emptied') == 1   the file is in memory, or could not be put out of the page cache; set TMPDIR to a folder on a disk
-- expect: 0
SELECT sum(n) FROM page_alloc WHERE phase = 'warm' AND use <> 'page_table';

-- claim E warm.asleep: nor does the process wait for anything
-- phase: warm
-- needs: told('emptied') == 1   the file is in memory, or could not be put out of the page cache; set TMPDIR to a folder on a disk
-- expect: 0
SELECT count(*) FROM state JOIN phase USING (task)
WHERE phase.name = 'warm' AND state = 'waiting' AND state.start_ns BETWEEN phase.start_ns AND phase.end_ns;

-- claim B random.asleep: while for major faults it does: what is read is not there at once
-- phase: random
-- needs: told('emptied') == 1   the file is in memory, or could not be put out of the page cache; set TMPDIR to a folder on a disk
-- expect: >= 1
SELECT count(*) FROM state JOIN phase USING (task)
WHERE phase.name = 'random' AND state = 'waiting' AND why = 'fault'
AND state.start_ns BETWEEN phase.start_ns AND phase.end_ns;

-- SPDX-License-Identifier: GPL-2.0
-- title: a fault that changes nothing: the CPU held an old translation
-- chapter: B
-- question: A thread has read 256 pages that are read-only. Another one, on another CPU, makes them writable. What do the first one's writes cost?
-- param: pages = 256   1..1M   small pages that both threads write
-- param: huge = 10   1..4096   huge pages (2 MiB with pages of 4 KiB)
-- memory: pages * page_size + huge * (page_size / 8) * page_size + 32M
-- lesson: A right that is taken away is told to all CPUs at once; one that is given is told to none. A CPU with an old translation finds out by a fault, in which the kernel finds nothing to do. It counts it as a minor fault like any other: minor faults are no measure of what was changed.

-- Its fault makes the entry writable: the child that shared the page has gone.
-- claim E o.write: the other thread's writes make each entry writable, one fault a page
-- needs: cpus >= 2   two threads can run at the same time on two CPUs only
-- phase: o.write
-- expect: pages
SELECT sum(n) FROM fault_count JOIN task USING (task)
WHERE role = 'other' AND phase = 'o.write' AND region = 'heap' AND kind = 'reuse';

-- claim E o.write.only: and there is no other fault
-- needs: cpus >= 2   two threads can run at the same time on two CPUs only
-- phase: o.write
-- expect: pages
SELECT sum(n) FROM fault_count WHERE phase = 'o.write';

-- claim E f.read: the first thread had only read them: no fault
-- needs: cpus >= 2   two threads can run at the same time on two CPUs only
-- phase: f.read
-- expect: 0
SELECT coalesce(sum(n), 0) FROM fault_count WHERE phase = 'f.read';

-- A CPU that reads the entry again before it faults has none (AMD); others have up to one a
-- page (Intel), less those whose translation has made room for another one meanwhile.
-- claim B f.write: now it writes, and its old translations stop it: none or one fault a page, by the CPU
-- needs: cpus >= 2   two threads can run at the same time on two CPUs only
-- phase: f.write
-- expect: 0 .. pages
SELECT coalesce(sum(n), 0) FROM fault_count JOIN task USING (task)
WHERE role = 'first' AND phase = 'f.write' AND region = 'heap' AND kind = 'stale';

-- claim E f.write.counted: each is a minor fault to the kernel: rusage has all of them, and nothing else
-- needs: cpus >= 2   two threads can run at the same time on two CPUs only
-- phase: f.write
-- expect: 0
SELECT (SELECT sum(value) FROM value WHERE name = 'small')
     - (SELECT coalesce(sum(n), 0) FROM fault_count WHERE phase = 'f.write' AND kind = 'stale');

-- claim E f.write.pages: they change nothing: no page is taken
-- needs: cpus >= 2   two threads can run at the same time on two CPUs only
-- phase: f.write
-- expect: 0
SELECT coalesce(sum(n), 0) FROM page_alloc WHERE phase = 'f.write' AND use = 'user';

-- claim E f.again: a fault removes the translation that it is for: the next write is free
-- needs: cpus >= 2   two threads can run at the same time on two CPUs only
-- phase: f.again
-- expect: 0
SELECT coalesce(sum(n), 0) FROM fault_count WHERE phase = 'f.again';

-- claim E phases: both threads went through all of this
-- needs: cpus >= 2   two threads can run at the same time on two CPUs only
-- expect: 4
SELECT count(*) FROM phase JOIN task USING (task)
WHERE role = iif(name = 'o.write', 'other', 'first') AND name IN ('f.read', 'o.write', 'f.write', 'f.again');

-- claim E h.write: one fault makes a huge page writable
-- needs: told('off') == 0   the kernel gives no huge pages (/sys/kernel/mm/transparent_hugepage/enabled)
-- needs: told('refused') == 0   not enough free memory in one piece for all the huge pages
-- phase: h.write
-- expect: huge
SELECT sum(n) FROM fault_count WHERE phase = 'h.write' AND region = 'huge' AND kind = 'huge_reuse';

-- Each small page is written once, and the first of each huge page has had its fault.
-- claim B h.write.stale: translations of small pages that were read ahead of it stop later writes: at most one fault for each further small page
-- needs: told('off') == 0   the kernel gives no huge pages (/sys/kernel/mm/transparent_hugepage/enabled)
-- needs: told('refused') == 0   not enough free memory in one piece for all the huge pages
-- needs: told('large') > 0   this CPU keeps translations of huge pages whole, or reads an entry again before it faults
-- phase: h.write
-- expect: 1 .. huge * (page_size / 8 - 1)
SELECT coalesce(sum(n), 0) FROM fault_count
WHERE phase = 'h.write' AND region = 'huge' AND kind = 'stale';

-- claim E h.write.counted: rusage has these faults, and no other
-- needs: told('off') == 0   the kernel gives no huge pages (/sys/kernel/mm/transparent_hugepage/enabled)
-- needs: told('refused') == 0   not enough free memory in one piece for all the huge pages
-- phase: h.write
-- expect: 0
SELECT (SELECT sum(value) FROM value WHERE name = 'large')
     - (SELECT coalesce(sum(n), 0) FROM fault_count WHERE phase = 'h.write' AND kind = 'stale');

-- claim E h.again: and then all of it can be written
-- needs: told('off') == 0   the kernel gives no huge pages (/sys/kernel/mm/transparent_hugepage/enabled)
-- needs: told('refused') == 0   not enough free memory in one piece for all the huge pages
-- phase: h.again
-- expect: 0
SELECT coalesce(sum(n), 0) FROM fault_count WHERE phase = 'h.again';

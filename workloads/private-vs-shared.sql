-- SPDX-License-Identifier: GPL-2.0
-- title: what a child writes, and whether its parent sees it
-- chapter: A
-- question: A child doubles a number that its parent has set to 1000. What does the parent find?
-- param: pages = 4096   1..262144   pages of the scenes 'many', 'wipe' and 'dontfork'
-- param: offset = 3   0..15   pages between a boundary of 64 KiB and the region of scene 'many'
-- memory: 2 * pages * page_size + 32M
-- lesson: Memory is private unless it was mapped as shared. A private page is copied by who writes first; a shared one never, and fork() does not even copy its entries: each process finds it again by faults of its own.

-- claim E private.set: the parent's number is still 1000
-- phase: private.parent
-- expect: 1000
SELECT value FROM value JOIN task USING (task) WHERE role = 'parent' AND phase = 'private.parent' AND name = 'seen';

-- claim E private.seen: the child's is 2000
-- expect: 2000
SELECT value FROM value JOIN task USING (task) WHERE role = 'private' AND name = 'seen';

-- claim E private.copy: the child copied the page
-- phase: private.child
-- expect: 1
SELECT sum(n) FROM fault_count JOIN task USING (task)
WHERE role = 'private' AND phase = 'private.child' AND region = 'private' AND kind = 'copy';

-- claim E private.only: that is all there was
-- phase: private.child
-- expect: 1
SELECT sum(n) FROM fault_count WHERE phase = 'private.child';

-- claim E private.frames: the two numbers stand in two frames, each mapped once
-- phase: private.child
-- expect: 2
SELECT count(DISTINCT pfn) FROM frame
WHERE phase = 'private.child' AND region = 'private' AND mapcount = 1;

-- claim E private.parent: and the parent takes no fault to read its own
-- phase: private.parent
-- expect: 0
SELECT coalesce(sum(n), 0) FROM fault_count WHERE phase = 'private.parent';

-- claim E shared.set: the shared number is 2000 for the parent
-- phase: shared.parent
-- expect: 2000
SELECT value FROM value JOIN task USING (task) WHERE role = 'parent' AND phase = 'shared.parent' AND name = 'seen';

-- claim E shared.fault: the child took one fault, to find the page again
-- phase: shared.child
-- expect: 1
SELECT sum(n) FROM fault_count JOIN task USING (task)
WHERE role = 'shared' AND phase = 'shared.child' AND region = 'shared' AND kind = 'shmem';

-- claim E shared.absent: because it was not there after fork() (bit 0 of the error code), and not because it was read-only
-- phase: shared.child
-- expect: 1
SELECT count(*) FROM fault WHERE phase = 'shared.child' AND error & 1 = 0;

-- claim E shared.only: nothing was copied: there is no other fault
-- phase: shared.child
-- expect: 1
SELECT sum(n) FROM fault_count WHERE phase = 'shared.child';

-- claim E shared.pages: and no page was taken
-- phase: shared.child
-- expect: 0
SELECT coalesce(sum(n), 0) FROM page_alloc WHERE phase = 'shared.child' AND use = 'user';

-- claim E shared.frames: the number stands in one frame, mapped in both processes
-- phase: shared.child
-- expect: 1
SELECT count(*) FROM frame AS child JOIN frame AS parent USING (phase, region, page, pfn)
WHERE phase = 'shared.child' AND region = 'shared' AND child.mapcount = 2
AND child.task IN (SELECT task FROM task WHERE role = 'shared')
AND parent.task IN (SELECT task FROM task WHERE role = 'parent');

-- claim E many.fill: the parent takes a page for each page of a shared region
-- phase: many.fill
-- expect: pages
SELECT sum(n) FROM page_alloc WHERE phase = 'many.fill' AND use = 'user' AND page_order = 0;

-- claim E many.write: a child that writes all of them takes a fault each, though they are there
-- phase: many.write
-- expect: pages
SELECT sum(n) FROM fault_count JOIN task USING (task)
WHERE role = 'writer' AND phase = 'many.write' AND region = 'many' AND kind = 'shmem';

-- claim E many.write.only: and no other
-- phase: many.write
-- expect: pages
SELECT sum(n) FROM fault_count WHERE phase = 'many.write';

-- claim E many.write.pages: and takes no page
-- phase: many.write
-- expect: 0
SELECT coalesce(sum(n), 0) FROM page_alloc WHERE phase = 'many.write' AND use = 'user';

-- do_fault_around() in mm/memory.c maps what is there of the 64 KiB around the fault.
-- claim E many.read: a child that reads takes a fault for each 64 KiB: what is around is mapped as well
-- phase: many.read
-- needs: told('other.window') == 0   fault-around is not 64 KiB here
-- expect: ceil_div(offset % (65536 / page_size) + pages, 65536 / page_size)
SELECT sum(n) FROM fault_count JOIN task USING (task)
WHERE role = 'reader' AND phase = 'many.read' AND region = 'many' AND kind = 'shmem';

-- claim E many.read.only: and no other
-- phase: many.read
-- needs: told('other.window') == 0   fault-around is not 64 KiB here
-- expect: ceil_div(offset % (65536 / page_size) + pages, 65536 / page_size)
SELECT sum(n) FROM fault_count WHERE phase = 'many.read';

-- claim E many.parent: the parent still has all of them: no fault
-- phase: many.parent
-- expect: 0
SELECT coalesce(sum(n), 0) FROM fault_count WHERE phase = 'many.parent';

-- claim E wipe.zeros: after MADV_WIPEONFORK the child finds zeros
-- phase: wipe.read
-- expect: 0
SELECT value FROM value WHERE phase = 'wipe.read' AND name = 'not.zero';

-- claim E wipe.read: reading maps the zero page, once for each page
-- phase: wipe.read
-- expect: pages
SELECT sum(n) FROM fault_count
WHERE phase = 'wipe.read' AND region = 'wipe' AND kind = 'zero_page';

-- claim E wipe.write: writing takes a new page in its place
-- phase: wipe.write
-- expect: pages
SELECT sum(n) FROM fault_count
WHERE phase = 'wipe.write' AND region = 'wipe' AND kind = 'copy_zero';

-- claim E wipe.only: there is no other fault
-- expect: 2 * pages
SELECT sum(n) FROM fault_count WHERE phase IN ('wipe.read', 'wipe.write');

-- claim E wipe.kept: the parent has its own pages, as they were
-- phase: wipe.parent
-- expect: pages
SELECT value FROM value WHERE phase = 'wipe.parent' AND name = 'still.set';

-- claim E wipe.parent: and writes them for free: fork() did not touch its entries
-- phase: wipe.parent
-- expect: 0
SELECT coalesce(sum(n), 0) FROM fault_count WHERE phase = 'wipe.parent';

-- claim E dontfork.child: after MADV_DONTFORK there is nothing at that address in the child
-- phase: dontfork.child
-- expect: 1
SELECT sum(n) FROM fault_count JOIN task USING (task)
WHERE role = 'without' AND phase = 'dontfork.child' AND kind = 'segv';

-- claim E dontfork.signal: and SIGSEGV ends it
-- expect: 11
SELECT exit_signal FROM task WHERE role = 'without';

-- claim E dontfork.phase: the parent goes on
-- expect: 1
SELECT count(*) FROM phase WHERE name = 'dontfork.parent';

-- claim E dontfork.parent: and writes for free
-- phase: dontfork.parent
-- expect: 0
SELECT coalesce(sum(n), 0) FROM fault_count WHERE phase = 'dontfork.parent';

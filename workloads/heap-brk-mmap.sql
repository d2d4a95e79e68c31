-- SPDX-License-Identifier: GPL-2.0
-- title: malloc() takes memory with brk() or mmap(), and gives it back
-- chapter: B
-- question: A program frees all that it allocated. How much does the kernel get back, and when?
-- param: blocks = 64   3..4096   blocks of 64 KiB
-- needs: told('glibc') == 1   this is about malloc() of the GNU C library; others have other rules
-- lesson: Small blocks come from the heap, a large one has a mapping of its own. A large block goes back when it is free; the heap shrinks when enough of its end is free.
-- notes: a heap grows and never shrinks | | a large block has a mapping of its own, which free() unmaps ({big.rss}
--   pages go back at once); the end of the heap moves down when its last blocks are free ({many.rss} pages)

-- It is often said that the heap never shrinks. It does, from its end: what is free below a
-- block in use stays.

-- claim E phases: blocks of three sizes were taken and freed
-- expect: 10
SELECT count(*) FROM phase
WHERE name IN ('small', 'small.free', 'small.trim', 'big', 'big.touch', 'big.free',
               'many', 'many.touch', 'many.but.one', 'many.free');

-- What brk() returns is where the heap ends.
-- claim B small: for 100,000 bytes the end of the heap moves up, to where the block fits
-- phase: small
-- expect: >= 100000
SELECT max(ret) - (SELECT value FROM value WHERE name = 'small.block')
FROM syscall WHERE phase = 'small' AND name = 'brk';

-- claim E small.mmap: without any mapping
-- phase: small
-- expect: 0
SELECT count(*) FROM syscall WHERE phase = 'small' AND name = 'mmap';

-- claim E small.free: when the block is free nothing goes back: it is less than M_TRIM_THRESHOLD
-- phase: small.free
-- expect: 0
SELECT count(*) FROM syscall WHERE phase = 'small.free' AND name IN ('brk', 'munmap', 'madvise');

-- claim B small.trim: until the program asks for it
-- phase: small.trim
-- expect: < 100000
SELECT min(ret) - (SELECT value FROM value WHERE name = 'small.block')
FROM syscall WHERE phase = 'small.trim' AND name = 'brk';

-- claim E big: a block of 1 MiB gets a mapping of its own
-- phase: big
-- expect: 1
SELECT count(*) FROM syscall WHERE phase = 'big' AND name = 'mmap' AND ret > 0;

-- claim E big.brk: and the heap stays as it is
-- phase: big
-- expect: 0
SELECT count(*) FROM syscall WHERE phase IN ('big', 'big.free') AND name = 'brk';

-- claim E big.vsz: the mapping is larger by a page, for the header that comes before the block
-- phase: big
-- expect: 1M / page_size + 1
SELECT max(total_vm) - min(total_vm) FROM rss JOIN phase USING (task)
WHERE name = 'big' AND t_ns BETWEEN start_ns AND end_ns;

-- claim E big.touch: when it is written each page takes a fault, but the first: the header was written already
-- phase: big.touch
-- expect: 1M / page_size - 1
SELECT sum(n) FROM fault_count
WHERE phase = 'big.touch' AND region = 'big' AND kind = 'zero_fill' AND via = 'user';

-- claim E big.free: free() unmaps the same mapping, at once
-- phase: big.free
-- expect: 1
SELECT count(*) FROM syscall AS map JOIN syscall AS unmap USING (task)
WHERE map.phase = 'big' AND map.name = 'mmap' AND unmap.phase = 'big.free' AND unmap.name = 'munmap'
AND unmap.ret = 0 AND unmap.args LIKE printf('%x %%', map.ret);

-- claim E big.rss: and with it every page of it
-- phase: big.free
-- expect: 1M / page_size
SELECT max(anon) - min(anon) FROM rss JOIN phase USING (task)
WHERE name = 'big.free' AND t_ns BETWEEN start_ns AND end_ns;

-- claim B many: many small blocks move the end of the heap up by all that they need
-- phase: many
-- expect: >= blocks * 64K
SELECT max(ret) - (SELECT value FROM value WHERE name = 'many.block')
FROM syscall WHERE phase = 'many' AND name = 'brk';

-- claim E many.mmap: without any mapping, although together they are large
-- phase: many
-- expect: 0
SELECT count(*) FROM syscall WHERE phase = 'many' AND name = 'mmap';

-- claim E many.but.one: all but the last are free: nothing goes back, since the end is in use
-- phase: many.but.one
-- expect: 0
SELECT count(*) FROM syscall WHERE phase = 'many.but.one' AND name IN ('brk', 'munmap', 'madvise');

-- claim E many.but.one.rss: and not one page
-- phase: many.but.one
-- expect: 0
SELECT max(anon) - min(anon) FROM rss JOIN phase USING (task)
WHERE name = 'many.but.one' AND t_ns BETWEEN start_ns AND end_ns;

-- claim E many.free: the last is free: the end of the heap moves down, once
-- phase: many.free
-- expect: 1
SELECT count(*) FROM syscall WHERE phase = 'many.free' AND name = 'brk'
AND ret < (SELECT value FROM value WHERE name = 'many.end');

-- claim B many.rss: and with it go the pages of all blocks, but for one at each end
-- phase: many.free
-- expect: >= blocks * 64K / page_size - 2
SELECT max(anon) - min(anon) FROM rss JOIN phase USING (task)
WHERE name = 'many.free' AND t_ns BETWEEN start_ns AND end_ns;

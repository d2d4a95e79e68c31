-- SPDX-License-Identifier: GPL-2.0
-- title: the kernel faults on your behalf in read() and write()
-- chapter: B
-- question: A program reads into memory that it has never touched. Who takes the faults?
-- param: pages = 1024   1..1048576   pages in the buffer
-- memory: 2 * pages * page_size + 32M
-- lesson: Who copies faults. In read() and write() that is the kernel, in kernel mode, and the process is charged. A write() that only reads the buffer gets the zero page; one that never looks at it gets nothing; one past the page cache is counted without an exception; one to a wrong address gets EFAULT instead of a signal.

-- claim E phases: an untouched buffer was given to four system calls, and a wrong one to a fifth
-- expect: 5
SELECT count(*) FROM phase
WHERE name IN ('zero.read', 'null.write', 'pipe.write', 'file.write', 'bad.read');

-- claim E zero.read: read() from /dev/zero takes a fault a page, in kernel mode, which fills it with zeros
-- phase: zero.read
-- expect: pages
SELECT sum(n) FROM fault_count
WHERE phase = 'zero.read' AND region = 'heap' AND kind = 'zero_fill' AND via = 'kernel' AND syscall = 'read';

-- claim E zero.read.only: and there is no other fault
-- phase: zero.read
-- expect: pages
SELECT sum(n) FROM fault_count WHERE phase = 'zero.read';

-- Bits of the error code: 1 a page was there, 2 a write, 4 in user mode.
-- claim E zero.read.error: the processor reports writes, in kernel mode, where no page was
-- phase: zero.read
-- expect: pages
SELECT sum(n) FROM fault WHERE phase = 'zero.read' AND error = 2;

-- claim E null.write: write() to /dev/null never looks at the data: no fault at all
-- phase: null.write
-- expect: 0
SELECT sum(n) FROM fault_count WHERE phase = 'null.write';

-- claim E null.write.calls: although it was called for every page, and took them all
-- phase: null.write
-- expect: pages * page_size
SELECT sum(ret) FROM syscall WHERE phase = 'null.write' AND name = 'write';

-- claim E pipe.write: write() to a pipe takes a fault a page, in kernel mode, which maps the zero page
-- phase: pipe.write
-- expect: pages
SELECT sum(n) FROM fault_count
WHERE phase = 'pipe.write' AND region = 'heap' AND kind = 'zero_page' AND via = 'kernel' AND syscall = 'write';

-- claim E pipe.write.only: and there is no other fault
-- phase: pipe.write
-- expect: pages
SELECT sum(n) FROM fault_count WHERE phase = 'pipe.write';

-- claim E pipe.write.error: the processor reports reads, in kernel mode, where no page was
-- phase: pipe.write
-- expect: pages
SELECT sum(n) FROM fault WHERE phase = 'pipe.write' AND error = 0;

-- claim E pipe.write.rss: the buffer takes no memory
-- phase: pipe.write
-- expect: 0
SELECT max(anon) - min(anon) FROM rss JOIN phase USING (task)
WHERE name = 'pipe.write' AND t_ns BETWEEN start_ns AND end_ns;

-- claim E file.write: write() to a file: the kernel counts a fault a page, in kernel mode, which maps the zero page
-- phase: file.write
-- expect: pages
SELECT sum(n) FROM fault_count
WHERE phase = 'file.write' AND kind = 'zero_page' AND via = 'kernel' AND syscall = 'write' AND region = 'heap';

-- Until Linux 6.15 the pages were fetched before the first try; since then the first
-- try is made with page faults disabled, fails, and is not counted.
-- claim E file.write.tries: but there may be two exceptions a page: since Linux 6.16 the kernel tries to copy before it lets itself fault
-- phase: file.write
-- expect: pages
SELECT sum(n) / (SELECT max(value) FROM value WHERE name = 'tries') FROM fault_count WHERE phase = 'file.write';

-- claim E file.write.odd: and not one more or less
-- phase: file.write
-- expect: 0
SELECT sum(n) % (SELECT max(value) FROM value WHERE name = 'tries') FROM fault_count WHERE phase = 'file.write';

-- claim E direct.read.exceptions: a read() past the page cache raises no exception
-- phase: direct.read
-- needs: told('disk') == 1   the folder for temporary files is in memory or refuses O_DIRECT; set TMPDIR to one on a disk
-- expect: 0
SELECT sum(n) FROM fault_count WHERE phase = 'direct.read' AND via <> 'gup';

-- claim E direct.read: but counts a fault a page, which fills it with zeros before the device writes into it
-- phase: direct.read
-- needs: told('disk') == 1   the folder for temporary files is in memory or refuses O_DIRECT; set TMPDIR to one on a disk
-- expect: pages
SELECT sum(n) FROM fault_count
WHERE phase = 'direct.read' AND kind = 'zero_fill' AND via = 'gup' AND syscall = 'read' AND major = 0;

-- claim E bad.read: read() to a wrong address takes one exception, in kernel mode
-- phase: bad.read
-- expect: 1
SELECT sum(n) FROM fault_count
WHERE phase = 'bad.read' AND region = 'nowhere' AND kind = 'segv' AND via = 'kernel' AND syscall = 'read';

-- claim E bad.read.only: and no other
-- phase: bad.read
-- expect: 1
SELECT sum(n) FROM fault_count WHERE phase = 'bad.read';

-- EFAULT is 14.
-- claim E bad.read.result: the call returns EFAULT
-- phase: bad.read
-- expect: -14
SELECT ret FROM syscall WHERE phase = 'bad.read' AND name = 'read';

-- claim E bad.read.signal: and there is no signal
-- expect: 0
SELECT count(*) FROM signal WHERE signo = 11;

-- claim E counted: the kernel's own count is that of all the exceptions but those that failed
-- expect: 0
SELECT sum(abs(difference)) FROM reconcile;

-- SPDX-License-Identifier: GPL-2.0
-- The tables of a recording.  They are a contract: claims, tests and other
-- people's queries rest on them, so names and meanings stay, and a column is
-- only ever added.
--
-- Times are nanoseconds of CLOCK_MONOTONIC since the run's start, when the gate
-- opened before the command's exec.  pid is the thread-group id and tid the
-- thread id, both in the initial pid namespace; task is an id of faultline's
-- own that is never reused (1 is the command).

-- What the kernel sent, as it came: blocks of whole records.  Everything below
-- is made of it, when recording has ended or when the recording is opened.
CREATE TABLE raw (block INTEGER PRIMARY KEY, data BLOB);

-- faultline (its version), kernel, arch, page_size, cpus, command, experiment, status ('complete' or
-- 'incomplete'), reason, start_ns (CLOCK_MONOTONIC at time 0), duration_ns, rusage_minflt, rusage_majflt,
-- wait_status, ring_bytes (of the ring buffer), reader (how what empties it was scheduled: fifo, nice or
-- ordinary), compiler (of the BPF programs), every parameter as param.NAME, frames (where claims ask for
-- them: 'available', or 'unavailable: why'), show ('memory' where the report has
-- the curves of memory)
CREATE TABLE run (key TEXT PRIMARY KEY, value) WITHOUT ROWID;

-- One row a thread.  min_flt and maj_flt are the kernel's counters at the end
-- of the window, base_min and base_maj at its start.
CREATE TABLE task (
	task INTEGER PRIMARY KEY,
	tid INTEGER NOT NULL,
	pid INTEGER NOT NULL,
	parent_task INTEGER,	-- real parent when created; NULL: outside the tree
	created_by TEXT NOT NULL,	-- launch, fork, vfork, clone, thread; unknown: not seen
	clone_flags INTEGER,
	comm TEXT,		-- the last one
	exe TEXT,		-- path given to the last execve; of a descriptor the file's name
	role TEXT,		-- named by a marker
	start_ns INTEGER,
	exec_ns INTEGER,	-- the last successful execve
	exit_ns INTEGER,
	reaped_ns INTEGER,	-- wait4 or waitid of a traced task returned it
	exit_code INTEGER,
	exit_signal INTEGER,
	base_min INTEGER,
	base_maj INTEGER,
	min_flt INTEGER,
	maj_flt INTEGER,
	nvcsw INTEGER,
	nivcsw INTEGER,
	process INTEGER,	-- task that leads its thread group
	creator_task INTEGER,	-- who called clone; NULL: faultline
	group_dead INTEGER	-- 1: when it exited no thread of its process was left, 0: some were
);

CREATE TABLE phase (task INTEGER, name TEXT, start_ns INTEGER, end_ns INTEGER);
CREATE TABLE region (task INTEGER, name TEXT, start INTEGER, length INTEGER, t_ns INTEGER);
-- What the program itself counted and told by a marker.
CREATE TABLE value (task INTEGER, phase TEXT, name TEXT, value INTEGER, t_ns INTEGER);

-- The ledger: exact even when events were lost.  phase, region and syscall are
-- NULL where there is none; syscall 'exit' is everything from the fatal signal
-- or the start of do_exit() on.
CREATE TABLE fault_count (
	task INTEGER, phase TEXT, region TEXT, kind TEXT, via TEXT, major INTEGER,
	syscall TEXT, n INTEGER,
	-- 2^page_order pages of 4 KiB: those allocated for each fault, or where none were those that
	-- one entry of the page table maps.  NULL: not known, or not counted by the kernel
	page_order INTEGER
);

-- What view fault is made of: one row a run of faults alike but for the address.
-- With --every-fault the time of each fault of a run is told as well: starts and
-- busies then hold n numbers, each of as many digits as the others.  Fault i, from 0
-- on, began i * step_ns and its start after the row's start_ns, and its busy_ns is its
-- number of busies (0: its end was not seen).
CREATE TABLE fault_run (
	task INTEGER, phase TEXT, region TEXT, kind TEXT, via TEXT, major INTEGER,
	start_ns INTEGER, end_ns INTEGER, address INTEGER, stride INTEGER, n INTEGER,
	ip INTEGER, vma_start INTEGER, vma_end INTEGER, vma_flags INTEGER, object TEXT,
	busy_ns INTEGER, busy_n INTEGER, vma_offset INTEGER, syscall TEXT, error INTEGER,
	step_ns INTEGER, starts TEXT, busies TEXT, page_order INTEGER
);
-- 0 to 63: no run whose faults are told one by one has more.
CREATE TABLE fault_in_run (i INTEGER PRIMARY KEY);
INSERT INTO fault_in_run
WITH RECURSIVE counted (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM counted WHERE i < 63)
SELECT i FROM counted;

-- One row a run of faults alike but for the address, or one a fault with
-- --every-fault or --every-end.  busy_ns is the time inside the faults: for busy_n of the n
-- the end was seen, the rest is taken to cost the same.
CREATE VIEW fault AS
SELECT task, phase, region, kind, via, major,
       start_ns + coalesce(later, 0) AS start_ns,
       coalesce(start_ns + later + busy, end_ns) AS end_ns,
       coalesce(address + i * stride, address) AS address, iif(busy IS NULL, stride, 0) AS stride,
       iif(busy IS NULL, n, 1) AS n, ip, vma_start, vma_end, vma_flags, object,
       coalesce(busy, busy_ns) AS busy_ns, coalesce(busy > 0, busy_n) AS busy_n,
       vma_offset, syscall, error, page_order
FROM (
	SELECT *,
	       i * step_ns +
	       CAST(substr(starts, 1 + i * (length(starts) / n), length(starts) / n) AS INTEGER)
	       AS later,
	       CAST(substr(busies, 1 + i * (length(busies) / n), length(busies) / n) AS INTEGER)
	       AS busy
	FROM fault_run CROSS JOIN fault_in_run ON i < iif(busies IS NULL, 1, n)
);

-- How long faults took: a histogram of those whose end was seen, in classes from
-- least_ns to below below_ns, each an eighth of a power of two.
CREATE TABLE fault_cost (
	phase TEXT, region TEXT, kind TEXT, via TEXT, least_ns INTEGER, below_ns INTEGER, n INTEGER
);

-- Files that faults were taken on, as fault.object names them.  path: where it is, from the root
-- of the whole system; NULL: in no folder, as memory that has a name, or not known.
CREATE TABLE mapped_file (name TEXT, path TEXT, device INTEGER, inode INTEGER);

-- use: user, page_table, other
CREATE TABLE page_alloc (
	task INTEGER, phase TEXT, use TEXT, page_order INTEGER, zeroed INTEGER, n INTEGER,
	syscall TEXT
);

CREATE TABLE rss (
	task INTEGER, t_ns INTEGER, anon INTEGER, file INTEGER, shmem INTEGER,	-- pages
	swap INTEGER, page_tables_bytes INTEGER, total_vm INTEGER
);

-- state: new, ready, running, waiting, stopped, zombie, dead.  A task's rows
-- partition its life.  why: for waiting, the system call or 'fault'; for ready,
-- 'preempted', 'woken', 'new'.
CREATE TABLE state (
	task INTEGER, state TEXT, why TEXT, cpu INTEGER, start_ns INTEGER, end_ns INTEGER,
	waker_task INTEGER, waker_comm TEXT,
	sleep TEXT,	-- for waiting: interruptible (S in ps), uninterruptible, killable (D), idle (I)
	waking_ns INTEGER	-- when its waker, or an interrupt, woke it; end_ns is when it was ready
);

CREATE TABLE syscall (
	task INTEGER, phase TEXT, name TEXT, start_ns INTEGER, end_ns INTEGER, ret INTEGER,
	args TEXT,		-- six hexadecimal numbers, blank between
	data BLOB,		-- a path, or the start of a buffer where captured
	file_kind TEXT, file INTEGER
);

-- code: si_code.  result: delivered, ignored, already_pending, overflow_fail,
-- lose_info.  action: handler, default, ignore; NULL: never delivered.
CREATE TABLE signal (
	signo INTEGER, code INTEGER, sender_task INTEGER, receiver_task INTEGER,
	generated_ns INTEGER, result TEXT, delivered_ns INTEGER, action TEXT,
	sender_comm TEXT
);

-- kind: flock, posix, ofd, futex.  op: read, write, unlock for files; wait,
-- wake, ... for futexes.  blocked_by: the task that held it.
CREATE TABLE lock (
	task INTEGER, kind TEXT, object TEXT, op TEXT, request_ns INTEGER, granted_ns INTEGER,
	released_ns INTEGER, blocked_by INTEGER, ret INTEGER,
	owner INTEGER,		-- of a file's lock: the same for requests of one owner
	first_byte INTEGER, last_byte INTEGER	-- posix and ofd; last NULL: to the end of the file
);

-- channel: pipe, fifo, unix, tcp, udp.  from_task or to_task NULL: outside the tree.
CREATE TABLE message (
	channel TEXT, object TEXT, from_task INTEGER, to_task INTEGER, bytes INTEGER,
	sent_ns INTEGER, received_ns INTEGER,
	cut_bytes INTEGER	-- of a packet: what did not fit into the reader's buffer, beside bytes
);

-- Each change of a TCP socket.  States are the kernel's in lower case: close,
-- listen, syn_sent, syn_recv, established, fin_wait1, ...  sock: a number of
-- faultline's, the same for one socket.  A port that is not known yet is NULL.
CREATE TABLE sock_state (
	task INTEGER, t_ns INTEGER, sock INTEGER, family TEXT, sport INTEGER, dport INTEGER,
	old_state TEXT, new_state TEXT
);

-- Each packet handed to a network device, the loopback one as well.  protocol:
-- tcp, udp, icmp, icmp6, else ip:N.  len: bytes with all headers; payload: bytes
-- that TCP or UDP carries.  tcp_flags: words with a blank between, in the order
-- fin syn rst psh ack urg ece cwr.
CREATE TABLE packet (
	task INTEGER, t_ns INTEGER, protocol TEXT, sport INTEGER, dport INTEGER, len INTEGER,
	payload INTEGER, tcp_flags TEXT
);

-- What the kernel's task_struct had at a moment: 'phase' (a marker began one),
-- 'exit' (it began to exit), or 'barrier' (a task of the tree waited at one; phase is
-- then that of the one who asked).  Columns are named as the kernel's fields.  mm,
-- files, fs and sighand number what tasks share: an equal number is the same one.
CREATE TABLE card (
	task INTEGER, t_ns INTEGER, phase TEXT, moment TEXT,
	state INTEGER, exit_state INTEGER, exit_code INTEGER, flags INTEGER,
	policy INTEGER, prio INTEGER, static_prio INTEGER,
	weight INTEGER,		-- se.load.weight
	vruntime INTEGER, deadline INTEGER,	-- of se; deadline NULL: an older kernel
	sum_exec_runtime INTEGER,	-- up to the last tick or switch, ns
	cpus_mask INTEGER,	-- of the first 64 CPUs
	nvcsw INTEGER, nivcsw INTEGER,
	start_ns INTEGER, utime INTEGER, stime INTEGER,	-- utime and stime as ticks found them, ns
	parent_tid INTEGER, parent_task INTEGER,	-- real_parent; NULL: outside the tree
	children INTEGER,	-- of this thread, not reaped yet; at most 256 are counted
	threads INTEGER,
	mm INTEGER,		-- NULL: it has left its address space, as the rest up to map_count
	start_code INTEGER, end_code INTEGER, start_data INTEGER, end_data INTEGER,
	start_brk INTEGER, brk INTEGER, start_stack INTEGER, total_vm INTEGER, map_count INTEGER,
	min_flt INTEGER, maj_flt INTEGER,
	files INTEGER, open_files INTEGER,	-- open_files: descriptors below 1,024
	fs INTEGER, cwd TEXT,	-- cwd: the last component of its path
	sighand INTEGER,
	pending INTEGER, shared_pending INTEGER, blocked INTEGER,	-- signal 1 is the lowest bit
	thread_sp INTEGER,	-- of its kernel stack, while it does not run
	registers TEXT		-- with which it entered the kernel last: NAME=HEX, blank between
);

-- When the kernel gave back a task's task_struct: some time after its last switch and,
-- for a process, after somebody had waited for it.  Not known for the last ones of a run.
CREATE TABLE freed (task INTEGER, t_ns INTEGER);

-- Whom a process got as parent when its own had ended (t_ns: began to exit).  Seen at
-- the next event of the child (seen_ns): of several parents in a row only the last.
CREATE TABLE reparent (
	task INTEGER, t_ns INTEGER, old_parent_task INTEGER, new_parent_task INTEGER,
	new_tid INTEGER, new_comm TEXT, seen_ns INTEGER
);

-- Mappings and open files of each process when a task of the tree waited at a barrier
-- (t_ns, as in table card).  task leads the process, phase is that of the one who asked.
-- rights: as /proc/PID/maps has them.  part: text, rodata, data (.bss as well), heap, stack,
-- kernel (pages of its own: vDSO), else mapping.  path NULL: anonymous.  flags: the kernel's vm_flags.
CREATE TABLE vma (
	task INTEGER, phase TEXT, t_ns INTEGER, start INTEGER, length INTEGER, rights TEXT,
	part TEXT, path TEXT, path_offset INTEGER, flags INTEGER
);
-- flags: O_* with which it was opened.
CREATE TABLE open_file (
	task INTEGER, phase TEXT, t_ns INTEGER, fd INTEGER, kind TEXT, path TEXT, flags INTEGER,
	position INTEGER, close_on_exec INTEGER
);

-- The kernel's own threads, all of this machine while tracing ran, and only where claims
-- ask for them.  event: ask (a traced task wakes kthreadd, which tid is then), born, stop
-- (somebody tells it to end), exit.  by_*: who ran when it happened; by_task NULL: no
-- traced task.  has_mm: 1 if it has an address space.
CREATE TABLE kthread (
	t_ns INTEGER, event TEXT, tid INTEGER, comm TEXT, parent_tid INTEGER, has_mm INTEGER,
	by_task INTEGER, by_tid INTEGER, by_comm TEXT
);

-- What was behind each page of each named region when a task of the tree asked
-- for it at a barrier (t_ns): of every process that lived and had a region, task
-- its leader's.  phase is that of the one who asked; page counts from the start
-- of the region.  flags are words with a blank between, in this order: present
-- or swap ('' for neither: pfn and mapcount are NULL); then
--   zero        the zero page (thp zero: the huge one)
--   anon, file  memory of the process; of a file, or shared
--   exclusive   mapped here and nowhere else
--   thp, huge   part of a large folio; of hugetlbfs
--   ksm         merged with others of the same content
-- mapcount: how many page table entries lead to it, as /proc/kpagecount has it.
CREATE TABLE frame (
	task INTEGER, phase TEXT, region TEXT, page INTEGER, pfn INTEGER, mapcount INTEGER,
	flags TEXT, t_ns INTEGER
);

-- Priorities that change because somebody waits for a lock (sched_pi_setprio).
-- They are the kernel's: 99 less the real-time priority, or 120 plus the nice
-- value; a lower number comes first.  donor_task: who waits; NULL: nobody of the
-- tree, so that the task has its own priority again.
CREATE TABLE priority (
	task INTEGER, t_ns INTEGER, old_prio INTEGER, new_prio INTEGER, donor_task INTEGER
);

-- class: E exact, B bounded, S statistical.  verdict: pass, fail, skip, inconclusive.
CREATE TABLE claim (
	experiment TEXT, id TEXT, class TEXT, text TEXT, expected TEXT, observed TEXT,
	verdict TEXT, reason TEXT,
	phase TEXT		-- that it is about; NULL: none, or several
);

-- What course notes say and printed, and what was measured of it here.
CREATE TABLE note (experiment TEXT, said TEXT, printed TEXT, measured TEXT);

-- what: ring, recursion, map, untracked; record for what is in raw but could not be
-- read, late for what came too late to be put in its place, unseen for what must have
-- been by what came after.  kind: of the record, program or map.
CREATE TABLE loss (
	what TEXT, kind TEXT, cpu INTEGER, first_ns INTEGER, last_ns INTEGER, n INTEGER
);

-- observed and kernel come from different places: the exceptions that were
-- seen, and the task's own counters.
CREATE VIEW reconcile AS
SELECT task, tid, comm, by_user, by_kernel, by_gup,
       by_user + by_kernel + by_gup AS observed, kernel,
       by_user + by_kernel + by_gup - kernel AS difference
FROM (
	SELECT task.task, tid, comm,
	       coalesce(sum(n) FILTER (WHERE via = 'user'), 0) AS by_user,
	       coalesce(sum(n) FILTER (WHERE via = 'kernel'), 0) AS by_kernel,
	       coalesce(sum(n) FILTER (WHERE via = 'gup'), 0) AS by_gup,
	       min_flt + maj_flt - base_min - base_maj AS kernel
	FROM task LEFT JOIN fault_count
	ON fault_count.task = task.task AND kind NOT IN ('segv', 'bus', 'nofault', 'spurious')
	GROUP BY task.task
);

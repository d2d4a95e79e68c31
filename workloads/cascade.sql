-- SPDX-License-Identifier: GPL-2.0
-- title: what becomes of children when their parent ends
-- chapter: C
-- question: A process ends. Which of its children end with it?
-- root: a pid namespace, in which the last scene plays, can be made by root alone
-- param: children = 3   1..500   children of the process that ends
-- lesson: None, unless somebody asked: the child for a signal at its parent's death, the parent for its process group, or both for life in a pid namespace, whose end is that of its first process.
-- notes: when a parent ends, its children are terminated as well (cascading termination) | | by default
--   {default.survivors} children survive, and {default.signals} signals are sent to them; they end only where that
--   was asked for: {pdeath.killed} by PR_SET_PDEATHSIG, {group.killed} by a signal to their group, {namespace.killed}
--   with their pid namespace

-- It is often said that a system ends the children of a process with it (cascading
-- termination). Linux does not do it unless asked.

-- claim E default.survivors: by default all children survive
-- expect: children
SELECT count(*) FROM value JOIN task AS child USING (task) JOIN task AS head ON head.role = 'default.head'
WHERE child.role = 'default.child' AND child.parent_task = head.task AND name = 'survived' AND t_ns > head.exit_ns;

-- claim E default.signals: nobody sends them anything
-- expect: 0
SELECT count(*) FROM signal JOIN task ON task = receiver_task WHERE role = 'default.child';

-- claim E default.reaped: and the supervisor waits for them in the end
-- expect: children
SELECT count(reaped_ns) FROM task WHERE role = 'default.child' AND exit_code = 0;

-- SIGTERM is 15, SI_USER is 0: as if the parent had called kill().
-- claim E pdeath.signal: with PR_SET_PDEATHSIG the dying parent sends each child the signal that it asked for
-- expect: children
SELECT count(*) FROM signal
JOIN task AS head ON head.task = sender_task AND head.role = 'pdeath.head'
JOIN task AS child ON child.task = receiver_task AND child.role = 'pdeath.child'
WHERE signo = 15 AND code = 0 AND result = 'delivered' AND generated_ns > head.exit_ns;

-- claim E pdeath.delivered: it is delivered to each of them, once
-- expect: children
SELECT count(*) FROM signal JOIN task ON task = receiver_task
WHERE role = 'pdeath.child' AND delivered_ns IS NOT NULL;

-- claim E pdeath.killed: and ends it
-- expect: children
SELECT count(*) FROM task WHERE role = 'pdeath.child' AND exit_signal = 15;

-- claim E pdeath.survivors: so none survives
-- expect: 0
SELECT count(*) FROM value JOIN task USING (task) WHERE role = 'pdeath.child' AND name = 'survived';

-- claim E group.signal: a signal to the process group reaches each child
-- expect: children
SELECT count(*) FROM signal
JOIN task AS head ON head.task = sender_task AND head.role = 'group.head'
JOIN task AS child ON child.task = receiver_task AND child.role = 'group.child'
WHERE signo = 15 AND code = 0 AND result = 'delivered' AND generated_ns < head.exit_ns;

-- claim E group.call: by one call of kill(), with 0 for the own group
-- expect: 1
SELECT count(*) FROM syscall JOIN task USING (task)
WHERE role = 'group.head' AND name = 'kill' AND ret = 0 AND args LIKE '0 f %';

-- claim E group.self: and the sender, who is in the group and ignores it
-- expect: 'ignored'
SELECT result FROM signal JOIN task ON task = receiver_task WHERE role = 'group.head' AND signo = 15;

-- claim E group.delivered: it is delivered to each of them, once
-- expect: children
SELECT count(*) FROM signal JOIN task ON task = receiver_task
WHERE role = 'group.child' AND delivered_ns IS NOT NULL;

-- claim E group.killed: and ends it
-- expect: children
SELECT count(*) FROM task WHERE role = 'group.child' AND exit_signal = 15;

-- claim E group.survivors: so none survives
-- expect: 0
SELECT count(*) FROM value JOIN task USING (task) WHERE role = 'group.child' AND name = 'survived';

-- SIGKILL is 9, SI_KERNEL is 128.
-- claim E namespace.signal: when the first process of a pid namespace ends, the kernel kills all others there
-- needs: told('namespace') == 1   no pid namespace can be made here
-- expect: children
SELECT count(*) FROM signal
JOIN task AS head ON head.task = sender_task AND head.role = 'namespace.head'
JOIN task AS child ON child.task = receiver_task AND child.role = 'namespace.child'
WHERE signo = 9 AND code = 128 AND result = 'delivered' AND generated_ns > head.exit_ns;

-- claim E namespace.delivered: the signal is delivered to each of them, once
-- needs: told('namespace') == 1   no pid namespace can be made here
-- expect: children
SELECT count(*) FROM signal JOIN task ON task = receiver_task
WHERE role = 'namespace.child' AND delivered_ns IS NOT NULL;

-- claim E namespace.killed: and ends it
-- needs: told('namespace') == 1   no pid namespace can be made here
-- expect: children
SELECT count(*) FROM task WHERE role = 'namespace.child' AND exit_signal = 9;

-- claim E namespace.survivors: so none survives
-- needs: told('namespace') == 1   no pid namespace can be made here
-- expect: 0
SELECT count(*) FROM value JOIN task USING (task) WHERE role = 'namespace.child' AND name = 'survived';

-- It waits for them first, though it has called exit().
-- claim E namespace.last: the first process is the last to be gone
-- needs: told('namespace') == 1   no pid namespace can be made here
-- expect: children
SELECT count(*) FROM task AS child JOIN task AS head ON head.role = 'namespace.head'
WHERE child.role = 'namespace.child' AND child.exit_ns < head.reaped_ns;

# SPDX-License-Identifier: GPL-2.0
"""kinds.py [--exchange KIND,KIND] RECORDING COMMAND...

Runs COMMAND, which makes RECORDING, while the kernel's own functions are watched by kprobes,
and compares the two for each traced task, fault by fault: for every return of handle_mm_fault()
without VM_FAULT_RETRY or an error there is one counted fault, in the same order and in the same
page, and the function that dealt with it is one that its kind is made by.  For faults without an
exception, whose addresses a recording does not tell, their numbers are compared.

The last line is "ok", "SKIP reason" or "FAIL reason".  --exchange takes each of two kinds of the
recording for the other: where both came, that must fail.
"""

import collections
import os
import re
import sqlite3
import subprocess
import sys

TRACEFS = "/sys/kernel/tracing"
GROUP = f"faultline_{os.getpid()}"
INSTANCE = f"{TRACEFS}/instances/{GROUP}"

# include/linux/mm_types.h
VM_FAULT_RETRY = 0x400
VM_FAULT_ERROR = 0x1 | 0x2 | 0x10 | 0x20 | 0x40 | 0x800
FAULT_FLAG_WRITE = 0x1

# Functions of mm/ that deal with a fault.  Where one calls another or falls back to it, the one
# that says more stands first.
HANDLERS = (
    "do_swap_page",
    "wp_page_copy",
    "do_wp_page",
    "do_anonymous_page",
    "do_cow_fault",
    "do_read_fault",
    "do_shared_fault",
    "do_fault",
    "do_numa_page",
    "do_huge_zero_wp_pmd",
    "do_huge_pmd_wp_page",
    "do_huge_pmd_anonymous_page",
    "do_huge_pmd_numa_page",
    "huge_pmd_set_accessed",
    "hugetlb_wp",
    "hugetlb_no_page",
    "hugetlb_fault",
)

# That the fault mapped a new anonymous page: called from another file, and so never inlined.
NEW_PAGE = ("folio_add_new_anon_rmap", "page_add_new_anon_rmap")

READ, WRITE = ("read",), ("write",)
BOTH = READ + WRITE
OLD, NEW = (False,), (True,)
# How a kind is made: the access, whether a new anonymous page is mapped, and the ways from
# handle_mm_fault() as the source has them, also where a huge page is not to be had.  An empty way
# is a fault that found nothing left to do.
ANONYMOUS = ["do_anonymous_page", "do_huge_pmd_anonymous_page do_anonymous_page"]
KEPT = ["do_wp_page", "do_huge_pmd_wp_page do_wp_page"]
COPIED = [way + " wp_page_copy" for way in KEPT]
WAYS = {
    "zero_fill": (WRITE, NEW, ANONYMOUS),
    "zero_page": (READ, OLD, ANONYMOUS),
    "copy": (WRITE, NEW, COPIED),
    "copy_zero": (WRITE, NEW, COPIED),
    "reuse": (WRITE, OLD, KEPT),
    "file": (READ, OLD, ["do_fault do_read_fault"]),
    "file_copy": (WRITE, NEW, ["do_fault do_cow_fault", "do_wp_page wp_page_copy"]),
    "shared_dirty": (WRITE, OLD, ["do_fault do_shared_fault", "do_wp_page"]),
    "shmem": (BOTH, OLD, ["do_fault do_read_fault", "do_fault do_shared_fault", "do_wp_page"]),
    "huge_zero_fill": (WRITE, NEW, ["do_huge_pmd_anonymous_page"]),
    "huge_zero_page": (READ, OLD, ["do_huge_pmd_anonymous_page"]),
    "huge_copy": (WRITE, NEW, ["do_huge_pmd_wp_page do_huge_zero_wp_pmd"]),
    "huge_reuse": (WRITE, OLD, ["do_huge_pmd_wp_page"]),
    "hugetlb_fill": (BOTH, OLD, ["hugetlb_fault hugetlb_no_page"]),
    "hugetlb_copy": (WRITE, OLD, ["hugetlb_fault hugetlb_wp"]),
    "hugetlb_reuse": (WRITE, OLD, ["hugetlb_fault hugetlb_wp"]),
    "swap": (BOTH, OLD + NEW, ["do_swap_page"]),
    "numa": (BOTH, OLD, ["do_numa_page", "do_huge_pmd_numa_page"]),
    "uffd": (BOTH, OLD, [""]),
    "stale": (BOTH, OLD, ["", "huge_pmd_set_accessed"]),
    # another thread was there first; a page of the kernel's own (vDSO)
    "other": (BOTH, OLD, ANONYMOUS + ["", "do_fault do_read_fault"]),
}
UNCOUNTED = ("segv", "bus", "nofault", "spurious")

Fault = collections.namedtuple("Fault", "page gup did")
Did = collections.namedtuple("Did", "access new handler")


def words(did):
    return (f"a {did.access} in {did.handler or 'no function'}"
            f"{' that mapped a new page' if did.new else ''}")


class Skip(Exception):
    pass


class Differs(Exception):
    pass


def write(path, text, more=0):
    # not open(..., "a"), which seeks to an end that these files do not have
    fd = os.open(path, os.O_WRONLY | more)
    try:
        os.write(fd, text.encode())
    finally:
        os.close(fd)


def symbols():
    """Function -> its address.  The compiler may have made a variant of it, and there may be others
    of its name: it is the one beside handle_mm_fault()."""
    places = collections.defaultdict(list)
    pattern = re.compile(r"^(\w+) [tT] (\w+)(\.(isra|constprop)\.\d+)*$")
    with open("/proc/kallsyms", encoding="ascii") as file:
        for line in file:
            match = pattern.match(line.rstrip("\n"))
            if match and match[2] in HANDLERS + NEW_PAGE + ("handle_mm_fault",):
                places[match[2]].append(int(match[1], 16))
    if not any(places["handle_mm_fault"]):
        raise Skip("/proc/kallsyms does not tell where handle_mm_fault() is")
    middle = places["handle_mm_fault"][0]
    return {name: min(at, key=lambda address: abs(address - middle)) for name, at in places.items()}


def probe(found):
    events = f"{TRACEFS}/kprobe_events"
    if not os.path.exists(events):
        raise Skip("this kernel has no kprobes, or no tracefs")
    probes = [
        f"p:{GROUP}/enter handle_mm_fault address=$arg2:x64 flags=$arg3:x32 regs=$arg4:x64",
        f"r512:{GROUP}/leave handle_mm_fault ret=$retval:x32",
    ] + [f"p:{GROUP}/{name} {found[name]:#x}" for name in HANDLERS + NEW_PAGE
         if name in found]
    for line in probes:
        try:
            write(events, line + "\n", os.O_APPEND)
        except OSError as error:
            raise Skip(f"kprobe '{line}': {error.strerror}") from error


def unprobe():
    if os.path.isdir(INSTANCE):
        write(f"{INSTANCE}/events/{GROUP}/enable", "0")
        os.rmdir(INSTANCE)
    events = f"{TRACEFS}/kprobe_events"
    if not os.path.exists(events):
        return
    with open(events, encoding="ascii") as file:
        ours = re.findall(rf"\S+:({GROUP}/\w+)", file.read())
    for name in ours:
        write(events, f"-:{name}\n", os.O_APPEND)


def watch(command):
    """The lines that the probes wrote while COMMAND ran: this process's children alone."""
    os.mkdir(INSTANCE)
    write(f"{INSTANCE}/trace_clock", "mono")
    write(f"{INSTANCE}/buffer_size_kb", "32768")
    write(f"{INSTANCE}/options/event-fork", "1")
    write(f"{INSTANCE}/set_event_pid", str(os.getpid()))
    write(f"{INSTANCE}/events/{GROUP}/enable", "1")
    status = subprocess.run(command, stdout=sys.stderr, check=False).returncode
    write(f"{INSTANCE}/tracing_on", "0")
    for cpu in os.listdir(f"{INSTANCE}/per_cpu"):
        with open(f"{INSTANCE}/per_cpu/{cpu}/stats", encoding="ascii") as file:
            for lost in re.findall(r"^(overrun|commit overrun|dropped events): *([1-9]\d*)",
                                   file.read(), re.M):
                raise Differs(f"{cpu} lost events of the probes: {' '.join(lost)}")
    with open(f"{TRACEFS}/kprobe_profile", encoding="ascii") as file:
        for name, _, missed in (line.split() for line in file):
            if name in HANDLERS + NEW_PAGE + ("enter", "leave") and missed != "0":
                raise Differs(f"probe {name} missed {missed} calls")
    if status:
        raise Differs(f"status {status} of {' '.join(command)}")
    with open(f"{INSTANCE}/trace", encoding="utf-8", errors="replace") as file:
        return file.readlines()


def kernels_faults(lines):
    """tid -> the faults that mm_account_fault() counted, in order."""
    pattern = re.compile(r".*-(\d+) +\[\d+\] .*?: (\w+): \(.*?\)(.*)")
    faults, entered = collections.defaultdict(list), {}
    for line in lines:
        match = pattern.match(line)
        if not match:
            continue
        tid, name = int(match[1]), match[2]
        values = {k: int(v, 16) for k, v in re.findall(r"(\w+)=0x([0-9a-f]+)", match[3])}
        if name == "enter":
            entered[tid] = values, set()
        elif name != "leave":
            # execve() and userfaultfd map new pages without a fault
            if tid in entered:
                entered[tid][1].add(name)
        elif tid not in entered:
            raise Differs(f"a return from handle_mm_fault() of {tid} that was not called")
        else:
            args, called = entered.pop(tid)
            if not values["ret"] & (VM_FAULT_RETRY | VM_FAULT_ERROR):
                faults[tid].append(Fault(args["address"] >> 12, not args["regs"], Did(
                    BOTH[args["flags"] & FAULT_FLAG_WRITE], not called.isdisjoint(NEW_PAGE),
                    next((h for h in HANDLERS if h in called), ""))))
    return faults


def recorded(path):
    """For each task: its tid, how many faults it had before, its faults by kind."""
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    marks = ",".join("?" * len(UNCOUNTED))
    for task, tid, base in db.execute(
            "SELECT task, tid, base_min + base_maj FROM task ORDER BY task").fetchall():
        mine = [(address + i * stride >> 12, kind) for address, stride, n, kind in db.execute(
            "SELECT address, coalesce(stride, 0), n, kind FROM fault_run WHERE task = ? AND"
            f" via <> 'gup' AND kind NOT IN ({marks}) ORDER BY start_ns, rowid",
            (task,) + UNCOUNTED) for i in range(n)]
        gup = db.execute("SELECT kind, sum(n) FROM fault_count WHERE task = ? AND via = 'gup'"
                         " GROUP BY kind", (task,)).fetchall()
        yield task, tid, base, mine, gup


def made_by(kind, found):
    """What the kernel does for KIND; of each way the last function that is no part of another."""
    accesses, news, ways = WAYS[kind]
    return {Did(access, new, ([f for f in way.split() if f in found] or [""])[-1])
            for access in accesses for new in news for way in ways}


def compare(faults, path, found, exchange):
    """Kind -> what the kernel did -> how often."""
    counts = collections.defaultdict(collections.Counter)
    for task, tid, base, mine, gup in recorded(path):
        theirs = faults.get(tid, [])[base:]
        where = f"task {task} ({tid})"
        direct = [f for f in theirs if not f.gup]
        for i, ((page, kind), fault) in enumerate(zip(mine, direct)):
            kind = exchange.get(kind, kind)
            if page != fault.page or fault.did not in made_by(kind, found):
                raise Differs(f"{where}, fault {i}: {kind} in page {page:#x}, but the kernel "
                              f"had {words(fault.did)} in page {fault.page:#x}")
            counts[kind][fault.did] += 1
        if len(mine) != len(direct):
            raise Differs(f"{where}: {len(mine)} counted exceptions, the kernel had {len(direct)}")
        left = collections.Counter(f.did for f in theirs if f.gup)
        if sum(n for _, n in gup) != left.total():
            raise Differs(f"{where}: without exception {gup}, the kernel had {dict(left)}")
        # what is "other" because its address is not known comes last
        for kind, n in sorted(gup, key=lambda row: (row[0] == "other", len(made_by(row[0], found)))):
            for did in sorted(left if kind == "other" else made_by(kind, found)):
                took = min(n, left[did])
                left[did] -= took
                n -= took
                counts[f"gup {kind}"][did] += took
            if n:
                raise Differs(f"{where}: without exception {gup}, {n} {kind} too many for the "
                              f"kernel's, left are {dict(+left)}")
    return counts


def main():
    args = sys.argv[1:]
    exchange = {}
    if args[0] == "--exchange":
        one, other = args[1].split(",")
        exchange = {one: other, other: one}
        args = args[2:]
    try:
        found = symbols()
        probe(found)
        lines = watch(args[1:])
        counts = compare(kernels_faults(lines), args[0], found, exchange)
    except Skip as reason:
        print(f"SKIP {reason}")
        return
    except Differs as reason:
        print(f"FAIL {reason}")
        return
    finally:
        unprobe()
    for kind, by in sorted(counts.items()):
        for did, n in sorted((+by).items()):
            print(f"{kind}: {n} times {words(did)}")
    print("inlined:", " ".join(h for h in HANDLERS if h not in found) or "none")
    print("ok")


if __name__ == "__main__":
    main()

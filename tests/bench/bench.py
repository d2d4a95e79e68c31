#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
tests/bench/bench.py FAULTLINE LOAD FOLDER [SVG]

Runs the programs of load.c untraced, under FAULTLINE and under each peer that is
installed, in alternation, and writes into FOLDER what came of it: bench.md (also
printed), bench.json with every single value, and the plot, into SVG if that is given.
Needs root.  From the environment: ROUNDS (9), QUICK=1 (three rounds, only small
programs), ONLY (part of a program's name, or "scaling"), TOOLS (peers, by commas).
Stopped by SIGINT or SIGTERM, it shows what it has.

Ratios are taken within a round: a program under a tool against the same program
untraced, run a moment before or after.  Tools change places from round to round.
"""
import json
import os
import platform
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

import report

MIB = 1 << 20
QUICK = os.environ.get("QUICK", "") not in ("", "0")
ROUNDS = int(os.environ.get("ROUNDS") or (3 if QUICK else 9))

TREE_BEGIN = """BEGIN { @tree[cpid] = 1; }
tracepoint:sched:sched_process_fork /@tree[args->parent_pid]/ { @tree[args->child_pid] = 1; }
tracepoint:sched:sched_process_exit { delete(@tree[tid]); }
END { clear(@tree); }
"""
COUNT = TREE_BEGIN + "software:page-faults:1 /@tree[tid]/ { @faults = count(); }"
PRINT = TREE_BEGIN + """tracepoint:exceptions:page_fault_user,
tracepoint:exceptions:page_fault_kernel /@tree[tid]/ { printf("%d fault %lx\\n", tid, args->address); }"""


def text(path):
    try:
        with open(path, errors="replace") as f:
            return f.read()
    except FileNotFoundError:
        return ""


def lines_with(path, word):
    with open(path, "rb") as f:
        return sum(word in line for line in f)


def sum_of(pattern, string):
    return sum(int(n) for n in re.findall(pattern, string))


# What a tool saw, from its OUTPUT (what it was told to write) and its LOG (stdout and stderr):
# faults, futex calls, events lost; None where the tool does not say.

def faultline_saw(output, log):
    db = sqlite3.connect(f"file:{output}?mode=ro&immutable=1", uri=True)
    one = lambda sql: db.execute(sql).fetchone()[0] or 0
    return {
        "faults": one("SELECT sum(observed) FROM reconcile")
        + one("SELECT base_min + base_maj FROM task WHERE task = 1"),
        "futexes": one("SELECT count(*) FROM syscall WHERE name = 'futex'"),
        "lost": one("SELECT sum(n) FROM loss"),
        "rows": sum(one(f"SELECT count(*) FROM {name}") for (name,) in db.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'raw'").fetchall()),
        "differences": one("SELECT count(*) FROM reconcile WHERE difference IS NOT 0"),
    }


def perf_stat_saw(output, log):
    count = {line.split(",")[2]: line.split(",")[0] for line in text(output).splitlines() if "," in line}
    return {"faults": int(count["page-faults"]), "futexes": int(count["syscalls:sys_enter_futex"]), "lost": 0}


def perf_record_saw(output, log):
    stats = subprocess.run(["perf", "report", "--stats", "-i", output], capture_output=True, text=True).stdout
    return {"faults": sum_of(r"SAMPLE events: +(\d+)", stats.split("page-faults stats")[0]),
            "lost": sum_of(r"LOST(?:_SAMPLES)? events: +(\d+)", stats.split("page-faults stats")[0])}


def perf_trace_saw(output, log):
    return {"faults": lines_with(output, b"minfault [") + lines_with(output, b"majfault ["),
            "lost": sum_of(r"LOST (\d+) events", text(output) + text(log))}


def bpftrace_count_saw(output, log):
    return {"faults": sum_of(r"@faults: (\d+)", text(output)), "lost": sum_of(r"Lost (\d+) events", text(log))}


def bpftrace_print_saw(output, log):
    return {"faults": lines_with(output, b" fault "), "lost": sum_of(r"Lost (\d+) events", text(output) + text(log))}


def trace_cmd_saw(output, log):
    shown = subprocess.run(["trace-cmd", "report", "-i", output], capture_output=True, text=True).stdout
    return {"faults": shown.count(": page_fault_"), "lost": sum_of(r"\[(\d+) EVENTS DROPPED\]", shown)}


def strace_saw(output, log):
    return {"futexes": lines_with(output, b" futex(")}


class Tool:
    def __init__(self, name, command, saw, program=None):
        self.name = name
        self.command = command    # {output} is where it writes
        self.saw = saw
        self.program = program or command[0]


def all_tools(faultline):
    return [
        UNTRACED,
        Tool("faultline", [faultline, "trace", "-o", "{output}", "--"], faultline_saw),
        Tool("faultline --every-fault", [faultline, "trace", "--every-fault", "-o", "{output}", "--"], faultline_saw),
        Tool("faultline --every-end", [faultline, "trace", "--every-end", "-o", "{output}", "--"], faultline_saw),
        Tool("perf stat", ["perf", "stat", "-x,", "-o", "{output}", "-e", "page-faults,syscalls:sys_enter_futex"],
             perf_stat_saw),
        Tool("perf record", ["perf", "record", "-q", "-e", "page-faults", "-c1", "-d", "--no-bpf-event", "-o", "{output}"],
             perf_record_saw),
        Tool("perf trace", ["perf", "trace", "-F", "all", "-o", "{output}", "--"], perf_trace_saw),
        Tool("bpftrace count", ["bpftrace", "-o", "{output}", "-e", COUNT, "-c"], bpftrace_count_saw),
        Tool("bpftrace printf", ["bpftrace", "-o", "{output}", "-e", PRINT, "-c"], bpftrace_print_saw),
        Tool("trace-cmd", ["trace-cmd", "record", "-q", "-e", "exceptions:page_fault_user",
                           "-e", "exceptions:page_fault_kernel", "-F", "-c", "-o", "{output}"], trace_cmd_saw),
        Tool("strace -f", ["strace", "-f", "-o", "{output}"], strace_saw, "strace"),
    ]


UNTRACED = Tool("untraced", [], lambda output, log: {}, "true")


class Failed(Exception):
    pass


class Run:
    """One run of the load under a tool; finish() gives its numbers."""

    def __init__(self, folder, tool, load):
        self.tool = tool
        self.folder = tempfile.mkdtemp(dir=folder)
        self.output, self.log, self.said = (os.path.join(self.folder, name) for name in ("output", "log", "report"))
        argv = [word.replace("{output}", self.output) for word in tool.command]
        command = [load[0], self.said] + load[1:]
        argv += [" ".join(command)] if tool.program == "bpftrace" else command
        with open(self.log, "wb") as log:
            self.begin = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
            self.process = subprocess.Popen(argv, stdout=log, stderr=log, cwd=self.folder)

    def peak_kib(self):
        """The tool's own memory, without its children's, which wait4() would add."""
        peak = 0
        while self.process.poll() is None:
            try:
                found = re.search(r"VmHWM:\s+(\d+)", text(f"/proc/{self.process.pid}/status"))
            except ProcessLookupError:
                found = None
            peak = max(peak, int(found[1])) if found else peak
            time.sleep(0.005)
        return peak

    def finish(self):
        try:
            self.process.wait()
            end = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
            lost_some = self.tool.saw is faultline_saw and self.process.returncode == 3
            if self.process.returncode and not lost_some or not text(self.said):
                last = text(self.log).strip().splitlines()[-1:] or ["nothing said"]
                raise Failed(f"status {self.process.returncode}: {last[0].strip()}")
            main, done, cpu, faults_before, faults = map(int, text(self.said).split())
            value = {"whole_ms": (end - self.begin) / 1e6, "program_ms": (done - main) / 1e6, "cpu_ms": cpu / 1e6,
                     "to_main_ms": (main - self.begin) / 1e6, "after_end_ms": (end - done) / 1e6,
                     "rusage": faults, "rusage_before_main": faults_before}
            if os.path.exists(self.output):
                value["output_bytes"] = os.path.getsize(self.output)
            value.update(self.tool.saw(self.output, self.log))
            return value
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)


def run_alone(folder, tool, load):
    return Run(folder, tool, load).finish()


def run_beside(folder, tool, load):
    """The load untraced, while the tool traces a program that does nothing."""
    fifo = os.path.join(folder, "hold")
    if not os.path.exists(fifo):
        os.mkfifo(fifo)
    holder = Run(folder, tool, [load[0], "hold", fifo])
    fd = None
    try:
        while fd is None:    # the reader is there: the program runs and is traced
            try:
                fd = os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
            except OSError:
                if holder.process.poll() is not None:
                    break
                time.sleep(0.001)
        beside = Run(folder, UNTRACED, load).finish() if fd is not None else None
    finally:
        if fd is not None:
            os.close(fd)
    traced = holder.finish()
    return {"program_ms": beside["program_ms"], "cpu_ms": beside["cpu_ms"], "whole_ms": beside["whole_ms"],
            "lost": traced.get("lost")}


def small_project(folder):
    """Eight C files and a program of them."""
    path = os.path.join(folder, "project")
    os.mkdir(path)
    for i in range(8):
        with open(f"{path}/part{i}.c", "w") as f:
            f.write("#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n")
            f.writelines(f"int part{i}_{j}(int x) {{ return printf(\"%d\", x * {j}); }}\n" for j in range(20))
    with open(f"{path}/main.c", "w") as f:
        f.write("int main(void) { return 0; }\n")
    with open(f"{path}/Makefile", "w") as f:
        objects = " ".join(["main.o"] + [f"part{i}.o" for i in range(8)])
        f.write(f"all: program\nprogram: {objects}\n\tcc -o $@ $^\n%.o: %.c\n\tcc -O1 -c -o $@ $<\n"
                f"clean:\n\trm -f program {objects}\n")
    return path


def programs(load, folder):
    """Name, load, how to run it, whether QUICK has it."""
    project = small_project(folder)
    return [
        ("copy-on-write, 100 MiB", [load, "cow", str(100 * MIB)], run_alone, True),
        ("zero-fill, 100 MiB", [load, "zero", str(100 * MIB)], run_alone, True),
        ("pipe ping-pong, 40,000 calls", [load, "pipe", "40000"], run_alone, True),
        ("two threads, one mutex", [load, "mutex", "2000000"], run_alone, True),
        ("make of a small project", [load, "command", "make", "-s", "-C", project, "clean", "all"], run_alone, True),
        ("an untraced program beside", [load, "cow", str(100 * MIB)], run_beside, True),
        ("2,000 fork and exec", [load, "spawn", "2000"], run_alone, False),
        ("copy-on-write, 1 GiB", [load, "cow", str(1024 * MIB)], run_alone, False),
    ]


def say(what):
    print(what, file=sys.stderr, flush=True)


def measure(program, tools, folder, found):
    """Values of all rounds, per tool; a tool that fails is named once and left out."""
    name, load, how, _ = program
    rounds, refused = [], {}
    found[name] = {"rounds": rounds, "failed": refused}
    for n in range(ROUNDS):
        values = {}
        for i in range(len(tools)):
            tool = tools[(i + n) % len(tools)]
            if tool.name in refused:
                continue
            try:
                values[tool.name] = how(folder, tool, load)
            except (Failed, sqlite3.Error, OSError, KeyError, ValueError) as failure:
                refused[tool.name] = str(failure) or type(failure).__name__
                say(f"{name}: {tool.name} fails: {refused[tool.name]}")
        rounds.append(values)
        say(f"{name}: round {n + 1} of {ROUNDS}")


def scaling(tool, load, folder, found):
    """Default mode as memory grows, then as processes and messages do."""
    sizes = [64, 256] if QUICK else [64, 256, 1024, 4096]
    numbers = [10, 100, 1000] if QUICK else [10, 100, 1000, 10000]
    messages = [10000] if QUICK else [10000, 100000, 1000000]
    cases = [(f"zero-fill, {size} MiB", [load, "zero", str(size * MIB)]) for size in sizes]
    cases += [(f"{n:,} processes", [load, "procs", str(n)]) for n in numbers]
    cases += [(f"{n:,} messages", [load, "pipe", str(2 * n)]) for n in messages]
    for name, command in cases:
        rounds = []
        for _ in range(min(ROUNDS, 3)):
            rounds.append({"untraced": run_alone(folder, UNTRACED, command), tool.name: run_alone(folder, tool, command)})
        traced = Run(folder, tool, command)
        peak = traced.peak_kib()
        traced.finish()
        found[name] = {"rounds": rounds, "peak_kib": peak}
        say(f"scaling: {name}")


def cpu_model():
    found = re.search(r"model name\s*: (.*)", text("/proc/cpuinfo"))
    return found[1] if found else platform.machine()


def enter_tracefs():
    """Peers need it mounted; a mount namespace of our own leaves the machine as it was."""
    if os.path.exists("/sys/kernel/tracing/events") or os.environ.get("BENCH_UNSHARED"):
        return
    os.environ["BENCH_UNSHARED"] = "1"
    os.execvp("unshare", ["unshare", "-m", "sh", "-c", 'mount -t tracefs tracefs /sys/kernel/tracing; exec "$@"', "sh",
                          sys.executable] + sys.argv)


def restore_tracing():
    """trace-cmd turns tracefs off where it fails."""
    switch = "/sys/kernel/tracing/tracing_on"
    before = text(switch)

    def restore():
        if before and text(switch) != before:
            with open(switch, "w") as f:
                f.write(before)
    return restore


def write(path, content):
    """As its folder's owner would have, who may have called sudo."""
    with open(path, "w") as f:
        f.write(content)
    owner = os.stat(os.path.dirname(os.path.abspath(path)))
    os.chown(path, owner.st_uid, owner.st_gid)


def main():
    if len(sys.argv) not in (4, 5) or os.geteuid():
        sys.exit("usage: sudo tests/bench/bench.py FAULTLINE LOAD FOLDER [SVG]")
    faultline, load, kept = (os.path.abspath(path) for path in sys.argv[1:4])
    enter_tracefs()
    for name in ("SUDO_UID", "SUDO_GID", "SUDO_USER"):
        os.environ.pop(name, None)    # all tools run the program as root
    os.environ["LC_ALL"] = "C.UTF-8"
    os.environ["BPFTRACE_MAP_KEYS_MAX"] = "65536"
    wanted = os.environ.get("TOOLS", "").split(",") if os.environ.get("TOOLS") else None
    only = os.environ.get("ONLY", "")
    tools, missing = [], []
    for tool in all_tools(faultline):
        if wanted and tool.name not in wanted + ["untraced", "faultline"]:
            continue
        (tools if shutil.which(tool.program) else missing).append(tool)
    result = {
        "date": time.strftime("%Y-%m-%d"), "kernel": platform.release(), "cpu": cpu_model(), "cpus": os.cpu_count(),
        "load": [os.getloadavg()[0]], "rounds": ROUNDS, "missing": [tool.name for tool in missing], "programs": {}, "scaling": {},
    }
    os.makedirs(kept, exist_ok=True)
    for number in (signal.SIGINT, signal.SIGTERM):    # also where a shell had SIGINT ignored
        signal.signal(number, signal.default_int_handler)
    restore = restore_tracing()
    folder = tempfile.mkdtemp(prefix="faultline-bench.", dir="/var/tmp")
    try:
        if only in "scaling":
            scaling(tools[1], load, folder, result["scaling"])
        for program in programs(load, folder):
            if only in program[0] and (program[3] or not QUICK):
                measure(program, tools, folder, result["programs"])
    except KeyboardInterrupt:
        say("stopped: what was measured until now follows")
    finally:
        restore()
        shutil.rmtree(folder, ignore_errors=True)
    result["load"].append(os.getloadavg()[0])
    table = report.table(result)
    write(f"{kept}/bench.json", json.dumps(result, indent=1) + "\n")
    write(f"{kept}/bench.md", table)
    write(sys.argv[4] if len(sys.argv) == 5 else f"{kept}/bench.svg", report.plot(result))
    print(table, end="")


main()

# SPDX-License-Identifier: GPL-2.0
"""The values of tests/bench/bench.py as a table (Markdown) and as a plot (SVG)."""
import statistics
from xml.sax.saxutils import escape


def pairs(rounds, tool, key):
    """Within each round, the tool's value against the untraced one."""
    return [r[tool][key] / r["untraced"][key] for r in rounds
            if tool in r and "untraced" in r and r["untraced"][key]]


def values(rounds, tool, key):
    return [r[tool][key] for r in rounds if tool in r and r[tool].get(key) is not None]


def spread(numbers, form="{:.2f}"):
    """median (least to most)"""
    if not numbers:
        return "-"
    low, mid, high = (form.format(n) for n in (min(numbers), statistics.median(numbers), max(numbers)))
    return mid if low == high else f"{mid} ({low} to {high})"


def size(numbers):
    if not numbers:
        return "-"
    n = statistics.median(numbers)
    return f"{n / 1e6:,.1f} MB" if n >= 1e6 else f"{n / 1e3:,.0f} kB"


def seen(rounds, tool):
    """Faults seen, and how many that is off the program's own rusage."""
    offs = [r[tool]["faults"] - r[tool]["rusage"] for r in rounds if tool in r and r[tool].get("faults") is not None]
    if not offs:
        return "-"
    return f"{statistics.median(values(rounds, tool, 'faults')):,.0f} ({statistics.median(offs):+,.0f})"


def lost(rounds, tool):
    numbers = values(rounds, tool, "lost")
    return f"{max(numbers):,}" if numbers else "-"


def row(cells):
    return "| " + " | ".join(cells) + " |\n"


COLUMNS = ["whole run, ms", "whole run, ratio", "program, ratio", "its CPU time, ratio", "launch to main, ms",
           "end to end, ms", "output", "faults seen (off)", "lost"]


def program_table(name, found, most_rounds):
    rounds = found["rounds"]
    tools = list(dict.fromkeys(tool for r in rounds for tool in r))
    tools.sort(key=lambda tool: tool != "untraced")
    beside = not any("to_main_ms" in r[tool] for r in rounds for tool in r)
    futexes = "mutex" in name
    columns = ["program, ms", "program, ratio", "its CPU time, ratio"] if beside else COLUMNS
    few = f" ({len(rounds)} rounds)" if len(rounds) != most_rounds else ""
    out = f"\n### {name}{few}\n\n" + row([""] + columns + (["futex calls"] if futexes else []))
    out += row(["---"] * (1 + len(columns) + futexes))
    for tool in tools:
        ratio = lambda key: "1" if tool == "untraced" else spread(pairs(rounds, tool, key))
        cells = [tool]
        if beside:
            cells += [spread(values(rounds, tool, "program_ms"), "{:.0f}"), ratio("program_ms"), ratio("cpu_ms")]
        else:
            cells += [spread(values(rounds, tool, "whole_ms"), "{:.0f}"), ratio("whole_ms"), ratio("program_ms"),
                      ratio("cpu_ms"), spread(values(rounds, tool, "to_main_ms"), "{:.1f}"),
                      spread(values(rounds, tool, "after_end_ms"), "{:.1f}"),
                      size(values(rounds, tool, "output_bytes")), seen(rounds, tool), lost(rounds, tool)]
        if futexes:
            cells.append(spread(values(rounds, tool, "futexes"), "{:,.0f}"))
        out += row(cells)
    for tool, why in found["failed"].items():
        out += f"\n{tool} could not be measured: {why}\n"
    return out


def scaling_table(found):
    out = "\n### As memory, processes and messages grow (faultline, default)\n\n"
    out += row(["", "untraced, ms", "traced, ms", "more, ms", "end to end, ms", "faults", "rows", "recording",
                "lost", "own memory"])
    out += row(["---"] * 10)
    for name, case in found.items():
        rounds = case["rounds"]
        more = [r["faultline"]["whole_ms"] - r["untraced"]["whole_ms"] for r in rounds]
        out += row([name, spread(values(rounds, "untraced", "whole_ms"), "{:.0f}"),
                    spread(values(rounds, "faultline", "whole_ms"), "{:.0f}"), spread(more, "{:.0f}"),
                    spread(values(rounds, "faultline", "after_end_ms"), "{:.1f}"), seen(rounds, "faultline"),
                    spread(values(rounds, "faultline", "rows"), "{:,.0f}"),
                    size(values(rounds, "faultline", "output_bytes")), lost(rounds, "faultline"),
                    f"{case['peak_kib'] / 1024:.0f} MiB"])
    return out


def table(result):
    out = (f"{result['date']}, Linux {result['kernel']}, {result['cpu']}, {result['cpus']} CPUs, "
           f"{result['rounds']} rounds, load average {result['load'][0]:.1f} before and "
           f"{result['load'][1]:.1f} after. Median (least to most).\n")
    if result["missing"]:
        out += f"\nNot installed: {', '.join(result['missing'])}.\n"
    for name, found in result["programs"].items():
        out += program_table(name, found, result['rounds'])
    if result["scaling"]:
        out += scaling_table(result["scaling"])
    return out


WIDTH, LABEL, BAR = 860, 190, 9


def bar(x, y, width, low, high, colour, label):
    return (f'<rect x="{x}" y="{y}" width="{width:.1f}" height="{BAR}" fill="{colour}"/>'
            f'<path d="M{low:.1f} {y + BAR / 2} H{high:.1f}" stroke="#222" stroke-width="1"/>'
            f'<text x="{max(x + width, high) + 5:.1f}" y="{y + BAR - 1}" font-size="9">{escape(label)}</text>\n')


def plot(result):
    """For each program and tool the whole run and the program itself, as ratios to untraced."""
    parts, y = [], 62
    for name, found in result["programs"].items():
        rounds = found["rounds"]
        tools = [t for t in dict.fromkeys(t for r in rounds for t in r) if t != "untraced" and pairs(rounds, t, "program_ms")]
        if not tools:
            continue
        most = max(max(pairs(rounds, t, k)) for t in tools for k in ("whole_ms", "program_ms"))
        scale = (WIDTH - LABEL - 60) / most
        parts.append(f'<text x="10" y="{y}" font-weight="bold">{escape(name)}</text>\n')
        top, y = y + 6, y + 8
        for tool in tools:
            parts.append(f'<text x="{LABEL - 8}" y="{y + 13}" text-anchor="end">{escape(tool)}</text>\n')
            for key, colour in (("whole_ms", "#9db4cf"), ("program_ms", "#2f5d8c")):
                ratios = pairs(rounds, tool, key)
                middle = statistics.median(ratios)
                parts.append(bar(LABEL, y, middle * scale, LABEL + min(ratios) * scale, LABEL + max(ratios) * scale,
                                 colour, f"{middle:.2f}"))
                y += BAR + 1
            y += 3
        one = LABEL + scale
        parts.append(f'<path d="M{one:.1f} {top} V{y}" stroke="#c33" stroke-dasharray="3 2"/>\n')
        y += 26
    head = (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y}" viewBox="0 0 {WIDTH} {y}" '
            'font-family="sans-serif" font-size="11">\n<rect width="100%" height="100%" fill="#fff"/>\n'
            '<text x="10" y="20" font-size="14" font-weight="bold">Time against the same program untraced</text>\n'
            f'<text x="10" y="37">{escape(result["date"])}, Linux {escape(result["kernel"])}, {escape(result["cpu"])}, '
            f'{result["cpus"]} CPUs; median of {result["rounds"]} rounds, the line from least to most; '
            '<tspan fill="#7d97b5">light: whole run</tspan>, <tspan fill="#2f5d8c">dark: the program</tspan>, '
            '<tspan fill="#c33">red: untraced</tspan></text>\n')
    return head + "".join(parts) + "</svg>\n"

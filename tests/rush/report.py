"""The report of a rush: figures as JSON, and one HTML page with charts that needs nothing else."""

import json
from html import escape
from pathlib import Path
from typing import Any

WIDTH, HEIGHT, MARGIN = 760, 220, 44
STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:820px;margin:2rem auto;padding:0 1rem;color:#1c1917;background:#fff}
h1{font-size:1.9rem;margin:0}h2{margin:2.2rem 0 .4rem;font-size:1.15rem}p.sub{color:#57534e;margin:.2rem 0 1.4rem}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:.8rem}
.card{border:1px solid #e7e5e4;border-radius:12px;padding:.8rem 1rem}.card b{display:block;font-size:1.7rem;line-height:1.2}
.good{color:#166534}.bad{color:#b91c1c}table{border-collapse:collapse;width:100%}
td,th{text-align:right;padding:.3rem .5rem;border-bottom:1px solid #e7e5e4}td:first-child,th:first-child{text-align:left}
.wide{overflow-x:auto}td:last-child{white-space:nowrap}svg{width:100%;height:auto}svg text{font:12px system-ui,sans-serif;fill:#57534e}
dl{display:grid;grid-template-columns:14rem 1fr;gap:.3rem .8rem;margin:0;font-size:.875rem;color:#57534e}
dd{display:flex;align-items:center;gap:.6rem;margin:0;white-space:nowrap}dd i{min-width:2px;height:1rem;border-radius:3px;background:#f59e0b}
@media(max-width:600px){dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.6rem}svg text{font-size:24px}}
"""
ENDS = {
    "tickets": "got their tickets",
    "line_sold_out": "told in line: all gone",
    "sold_out": "refused at the hold: sold out",
}


def write(folder: Path, facts: dict[str, Any]) -> Path:
    """Write `report.json` and `report.html`; returns the page's path."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_text(json.dumps(facts, indent=2) + "\n")
    page = folder / "report.html"
    page.write_text(_page(facts))
    return page


def percentile(times: list[float], share: float) -> float:
    """The time within which this share came, in milliseconds."""
    ordered = sorted(times)
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000, 1) if ordered else 0.0


def _page(facts: dict[str, Any]) -> str:
    is_sound = not facts["problems"]
    verdict = "Nothing was sold twice" if is_sound else "Something is wrong: " + "; ".join(facts["problems"])
    cards = [
        (facts["tickets"], "orders paid, with tickets"),
        (facts["orders_per_minute"], "orders per minute"),
        (facts["refused"], "told that it is sold out"),
        (facts["conflicts"], "told to try again"),
        (facts["server_errors"], "server errors and cut connections"),
        (f"{facts['seconds']:g} s", "until the last had an answer"),
    ]
    steps = "".join(
        f"<tr><td>{escape(step)}</td><td>{row['count']:,}</td><td>{row['p50']:,}</td><td>{row['p95']:,}</td>"
        f"<td>{row['p99']:,}</td><td>{escape(', '.join(f'{s}: {n:,}' for s, n in row['statuses'].items()))}</td></tr>"
        for step, row in facts["steps"].items()
    )
    series = [("holds", "#9333ea", facts["held_at"]), ("paid orders", "#16a34a", facts["paid_at"])]
    ends = {ENDS.get(end, end.replace("_", " ")): count for end, count in facts["ends"].items()}
    bars = {step: row["p95"] for step, row in facts["steps"].items()}
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>On-sale rush</title><style>{STYLE}</style><h1>On-sale rush</h1>"
        f"<p class=sub>{facts['buyers']:,} buyers for {facts['places']:,} places, {escape(facts['at'])},"
        f" {escape(facts['machine'])}</p><p class={'good' if is_sound else 'bad'}><strong>{escape(verdict)}.</strong></p>"
        f"<div class=cards>{''.join(f'<div class=card><b>{value}</b>{label}</div>' for value, label in cards)}</div>"
        f"<h2>Holds and paid orders over time</h2>{_lines(series, facts['seconds'])}"
        f"<h2>Everybody's end</h2>{_bars(ends, unit='')}"
        f"<h2>95 of 100 answers within, by step</h2>{_bars(bars, unit=' ms')}"
        f"<h2>Steps</h2><div class=wide><table><tr><th>step</th><th>answers</th><th>p50 ms</th><th>p95 ms</th><th>p99 ms</th>"
        f"<th>statuses</th></tr>{steps}</table></div></html>"
    )


def _lines(series: list[tuple[str, str, list[float]]], seconds: float) -> str:
    """Cumulative counts over time, as an SVG."""
    most = max([1, *(len(times) for _name, _color, times in series)])
    wide, high = WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN
    parts = []
    for index, (name, color, times) in enumerate(series):
        points = [(MARGIN, HEIGHT - MARGIN)]
        for count, at in enumerate(sorted(times), start=1):
            points.append((MARGIN + at / max(seconds, 1) * wide, HEIGHT - MARGIN - count / most * high))
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(f"<polyline points='{path}' fill=none stroke='{color}' stroke-width=2.5 />")
        parts.append(
            f"<text x={MARGIN + 8} y={MARGIN + 14 + 26 * index} style='fill:{color}'>{name} ({len(times):,})</text>"
        )
    axis = (
        f"<path d='M{MARGIN} {MARGIN}V{HEIGHT - MARGIN}H{WIDTH - MARGIN}' fill=none stroke='#a8a29e' />"
        f"<text x=4 y={MARGIN + 4}>{most:,}</text><text x={MARGIN - 4} y={HEIGHT - MARGIN + 18}>0 s</text>"
        f"<text x={WIDTH - MARGIN - 24} y={HEIGHT - MARGIN + 18}>{seconds:.0f} s</text>"
    )
    return f"<svg viewBox='0 0 {WIDTH} {HEIGHT}' role=img aria-label='Holds and paid orders over time'>{axis}{''.join(parts)}</svg>"


def _bars(values: dict[str, float], *, unit: str) -> str:
    """The largest first, each as long as it is large."""
    most = max([1, *values.values()])
    rows = [
        f"<dt>{escape(name[:40])}</dt><dd><i style='width:calc((100% - 7rem) * {value / most:.4f})'></i>{value:,g}{unit}</dd>"
        for name, value in sorted(values.items(), key=lambda item: -item[1])
    ]
    return f"<dl>{''.join(rows)}</dl>"

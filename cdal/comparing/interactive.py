"""The one interactive chart: Vega-Lite with its libraries in the page, so that it works offline."""

import json
from typing import Any

import pandas as pd

from cdal.comparing.comparison import Comparison
from cdal.comparing.experiments import AXES, points
from cdal.comparing.learning_curves import SECOND
from cdal.comparing.look import DASH_LENGTHS, looks
from cdal.comparing.sentences import metric_name
from cdal.comparing.tables import means

STARTED = """
const chart = JSON.parse(document.getElementById("spec").textContent);
const box = document.getElementById("log");
function show() {
  for (const layer of chart.layer) {
    if (!layer.encoding || !layer.encoding.x) { continue; }
    layer.encoding.x.scale = box.checked ? {type: "log", nice: false} : {zero: false};
  }
  vegaEmbed("#chart", JSON.parse(JSON.stringify(chart)), {actions: false, renderer: "svg"});
}
box.addEventListener("change", show);
show();
"""


def script() -> str:
    """Vega, Vega-Lite, Vega-Embed and what starts the chart, as one script for the page (0.9 MB)."""
    import vl_convert

    return str(vl_convert.javascript_bundle(f"window.vegaEmbed = vegaEmbed;\n{STARTED}")).replace(
        "</script", "<\\/script"
    )


def spec(found: Comparison) -> str:
    """The chart as JSON: mean, deviation and seeds of each group; metric, groups and scale are chosen in the page."""
    style = looks([group.label for group in found.groups])
    names = {metric: metric_name(metric) for metric in dict.fromkeys((found.question.metric, SECOND))}
    runs, pooled, level = [], [], []
    for metric, name in names.items():
        curves = {
            group.label: {seed: points(run, metric, found.question.axis) for seed, run in group.runs.items()}
            for group in found.groups
        }
        curves = {label: of for label, of in curves.items() if all(curve.x.size > 1 for curve in of.values())}
        runs += [
            {"metric": name, "group": label, "seed": seed, "labels": x, "value": round(y, 5)}
            for label, of in curves.items() for seed, curve in of.items()
            for x, y in zip(curve.x.tolist(), curve.y.tolist(), strict=True)
        ]  # fmt: skip
        pooled += _rows(means(curves), name) if curves else []
        if found.full is not None and metric == found.question.metric:
            level.append({"metric": name, "value": found.full.level})
    return json.dumps(_chart(found, list(names.values()), style, {"runs": runs, "pooled": pooled, "level": level}))


def _rows(table: pd.DataFrame, name: str) -> list[dict[str, Any]]:
    band = table.assign(metric=name, low=table["mean"] - table["sd"], high=table["mean"] + table["sd"]).round(5)
    kept = band.astype(object).where(band.notna(), None)
    return [{str(key): value for key, value in row.items()} for row in kept.to_dict("records")]


def _chart(
    found: Comparison, names: list[str], style: dict[str, tuple[str, str]], data: dict[str, Any]
) -> dict[str, Any]:
    x = {"field": "labels", "type": "quantitative", "title": AXES[found.question.axis], "scale": {}}
    y = {"type": "quantitative", "title": "test metric", "scale": {"zero": False}}
    legend = {"symbolStrokeWidth": 3, "labelLimit": 300}
    colour = {
        "field": "group", "type": "nominal", "title": None, "legend": legend,
        "scale": {"domain": list(style), "range": [colour for colour, _ in style.values()]},
    }  # fmt: skip
    dash = {
        "field": "group", "type": "nominal", "title": None, "legend": legend,
        "scale": {"domain": list(style), "range": [DASH_LENGTHS[dash] for _, dash in style.values()]},
    }  # fmt: skip
    chosen = {"condition": {"param": "group", "value": 1}, "value": 0.06}
    faint = {"condition": {"param": "group", "value": 0.3}, "value": 0.03}
    pooled, line = {"values": data["pooled"]}, {"color": colour, "strokeDash": dash}
    tip = [{"field": name, "type": kind, **({"format": ".3f"} if kind == "quantitative" and name != "labels" else {})}
           for name, kind in (("group", "nominal"), ("labels", "quantitative"), ("mean", "quantitative"),
                              ("sd", "quantitative"), ("seeds", "quantitative"))]  # fmt: skip
    chart: dict[str, Any] = {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "width": 820, "height": 420,
        "params": [
            {"name": "metric", "value": names[0], "bind": {"input": "select", "options": names, "name": "metric "}}
        ],
        "layer": [
            {"data": {"values": data["runs"]}, "mark": {"type": "line", "strokeWidth": 1},
             "encoding": {"x": x, "y": y | {"field": "value"}, "detail": [{"field": "seed"}], **line, "opacity": faint},
             "params": [{"name": "zoom", "select": "interval", "bind": "scales"}]},
            {"data": pooled, "mark": {"type": "area"},
             "encoding": {"x": x, "y": y | {"field": "low"}, "y2": {"field": "high"}, "color": colour,
                          "opacity": {"condition": {"param": "group", "value": 0.13}, "value": 0}}},
            {"data": pooled, "mark": {"type": "line", "strokeWidth": 3},
             "params": [{"name": "group", "select": {"type": "point", "fields": ["group"]}, "bind": "legend"}],
             "encoding": {"x": x, "y": y | {"field": "mean"}, **line, "opacity": chosen}},
            {"data": pooled, "mark": {"type": "point", "filled": True, "size": 45},
             "encoding": {"x": x, "y": y | {"field": "mean"}, "color": colour, "opacity": chosen, "tooltip": tip}},
            {"data": {"values": data["level"]}, "mark": {"type": "rule", "strokeDash": [6, 4]},
             "encoding": {"y": y | {"field": "value"}, "tooltip": {"value": "full supervision"}}},
        ],
        "config": {"view": {"stroke": None}, "axis": {"labelFontSize": 13, "titleFontSize": 13},
                   "legend": {"labelFontSize": 13}},
    }  # fmt: skip
    for layer in chart["layer"]:  # each one: a filter above them does not reach layers with data of their own
        layer["transform"] = [{"filter": "datum.metric == metric"}]
    return chart

"""A saved view of the MLflow UI: parents, the columns that matter, and every learning curve in one chart."""

import base64
import json
import zlib
from typing import Any

from cdal.params import Params
from cdal.tracking import store

TAG = "mlflow.sharedViewState."
"""Where the UI looks for views: the address of the view called ID ends in `viewStateShareKey=ID`."""
CURVES_VIEW, STAGES_VIEW = "cdal", "cdal-stages"
COLUMNS = {
    "params.`al.method`": 95,
    "params.`al.acquisition`": 105,
    "params.`seed`": 60,
    "metrics.`labelled`": 80,
    "metrics.`area_under_learning_curve`": 195,
    "metrics.`labels_to_95_percent`": 160,
    "metrics.`test_pixel_average_precision`": 200,
    "metrics.`test_pixel_roc_auc`": 140,
    "attributes.`Dataset`": 250,
    "tags.`git.dirty`": 90,
}
"""Columns in their order, with their widths in pixels."""
CURVES = {
    "test_pixel_average_precision": "Test AP of pixels by labelled tiles",
    "test_pixel_roc_auc": "Test AUC of pixels by labelled tiles",
    "test_tile_average_precision": "Test AP of tiles by labelled tiles",
    "acquired_change_tiles": "Change tiles among those acquired in the round",
}
BARS = {
    "area_under_learning_curve": "Area under the learning curve (AP of pixels)",
    "labels_to_95_percent": "Labels for 95 % of full supervision",
}
CURVES_SECTION, BARS_SECTION = "cdal-curves", "cdal-bars"


def install(experiment: str) -> None:
    """Store the views on an MLflow experiment. Doing it twice changes nothing."""
    client = store.client()
    wanted = {
        f"{TAG}{CURVES_VIEW}": _envelope("Learning curves", {**_page(), "searchFilter": "tags.`cdal.kind` = 'parent'"}),
        f"{TAG}{STAGES_VIEW}": _envelope("Experiments and their stages", {**_page(), **_newest_first()}),
        "mlflow.experimentKind": "custom_model_development",  # else the UI asks what it is
    }
    known = client.get_experiment(experiment).tags
    for key, value in wanted.items():
        if known.get(key) != value:
            client.set_experiment_tag(experiment, key, value)


def views(params: Params, server: str) -> dict[str, str]:
    """Addresses of the views of this project's MLflow experiment in the UI of a server, by what they show."""
    with store.reachable():
        experiment = store.experiment_id(params.tracking.experiment)
        install(experiment)
    return {
        "learning curves": address(experiment, server, charts=True),
        "table of experiments": address(experiment, server),
        "experiments and their stages": address(experiment, server, STAGES_VIEW),
    }


def address(experiment: str, server: str, view: str = CURVES_VIEW, charts: bool = False) -> str:
    """Where the UI of a server shows a view of an experiment (given by id), as a table or as charts."""
    mode = "&compareRunsMode=CHART" if charts else ""
    return f"{server}/#/experiments/{experiment}/runs?workflowType=machine_learning&viewStateShareKey={view}{mode}"


def _envelope(name: str, page: dict[str, Any]) -> str:
    """A view as the UI saves one: JSON whose state is compressed, for a tag holds 5000 characters."""
    packed = base64.b64encode(zlib.compress(json.dumps(page).encode(), 9)).decode()
    return json.dumps({"name": name, "createdAt": 0, "updatedAt": 0, "state": f"deflate;{packed}"})


def _newest_first() -> dict[str, Any]:
    return {"searchFilter": "", "orderByKey": "attributes.start_time", "orderByAsc": False}


def _page() -> dict[str, Any]:
    """The runs page's state as the UI of MLflow 3.17 keeps it."""
    charts = [_chart("LINE", metric, title, CURVES_SECTION) for metric, title in CURVES.items()]
    charts += [_chart("BAR", metric, title, BARS_SECTION) for metric, title in BARS.items()]
    return {
        "orderByKey": "metrics.`area_under_learning_curve`",
        "orderByAsc": False,
        "startTime": "ALL",
        "lifecycleFilter": "Active",
        "datasetsFilter": [],
        "modelVersionFilter": "All Runs",
        "selectedColumns": list(COLUMNS),
        "columnOrder": list(COLUMNS),
        "columnWidths": {"attributes.`Run Name`": 210, **COLUMNS},
        "runsExpanded": {},
        "runsHiddenMode": "SHOW_ALL",
        "compareRunCharts": charts,
        "compareRunSections": [_section(CURVES_SECTION, "Learning curves"), _section(BARS_SECTION, "Outcome")],
        "isAccordionReordered": False,
        "viewMaximized": False,
        "runListHidden": False,
        "hideEmptyCharts": True,
        "groupBy": None,
        "autoRefreshEnabled": True,
    }


def _chart(kind: str, metric: str, title: str, section: str) -> dict[str, Any]:
    line = {
        "selectedMetricKeys": [metric],
        "selectedYAxisMetricKey": metric,
        "xAxisKey": "step",
        "xAxisScaleType": "log",  # full supervision has ten times the labels of the curves, which would be a tangle
        "scaleType": "linear",
        "lineSmoothness": 0,
        "useGlobalLineSmoothing": False,
        "useGlobalXaxisKey": False,
        "ignoreOutliers": False,
        "displayPoints": True,
        "yAxisKey": "metric",
        "yAxisExpressions": [],
        "range": {},
    }
    return {
        "uuid": f"cdal-{metric}",
        "type": kind,
        "metricKey": metric,
        "displayName": title,
        "metricSectionId": section,
        "runsCountToCompare": 100,
        "deleted": False,
        "isGenerated": False,
        **(line if kind == "LINE" else {}),
    }


def _section(uuid: str, name: str) -> dict[str, Any]:
    return {
        "uuid": uuid,
        "name": name,
        "display": True,
        "columns": 2,
        "cardHeight": 380,
        "isReordered": False,
        "deleted": False,
        "isGenerated": False,
    }

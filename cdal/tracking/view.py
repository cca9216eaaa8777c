"""The view that the MLflow UI opens with: parents, the columns that matter, learning curves of all methods."""

NAME = "cdal"
PREFIX = "mlflow.sharedViewState."


def install(experiment: str) -> None:
    """Store the view on an MLflow experiment. Doing it twice changes nothing."""

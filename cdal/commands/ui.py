"""`python -m cdal ui`: open MLflow's user interface on the experiments, with the columns and charts that matter."""

import os
import socket
import sys
from argparse import ArgumentParser, Namespace

from cdal import params
from cdal.errors import UserError

HELP = "serve the MLflow user interface and print the addresses of its views"
HOST = "127.0.0.1"


def arguments(parser: ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--port", type=int, default=5000, help="of the user interface (default: 5000)")


def run(options: Namespace) -> None:
    """Print the addresses; without a server of one's own, become MLflow's."""
    from cdal import tracking

    served = not tracking.is_server()
    if served:
        _check_free(options.port)
    server = f"http://{HOST}:{options.port}" if served else tracking.uri()
    for what, address in tracking.views(params.load(), server).items():
        print(f"{what}: {address}", flush=True)
    if served:
        command = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", tracking.uri()]
        os.execv(sys.executable, [*command, "--host", HOST, "--port", str(options.port), "--workers", "1"])


def _check_free(port: int) -> None:
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((HOST, port))
        except OSError:
            raise UserError(f"port {port} is taken; choose another with `python -m cdal ui --port`") from None

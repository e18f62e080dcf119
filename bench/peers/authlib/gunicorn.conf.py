"""One worker, whose threads keep connections open."""

bind = "127.0.0.1:0"
workers = 1
worker_class = "gthread"
threads = 8
keepalive = 75
worker_connections = 100


def when_ready(server):
    host, port = server.LISTENERS[0].sock.getsockname()
    print(f"listening on http://{host}:{port} for authlib", flush=True)

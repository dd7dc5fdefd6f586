"""Real proxies with TLS before a service, below a path: Caddy and nginx, as people set them up."""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import trustme

from tests.ports import free_port
from tests.waiting import wait_until

PREFIX = "/photos"

CADDY = """{{
  admin off
  auto_https off
  storage file_system {folder}
}}
https://127.0.0.1:{port} {{
  tls {certificate} {key}
  handle_path {prefix}/* {{
    reverse_proxy 127.0.0.1:{service} {{
      header_up X-Forwarded-Prefix {prefix}
    }}
  }}
}}
"""
NGINX = """daemon off; pid {folder}/pid; error_log stderr;
events {{}}
http {{
  access_log off; client_max_body_size 100m;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate {certificate}; ssl_certificate_key {key};
    location {prefix}/ {{
      proxy_pass http://127.0.0.1:{service}/;
      proxy_http_version 1.1; proxy_buffering off;
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Prefix {prefix};
    }}
  }}
}}
"""
COMMANDS = {
    "caddy": (CADDY, ["caddy", "run", "--adapter", "caddyfile", "--config"]),
    "nginx": (NGINX, ["nginx", "-c"]),
}


def is_here(name: str) -> bool:
    return shutil.which(name, path="/usr/bin:/usr/sbin:/usr/local/bin") is not None


@contextmanager
def proxied(name: str, service: int, folder: Path) -> Iterator[str]:
    """The address of the service, which listens on a port of this machine, behind the proxy of this name."""
    template, command = COMMANDS[name]
    port = free_port()
    issued = trustme.CA().issue_cert("127.0.0.1")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    issued.cert_chain_pems[0].write_to_path(certificate)
    issued.private_key_pem.write_to_path(key)
    paths = {"folder": folder, "certificate": certificate, "key": key}
    config = folder / "proxy.conf"
    config.write_text(template.format(port=port, service=service, prefix=PREFIX, **paths))
    environment = {"HOME": str(folder), "PATH": "/usr/bin:/usr/sbin:/usr/local/bin"}
    process = subprocess.Popen([*command, str(config)], env=environment, cwd=folder)
    try:
        wait_until(lambda: _listens(port), f"{name} to listen")
        yield f"https://127.0.0.1:{port}{PREFIX}"
    finally:
        process.terminate()
        process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0

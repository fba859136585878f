"""An API behind Latchkey, as WSGI and as ASGI: it says who calls."""

import json
import os
import sys

from latchkey_origin import Origin, asgi, require_scopes, wsgi

ORIGIN = Origin(
    jwks_url=os.environ["LATCHKEY_JWKS_URL"],
    issuer=os.environ["LATCHKEY_ISSUER"],
    audience=os.environ["LATCHKEY_AUDIENCE"],
    health_paths=("/healthz",),
    allow_anonymous=lambda path: path.startswith("/optional/"),
    must_be_bound=lambda path: path.startswith("/v1/strict/"),
)


def serve(path, you):
    if path == "/healthz":
        return "text/plain", b"well"
    if path == "/v1/any/admin":
        require_scopes(you, "admin:all")
    print("handled", file=sys.stderr, flush=True)
    told = {"user": you.user_id, "key": you.key_id, "auth": you.auth, "scopes": you.scopes}
    return "application/json", json.dumps(told).encode()


def wsgi_app(environ, start_response):
    type, body = serve(environ["PATH_INFO"], environ["latchkey.identity"])
    start_response("200 OK", [("Content-Type", type), ("Content-Length", str(len(body)))])
    return [body]


async def asgi_app(scope, receive, send):
    type, body = serve(scope["path"], scope["latchkey"])
    headers = [(b"content-type", type.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


wsgi_application = wsgi(wsgi_app, ORIGIN)
asgi_application = asgi(asgi_app, ORIGIN)

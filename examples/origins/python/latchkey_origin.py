"""Lets in who comes through Latchkey, and says who it is: middleware for WSGI and ASGI.

It needs PyJWT and cryptography. Copy this file; see docs/origins.md.
"""

import asyncio
import json
import re
import threading
import time
import urllib.request
from dataclasses import dataclass
from typing import Callable, Iterable, Optional

import jwt
from jwt.algorithms import ECAlgorithm

AUTH_KINDS = ("api_key", "client_credentials", "access_token", "session", "anonymous")
SUFFIXES = ("assertion", "auth", "user-id", "organization-id", "key-id", "scopes")

FRESH_SECONDS = 600
STALE_SECONDS = 86_400
COOLDOWN_SECONDS = 30
TIMEOUT_SECONDS = 3
MAX_JWKS_BYTES = 65_536
MAX_LIFETIME_SECONDS = 60
TOLERANCE_SECONDS = 5


@dataclass(frozen=True)
class Identity:
    auth: str
    user_id: Optional[str]
    organization_id: Optional[str]
    key_id: Optional[str]
    scopes: tuple


class Refused(Exception):
    """Why a request is not believed. The reason is for logs; the client is told the status alone."""

    def __init__(self, status: int, reason: str, code: Optional[str] = None):
        super().__init__(reason)
        self.status = status
        self.code = code or CODES[status]


CODES = {401: "assertion_required", 403: "assertion_refused", 503: "assertion_unverifiable"}


@dataclass(frozen=True)
class Origin:
    """What is believed. `base_url` is origin.url of the edge, and the path that a proxy in between takes away."""

    jwks_url: str
    issuer: str
    audience: str
    prefix: str = "X-Latchkey"
    base_url: Optional[str] = None
    health_paths: tuple = ()
    allow_anonymous: Callable[[str], bool] = lambda path: False
    must_be_bound: Callable[[str], bool] = lambda path: False
    # Whether this id of a bound assertion comes for the first time; shared by all processes of the origin.
    is_new: Callable[[str, int], bool] = lambda id, expires_at: True


class Guard:
    def __init__(self, origin: Origin):
        self.origin = origin
        self.keys = Keys(origin.jwks_url)
        prefix = origin.prefix.lower()
        self.names = {f"{prefix}-{suffix}": suffix for suffix in SUFFIXES}

    def check(self, method: str, path: str, headers: Iterable) -> Optional[Identity]:
        """Who sent this request; None on a health path; raises Refused. `path` is as it came, without the query."""
        if method in ("GET", "HEAD") and path in self.origin.health_paths:
            return None
        try:
            return self.verify(method, path, headers)
        except Refused:
            raise
        except jwt.InvalidTokenError as error:
            raise Refused(401, f"assertion: {type(error).__name__}") from None
        except Exception as error:
            # Whatever else is thrown must not become a yes.
            raise Refused(503, f"broken: {type(error).__name__}") from error

    def verify(self, method, path, headers):
        said = self.received(headers)
        token = said.get("assertion", "")
        if not token:
            raise Refused(401, "assertion missing")
        claims = self.claims(token)
        identity = identity_of(claims)
        # A proxy that asks the edge for its decision may write an empty header where the edge says nothing.
        plain = {name: value for name, value in said.items() if name != "assertion" and value}
        if plain != headers_of(identity):
            raise Refused(403, "headers disagree")
        self.bound(claims, method, path)
        if identity.auth == "anonymous" and not self.origin.allow_anonymous(path):
            raise Refused(403, "anonymous", "anonymous_refused")
        return identity

    def received(self, headers):
        """The edge's headers, each once and in its own spelling."""
        said = {}
        for name, value in headers:
            lower = name.lower()
            suffix = self.names.get(re.sub(r"[^a-z0-9]", "-", lower))
            if suffix is None:
                continue
            if lower not in self.names or suffix in said:
                raise Refused(403, "header alias or duplicate")
            said[suffix] = value
        if "," in said.get("assertion", ""):
            raise Refused(401, "assertion twice")
        return said

    def claims(self, token):
        if len(token) > 16_384:
            raise Refused(401, "assertion too large")
        header = jwt.get_unverified_header(token)
        # Nothing else is written by the edge: no `crit`, `jku`, `jwk` (RFC 8725 3.10).
        if set(header) != {"alg", "typ", "kid"} or header["typ"] != "latchkey-assertion+jwt":
            raise Refused(401, "assertion of another type")
        claims = jwt.decode(
            token,
            self.keys.find(header["kid"]),
            algorithms=["ES256"],
            audience=self.origin.audience,
            issuer=self.origin.issuer,
            leeway=TOLERANCE_SECONDS,
            options={"require": ["iss", "aud", "iat", "exp", "jti"]},
        )
        iat, exp = claims["iat"], claims["exp"]
        # PyJWT takes a list of audiences in which we are; the edge names one origin.
        typed = type(iat) is int and type(exp) is int and type(claims["jti"]) is str
        if claims["aud"] != self.origin.audience or not typed:
            raise Refused(401, "claims malformed")
        if not iat < exp <= iat + MAX_LIFETIME_SECONDS:
            raise Refused(401, "lifetime")
        if iat > time.time() + TOLERANCE_SECONDS:
            raise Refused(401, "of the future")
        return claims

    def bound(self, claims, method, path):
        """RFC 9449 4.3: `htm` and `htu` match the request."""
        htm, htu = claims.get("htm"), claims.get("htu")
        if htm is None and htu is None:
            if self.origin.must_be_bound(path):
                raise Refused(403, "not bound")
            return
        base = self.origin.base_url
        heard = htu if base else path_of(str(htu))
        if htm != method or heard != (base or "").rstrip("/") + path:
            raise Refused(403, "bound to another request")
        if self.origin.is_new(claims["jti"], claims["exp"] + TOLERANCE_SECONDS) is not True:
            raise Refused(403, "replayed")


class Keys:
    """The keys of the edge: kept, fetched anew after ten minutes, used stale for a day while it is silent."""

    def __init__(self, url: str):
        if not re.match(r"https://|http://(localhost|127\.0\.0\.1)[:/]", url):
            raise ValueError("jwks_url must be https")
        self.url = url
        self.keys = {}
        self.fetched_at = self.retry_at = float("-inf")
        self.silent = True
        self.lock = threading.Lock()

    def find(self, kid):
        key = self.usable(kid, FRESH_SECONDS)
        if key is not None:
            return key
        stale = self.usable(kid, STALE_SECONDS)
        # Who has a stale key does not wait for another's fetch.
        if self.lock.acquire(blocking=stale is None):
            try:
                now = time.monotonic()
                if self.usable(kid, FRESH_SECONDS) is None and now >= self.retry_at:
                    self.fetch(now)
            finally:
                self.lock.release()
        key = self.usable(kid, STALE_SECONDS)
        if key is not None:
            return key
        raise Refused(503, "keys unavailable") if self.silent else Refused(401, "unknown key")

    def usable(self, kid, seconds):
        return self.keys.get(kid) if time.monotonic() - self.fetched_at < seconds else None

    def fetch(self, now):
        try:
            with opener.open(self.url, timeout=TIMEOUT_SECONDS) as answer:
                keys = json.loads(answer.read(MAX_JWKS_BYTES))["keys"]
            self.keys = {
                key["kid"]: ECAlgorithm.from_jwk(json.dumps({name: key[name] for name in ("kty", "crv", "x", "y")}))
                for key in keys
                if key.get("kty") == "EC" and key.get("crv") == "P-256"
            }
            self.fetched_at, self.retry_at, self.silent = now, now + COOLDOWN_SECONDS, False
        except Exception:
            # Whatever a network or a parser raises, it means one thing: no keys this time.
            self.retry_at, self.silent = time.monotonic() + 1, True


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args):
        return None


opener = urllib.request.build_opener(NoRedirect)


def identity_of(claims) -> Identity:
    who = [claims.get(name) for name in ("sub", "org", "client_id")]
    scope = claims.get("scope")
    if claims.get("auth") not in AUTH_KINDS or any(one is not None and not isinstance(one, str) for one in who):
        raise Refused(401, "claims malformed")
    if (claims["auth"] == "anonymous") is any(one is not None for one in who):
        raise Refused(401, "claims malformed")
    scopes = () if scope is None else tuple(scope.split(" "))
    return Identity(claims["auth"], *who, scopes)


def headers_of(identity: Identity) -> dict:
    said = {
        "auth": identity.auth,
        "user-id": identity.user_id,
        "organization-id": identity.organization_id,
        "key-id": identity.key_id,
        "scopes": " ".join(identity.scopes) or None,
    }
    return {name: value for name, value in said.items() if value is not None}


def require_scopes(identity: Optional[Identity], *scopes: str) -> None:
    """Raises Refused unless the caller has all of these: call it first in a handler."""
    if identity is None:
        raise Refused(401, "nobody")
    if not set(scopes) <= set(identity.scopes):
        raise Refused(403, "scope missing", "insufficient_scope")


def answer(refused: Refused):
    headers = [("Content-Type", "application/problem+json"), ("Cache-Control", "no-store")]
    if refused.status == 401:
        headers.append(("WWW-Authenticate", "Latchkey-Assertion"))
    if refused.status == 503:
        headers.append(("Retry-After", "1"))
    return headers, json.dumps({"type": "about:blank", "status": refused.status, "code": refused.code}).encode()


def path_of(target: str) -> str:
    return re.sub(r"^[a-z]+://[^/?#]*", "", target).split("?")[0]


REASONS = {401: "Unauthorized", 403: "Forbidden", 503: "Service Unavailable"}


def wsgi(app, origin: Origin):
    """WSGI middleware: the caller is environ['latchkey.identity']."""
    guard = Guard(origin)

    def guarded(environ, start_response):
        headers = [(name[5:].replace("_", "-"), value) for name, value in environ.items() if name.startswith("HTTP_")]
        # The path as it came, where the server tells (gunicorn, mod_wsgi, uWSGI): SCRIPT_NAME and PATH_INFO are decoded.
        raw = environ.get("RAW_URI") or environ.get("REQUEST_URI")
        path = path_of(raw or environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", ""))
        try:
            environ["latchkey.identity"] = guard.check(environ["REQUEST_METHOD"], path, headers)
            return app(environ, start_response)
        except Refused as refused:
            headers, body = answer(refused)
            start_response(f"{refused.status} {REASONS[refused.status]}", headers)
            return [body]

    return guarded


def asgi(app, origin: Origin):
    """ASGI middleware, for HTTP and WebSockets: the caller is scope['latchkey']."""
    guard = Guard(origin)

    async def guarded(scope, receive, send):
        if scope["type"] not in ("http", "websocket"):
            return await app(scope, receive, send)
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
        # As the application sees it: a whole URL as the target stays one, and is no health path.
        path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1").split("?")[0]
        method = scope.get("method", "GET")
        try:
            # In a thread: a fetch of keys must not stop the loop.
            scope["latchkey"] = await asyncio.to_thread(guard.check, method, path, headers)
            if scope["type"] == "websocket" and scope["latchkey"] is None:
                raise Refused(401, "nobody")
            return await app(scope, receive, send)
        except Refused as refused:
            if scope["type"] == "websocket":
                return await send({"type": "websocket.close", "code": 1008})
            headers, body = answer(refused)
            fields = [(name.lower().encode(), value.encode()) for name, value in headers]
            await send({"type": "http.response.start", "status": refused.status, "headers": fields})
            await send({"type": "http.response.body", "body": body})

    return guarded

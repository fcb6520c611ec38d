"""Identifies the user of a request: the backend's half of Gatehouse's JWT contract.

Copy this file, and only this one, into your own FastAPI app. Call ``install(app)`` once. Give
``CurrentUser`` as the type of a parameter wherever an endpoint needs the user. Set
``JWT_SECRET_KEY`` to the gate's value.
"""

import base64
import hashlib
import json
import logging
import os
import re
import time
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, NoReturn

import jwt
from fastapi import Depends, FastAPI, HTTPException
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from starlette.requests import HTTPConnection

ALGORITHM = "HS256"
#: RFC 7518 §3.2: an HS256 key is at least as long as the hash output. Bytes.
MIN_KEY_BYTES = 32
#: Allowed difference between the gate's clock and this machine's clock, in seconds.
LEEWAY = 10
#: Longest lifetime of a token, in seconds.
MAX_LIFETIME = 1800
#: Longest lifetime of a token that has a purpose, in seconds.
MAX_PURPOSE_LIFETIME = 60
#: Maximum length of a token. The gate's tokens are much shorter. Characters.
MAX_LENGTH = 8192
#: RFC 6749 §3.3: the name of one scope. Without `"` and `\\`, so it can be put in quotes.
_SCOPE_NAME = r"[\x21\x23-\x5b\x5d-\x7e]+"

_log = logging.getLogger("gatehouse")

_MAKE_SECRET = "Make one with: openssl rand -base64 32"
_PLACEHOLDER = re.compile(
    r"change.?me|your.?secret|replace|placeholder|example.?secret|better-auth-secret|^(.)\1*$",
    re.IGNORECASE,
)

#: Control characters, white space other than the space, zero-width characters, and the characters
#: that represent bytes which are not UTF-8. ``lib/env-values.ts`` has the same list.
_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\xa0\xad\u061c\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000"
    "\ufeff\ufff9-\ufffd\ud800-\udfff]"
)


def _plain(value: str) -> str:
    """Returns the value, trimmed as the gate trims it.

    Raises ValueError. The message does not contain the value. Not ``strip()`` without an argument:
    Python and JavaScript disagree about which other characters are white space.
    """
    text = value.strip(" \t\r\n")
    if found := _INVISIBLE.search(text):
        code = f"U+{ord(found[0]):04X}"
        raise ValueError(f"contains a control or invisible character ({code}). Remove it")
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'`":
        raise ValueError("is in quotes, which are part of the value here. Remove them")
    return text


Name = Annotated[str, StringConstraints(min_length=1)]


class AuthSettings(BaseSettings):
    """Settings that must be equal on both sides, read from the environment.

    Raises pydantic.ValidationError if a value is invalid.
    """

    #: The key ring. The gate signs with its first key; here, each key of the ring can verify.
    jwt_secret_key: Annotated[tuple[str, ...], NoDecode] = ()
    jwt_issuer: Name = "phase2-web"
    jwt_audience: Name = "phase2-api"

    model_config = SettingsConfigDict(
        env_ignore_empty=True, hide_input_in_errors=True, validate_default=True
    )

    @field_validator("jwt_secret_key", mode="before")
    @classmethod
    def _read_ring(cls, value: str | tuple[str, ...]) -> tuple[str, ...]:
        if isinstance(value, str):
            keys = tuple(_plain(key) for key in _plain(value).split(","))
        else:
            keys = value
        if not any(keys):
            raise ValueError(f"is not set. {_MAKE_SECRET} (the gate needs the same value)")
        for key in keys:
            _check_key(key)
        return keys

    @field_validator("jwt_issuer", "jwt_audience", mode="before")
    @classmethod
    def _read_name(cls, value: str) -> str:
        return _plain(value)


def _check_key(key: str) -> None:
    """Raises ValueError if the key is weak. The message never contains the key."""
    if not key:
        raise ValueError("contains an empty key. Remove the extra comma")
    size = len(key.encode())
    if size < MIN_KEY_BYTES:
        raise ValueError(
            f"is {size} bytes long, and the minimum is {MIN_KEY_BYTES}. {_MAKE_SECRET}"
        )
    if _PLACEHOLDER.search(key):
        raise ValueError(f"is a placeholder. {_MAKE_SECRET}")
    if key == os.environ.get("BETTER_AUTH_SECRET", "").strip(" \t\r\n"):
        raise ValueError(
            f"is the same as BETTER_AUTH_SECRET. Use two different secrets. {_MAKE_SECRET}"
        )


class CustomClaims(BaseModel):
    """Your app's custom claims, in addition to those of the contract: one typed field for each.

    A token is refused if one of these claims is missing or has another type. The gate's half is
    ``lib/token/claims.ts``.
    """

    # Strict: a string is not accepted as a number, because both sides declare the same type.
    model_config = ConfigDict(frozen=True, strict=True)


class Organization(BaseModel):
    """An organisation, and what one member is in it."""

    model_config = ConfigDict(frozen=True, strict=True)

    id: str
    slug: str
    #: The member's role, or several with commas between them: see ``has_role``.
    role: str

    def has_role(self, *roles: str) -> bool:
        """Whether the member has one of these roles."""
        return not set(roles).isdisjoint(self.role.split(","))


class User(CustomClaims):
    """The user that a valid token identifies."""

    id: str
    email: str
    name: str
    session_id: str
    #: When the token expires, in seconds since the epoch. Anything that outlives the request, such
    #: as a WebSocket, must end at this time.
    expires_at: int
    #: When the user signed in, in seconds since the epoch. None: not known.
    auth_time: int | None = None
    #: The user's role, or several with commas between them: see ``has_role``.
    role: str | None = None
    #: The organisation that is active in the session. None: there is none, or the user is not a
    #: member of it.
    org: Organization | None = None
    #: What a program may do, such as ``tasks:read tasks:write``: see ``has_scope``.
    scope: str | None = None
    #: The program that acts for the user, such as an API key. None: the user's own session.
    client_id: str | None = None

    @property
    def is_limited(self) -> bool:
        """Whether the token is a program's, which may do only what its scope names."""
        return self.client_id is not None or self.scope is not None

    def has_role(self, *roles: str) -> bool:
        """Whether the user has one of these roles.

        Better Auth's ``admin`` plugin stores several roles in one text, separated by commas.
        """
        return self.role is not None and not set(roles).isdisjoint(self.role.split(","))

    def has_scope(self, scope: str) -> bool:
        """The user's own session has no scope and may do everything that the user may."""
        return not self.is_limited or scope in (self.scope or "").split(" ")


class TokenError(Exception):
    """An invalid token. ``code`` is stable. The response contains little more than the code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def key_id(key: str) -> str:
    """Returns the ``kid`` of a key: the first 16 hex digits of the SHA-256 of its bytes."""
    return hashlib.sha256(key.encode()).hexdigest()[:16]


def verify_token(
    token: str,
    *,
    keys: tuple[str, ...],
    issuer: str,
    audience: str,
    now: float,
    purpose: str | None = None,
) -> User:
    """Checks a token against the contract. ``now`` is in seconds since the epoch.

    The token's purpose must equal ``purpose``. A user's token has no purpose (``None``).

    Raises TokenError with one of ``token_malformed``, ``token_algorithm``, ``token_wrong_key``,
    ``token_claims``, ``token_wrong_issuer``, ``token_wrong_audience``, ``token_expired``,
    ``token_not_yet_valid``, ``token_wrong_purpose``.
    """
    header = _read_header(token)
    # RFC 8725 §3.1: pin the algorithm; never trust the token's header.
    if header.get("alg") != ALGORITHM:
        raise TokenError("token_algorithm")
    kind, kid = header.get("typ"), header.get("kid", "")
    # RFC 8725 §3.11: refuse a token of another type.
    # RFC 7515 §4.1.11: crit lists extensions that must be understood. This verifier supports none.
    if not isinstance(kind, str) or kind.lower() != "jwt" or "crit" in header:
        raise TokenError("token_malformed")
    # RFC 7515 §4.1.4: a kid is a string. It is the only way to select a key of the ring.
    if not isinstance(kid, str):
        raise TokenError("token_malformed")
    ring = {key_id(key): key for key in keys}
    key = ring.get(kid)
    if key is None:
        raise TokenError("token_wrong_key")
    claims = _read_claims(_verify_signature(token, key))

    if claims["iss"] != issuer:
        raise TokenError("token_wrong_issuer")
    if claims["aud"] != audience:
        raise TokenError("token_wrong_audience")
    if now >= claims["exp"] + LEEWAY:
        raise TokenError("token_expired")
    if max(claims["iat"], claims.get("nbf", 0)) > now + LEEWAY:
        raise TokenError("token_not_yet_valid")
    # Checked in both directions: a user's token is refused on a route for the app's server, and the
    # server's token is refused on every route but its own.
    if claims.get("purpose") != purpose:
        raise TokenError("token_wrong_purpose")
    renamed = {"id": claims["sub"], "session_id": claims["sid"], "expires_at": claims["exp"]}
    try:
        return User.model_validate({**claims, **renamed})
    except ValidationError as error:
        raise TokenError("token_claims") from error


def _read_header(token: str) -> Mapping[str, Any]:
    # RFC 7515 §2: base64url without padding. PyJWT would accept a few other characters.
    if len(token) > MAX_LENGTH or not re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]*", token, re.ASCII):
        raise TokenError("token_malformed")
    header, payload, _ = token.split(".")
    _read_object(payload)
    return _read_object(header)


def _read_object(segment: str) -> Mapping[str, Any]:
    # RFC 8259 §8.1: UTF-8 without a byte order mark; §6: no NaN. Python's json, and so PyJWT, also
    # accepts UTF-16 and NaN. Attack: a token that two verifiers read differently, so that one of
    # them misses a check. Defence: accept only strict JSON.
    try:
        text = base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4)).decode()
        value = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise TokenError("token_malformed") from error
    if not isinstance(value, dict):
        raise TokenError("token_malformed")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _verify_signature(token: str, key: str) -> Mapping[str, Any]:
    # PyJWT would check the claims against the machine's clock. The caller checks them against the
    # `now` that it was given.
    unchecked = {"exp", "nbf", "iat", "aud", "iss", "sub", "jti"}
    options: Any = {f"verify_{claim}": False for claim in unchecked}
    try:
        return jwt.decode(token, key.encode(), algorithms=[ALGORITHM], options=options)
    except jwt.InvalidSignatureError as error:
        raise TokenError("token_wrong_key") from error
    except jwt.InvalidTokenError as error:
        raise TokenError("token_malformed") from error


def _read_claims(claims: Mapping[str, Any]) -> Mapping[str, Any]:
    def is_whole(value: object) -> bool:
        return isinstance(value, int) and not isinstance(value, bool)

    def is_text(value: object) -> bool:
        # JSON can escape a lone surrogate. UTF-8 cannot encode one, so neither the database nor a
        # response could contain it.
        return isinstance(value, str) and not re.search(r"[\ud800-\udfff]", value)

    def is_org(value: object) -> bool:
        return (
            isinstance(value, dict)
            and all(is_text(value.get(name)) for name in ("id", "slug", "role"))
            and value["id"] != ""
        )

    def is_scope(value: object) -> bool:
        # RFC 6749 §3.3: one space between two names, and at least one name.
        pattern = f"{_SCOPE_NAME}( {_SCOPE_NAME})*"
        return isinstance(value, str) and re.fullmatch(pattern, value) is not None

    required = ("iss", "aud", "sub", "email", "sid", "jti")
    optional = [name for name in ("purpose", "role", "client_id") if name in claims]
    max_lifetime = MAX_PURPOSE_LIFETIME if "purpose" in claims else MAX_LIFETIME
    valid = (
        all(is_text(claims.get(name)) and claims[name] for name in (*required, *optional))
        and is_text(claims.get("name"))
        and all(is_whole(claims.get(name)) for name in ("iat", "exp"))
        and is_whole(claims.get("nbf", 0))
        and is_whole(claims.get("auth_time", 0))
        and is_scope(claims.get("scope", "none"))
        and ("org" not in claims or is_org(claims["org"]))
        and 0 < claims["exp"] - claims["iat"] <= max_lifetime
    )
    if not valid:
        raise TokenError("token_claims")
    return claims


@cache
def settings() -> AuthSettings:
    """The settings of this process, read once. Raises pydantic.ValidationError."""
    return AuthSettings()


def install(app: FastAPI) -> None:
    """Checks the settings at start-up, and adds the ``code`` to this file's 401 and 403 responses.

    Raises SystemExit with one line for each invalid variable, so that a failed start-up prints a
    readable message and not a traceback.
    """
    try:
        settings()
    except ValidationError as error:
        raise SystemExit("\n".join(map(_describe_problem, error.errors()))) from None
    app.add_exception_handler(Refused, _respond_refused)


def _describe_problem(problem: Mapping[str, Any]) -> str:
    variable = str(problem["loc"][0]).upper()
    return f"{variable} {problem['msg'].removeprefix('Value error, ')}"


class Refused(HTTPException):
    """A refusal. ``code`` is stable, and ``challenge`` is the ``WWW-Authenticate`` header."""

    def __init__(self, status: int, code: str, detail: str, challenge: str | None = None) -> None:
        super().__init__(status, detail, {"WWW-Authenticate": challenge} if challenge else None)
        self.code = code


class NotAuthenticated(Refused):
    """A 401 as in RFC 6750 §3.

    The challenge is a bare ``Bearer`` if the request has no token, and ``invalid_token`` otherwise.
    """

    def __init__(self, code: str) -> None:
        challenge = "Bearer" if code == "token_missing" else 'Bearer error="invalid_token"'
        super().__init__(401, code, "Could not validate credentials", challenge)


class NotRecent(Refused):
    """A 401 as in RFC 9470 §3: the user signed in too long ago, and has to sign in again."""

    def __init__(self, max_age: int) -> None:
        code = "insufficient_user_authentication"
        challenge = f'Bearer error="{code}", max_age="{max_age}"'
        super().__init__(401, code, f"This needs a sign-in of the last {max_age} s", challenge)


class RoleMissing(Refused):
    """A 403: the user has none of these roles."""

    def __init__(self, roles: tuple[str, ...]) -> None:
        super().__init__(403, "insufficient_role", f"This needs the role {' or '.join(roles)}")


class OrgRoleMissing(Refused):
    """A 403: the user has none of these roles in the active organisation."""

    def __init__(self, roles: tuple[str, ...]) -> None:
        detail = f"This needs the role {' or '.join(roles)} in the active organisation"
        super().__init__(403, "insufficient_org_role", detail)


class ScopeMissing(Refused):
    """A 403 as in RFC 6750 §3.1. ``scope`` is None if no scope gives access."""

    def __init__(self, scope: str | None) -> None:
        code = "insufficient_scope"
        challenge = f'Bearer error="{code}"'
        if scope is None:
            super().__init__(403, code, "Programs have no access to this", challenge)
        else:
            detail = f"This needs the scope {scope}"
            super().__init__(403, code, detail, f'{challenge}, scope="{scope}"')


async def _respond_refused(_: HTTPConnection, error: Exception) -> JSONResponse:
    # Also runs for a WebSocket handshake, which is refused before it is accepted.
    assert isinstance(error, Refused)
    _log.info(error.code, extra={"status": error.status_code})
    return JSONResponse(
        {"detail": error.detail, "code": error.code}, error.status_code, error.headers
    )


# `async`, because it never blocks: FastAPI would run a `def` in a thread for every request.
async def get_current_user(connection: HTTPConnection) -> User:
    """Returns the user of the token in the request or in the WebSocket handshake.

    A program's token is refused: it may call only endpoints with ``RequireScope``.

    Raises NotAuthenticated or ScopeMissing.
    """
    user = _authenticate(connection, None)
    if user.is_limited:
        raise ScopeMissing(None)
    return user


def _authenticate(connection: HTTPConnection, purpose: str | None) -> User:
    expected = settings()
    try:
        return verify_token(
            _bearer_token(connection),
            keys=expected.jwt_secret_key,
            issuer=expected.jwt_issuer,
            audience=expected.jwt_audience,
            now=time.time(),
            purpose=purpose,
        )
    except TokenError as error:
        raise NotAuthenticated(error.code) from error


def _bearer_token(connection: HTTPConnection) -> str:
    values = connection.headers.getlist("authorization")
    if not values:
        raise TokenError("token_missing")
    # Attack: a request with two Authorization headers. A proxy could check one, and this service
    # could use the other. Defence: refuse the request.
    scheme, _, token = values[0].partition(" ")
    if len(values) > 1 or scheme.lower() != "bearer":
        raise TokenError("token_malformed")
    return token


CurrentUser = Annotated[User, Depends(get_current_user)]


async def get_optional_user(connection: HTTPConnection) -> User | None:
    """Returns the user of the token, or None if the request has no ``Authorization`` header.

    For a path that is ``optional`` in the gate's ``lib/routes.ts``. An invalid token is still
    refused, and so is a program's token, as by ``CurrentUser``.

    Raises NotAuthenticated or ScopeMissing.
    """
    if "authorization" not in connection.headers:
        return None
    return await get_current_user(connection)


OptionalUser = Annotated[User | None, Depends(get_optional_user)]


class ServerOnly:
    """A dependency for a route that only the app's server may call: ``Depends(ServerOnly("…"))``.

    It accepts only tokens with this purpose. Only the server mints them, and they live for at most
    a minute. A request through the gate has a user's token, and gets a 401 with the code
    ``token_wrong_purpose``. The gate's half is ``Purpose`` in ``lib/token/contract.ts``.
    """

    def __init__(self, purpose: str) -> None:
        self.purpose = purpose

    async def __call__(self, connection: HTTPConnection) -> User:
        return _authenticate(connection, self.purpose)


class RequireRole:
    """A dependency: the user, who must have one of these roles. Otherwise it raises RoleMissing.

    The role is the one that the database had at most ``SESSION_MAX_STALE_SECONDS`` before the gate
    forwarded the request.

    @example::

        Staff = Annotated[User, Depends(RequireRole("admin", "support"))]

        @app.get("/api/users")
        def list_users(user: Staff) -> list[str]: ...
    """

    def __init__(self, *roles: str) -> None:
        if not roles:
            raise ValueError("RequireRole needs one role or more")
        self.roles = roles

    async def __call__(self, user: CurrentUser) -> User:
        if not user.has_role(*self.roles):
            raise RoleMissing(self.roles)
        return user


class RequireOrgRole:
    """A dependency: the user, who must have one of these roles in the active organisation.

    Otherwise it raises OrgRoleMissing. The role is as old as that of ``RequireRole``.

    @example::

        OrgAdmin = Annotated[User, Depends(RequireOrgRole("owner", "admin"))]

        @app.get("/api/invoices")
        def list_invoices(user: OrgAdmin) -> list[str]: ...
    """

    def __init__(self, *roles: str) -> None:
        if not roles:
            raise ValueError("RequireOrgRole needs one role or more")
        self.roles = roles

    async def __call__(self, user: CurrentUser) -> User:
        if user.org is None or not user.org.has_role(*self.roles):
            raise OrgRoleMissing(self.roles)
        return user


class RecentUser:
    """A dependency: the user, who must have signed in at most ``max_age`` seconds ago.

    Otherwise it raises NotRecent, and so it does if the time of the sign-in is unknown, or in the
    future by more than ``LEEWAY``.

    @example::

        @app.delete("/api/backups", dependencies=[Depends(RecentUser(300))])
        def delete_backups(user: CurrentUser) -> None: ...
    """

    def __init__(self, max_age: int) -> None:
        self.max_age = max_age

    async def __call__(self, user: CurrentUser) -> User:
        # A time that is far in the future would be recent for ever.
        if user.auth_time is None or not -LEEWAY <= time.time() - user.auth_time <= self.max_age:
            raise NotRecent(self.max_age)
        return user


class RequireScope:
    """A dependency: the user, for whom a program may also act if its token has this scope.

    Otherwise it raises ScopeMissing. The user's own session has no scope and is accepted.

    @example::

        @app.get("/api/tasks")
        def list_tasks(user: Annotated[User, Depends(RequireScope("tasks:read"))]) -> list[str]: ...
    """

    def __init__(self, scope: str) -> None:
        if not re.fullmatch(_SCOPE_NAME, scope):
            raise ValueError(f"{scope!r} is not the name of one scope (RFC 6749 §3.3)")
        self.scope = scope

    async def __call__(self, connection: HTTPConnection) -> User:
        user = _authenticate(connection, None)
        if not user.has_scope(self.scope):
            raise ScopeMissing(self.scope)
        return user

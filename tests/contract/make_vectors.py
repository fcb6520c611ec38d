"""Writes vectors.json: tokens that the contract accepts, and tokens that it refuses.

The tokens are made with hmac and base64 only. So they do not depend on jose or PyJWT, the libraries
that the vectors test. All values are constant, so the file is the same each time. Each bad token is
wrong in one way, and `code` names it. A verifier checks in this order:

1. structure: the length, three base64url segments, and that header and payload are each a JSON
   object as in RFC 8259 (UTF-8 without a byte order mark, no NaN)
2. header: alg, then typ, crit and the type of kid
3. kid in the ring, then the signature
4. claims: presence and types, exp - iat; then iss, aud, exp, then iat and nbf, and last purpose

`purpose` is the purpose that the verifier requires. Without it, the verifier requires a user's
token.
"""

import base64
import hashlib
import hmac
import json
from pathlib import Path

NOW = 1_790_000_000
ISSUER = "phase2-web"
AUDIENCE = "phase2-api"
KEYS = {
    "current": "vectors-only-current-key-0123456789abcdef",
    "next": "vectors-only-next-key-0123456789abcdefghi",
    "stranger": "vectors-only-stranger-key-0123456789abcde",
}
FILE = Path(__file__).with_name("vectors.json")

# Your app's custom claims, with valid values. The valid tokens of all tests have them.
CUSTOM_CLAIMS: dict[str, object] = {}

CLAIMS = CUSTOM_CLAIMS | {
    "iss": ISSUER,
    "aud": AUDIENCE,
    "sub": "user-1",
    "email": "ada@example.com",
    "name": "Ada",
    "sid": "session-1",
    "jti": "0d4ad1e6-6fd1-4f1e-8f6a-3c1b1f1d2e00",
    "iat": NOW - 60,
    "exp": NOW + 240,
}

ORG = {"id": "org-1", "slug": "acme", "role": "admin"}


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def segment(value: object) -> str:
    return b64(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode())


def kid_of(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:16]


HEADER = {"alg": "HS256", "typ": "JWT", "kid": kid_of(KEYS["current"])}


def signature(signed: str, key: str, digest: str = "sha256") -> str:
    return b64(hmac.new(key.encode(), signed.encode(), digest).digest())


def sign(header: str, payload: str, key: str, digest: str = "sha256") -> str:
    return f"{header}.{payload}.{signature(f'{header}.{payload}', key, digest)}"


def token(key: str = "current", header: dict | None = None, drop_header: str = "", **claims) -> str:
    """Returns a signed token. A claim with the value None is left out."""
    secret = KEYS[key]
    full_header = HEADER | {"kid": kid_of(secret)} | (header or {})
    full_header.pop(drop_header, None)
    payload = {name: value for name, value in (CLAIMS | claims).items() if value is not None}
    return sign(segment(full_header), segment(payload), secret)


def good(
    name: str,
    value: str,
    ring: tuple[str, ...] = ("current", "next"),
    user_name: str = "Ada",
    exp: int = CLAIMS["exp"],
    purpose: str | None = None,
    **claims,
) -> dict:
    """``claims`` are the optional claims that the verifier returns."""
    user = {
        "id": "user-1",
        "email": "ada@example.com",
        "name": user_name,
        "session_id": "session-1",
        "expires_at": exp,
    }
    return {
        "name": name,
        "token": value,
        "ring": list(ring),
        "now": NOW,
        "valid": True,
        "user": CUSTOM_CLAIMS | user | claims,
    } | wanted(purpose)


def wanted(purpose: str | None) -> dict:
    return {} if purpose is None else {"purpose": purpose}


def bad(
    name: str,
    code: str,
    value: str,
    ring: tuple[str, ...] = ("current", "next"),
    purpose: str | None = None,
) -> dict:
    return {
        "name": name,
        "token": value,
        "ring": list(ring),
        "now": NOW,
        "valid": False,
        "code": code,
    } | wanted(purpose)


def good_vectors() -> list[dict]:
    return [
        good("a token as the gate mints it", token()),
        good("a token signed with the second key of the ring", token("next")),
        good("a token signed with the only key of the ring", token(), ("current",)),
        good("a name in another script", token(name="Ада ✓ 李"), user_name="Ада ✓ 李"),
        good("an empty name", token(name=""), user_name=""),
        good("a typ in lower case", token(header={"typ": "jwt"})),
        good("an additional claim", token(theme="dark")),
        good(
            "an exp in the past, within the leeway", token(iat=NOW - 300, exp=NOW - 9), exp=NOW - 9
        ),
        good(
            "an iat in the future, within the leeway",
            token(iat=NOW + 10, exp=NOW + 300),
            exp=NOW + 300,
        ),
        good("an nbf in the future, within the leeway", token(nbf=NOW + 10)),
        good("the longest allowed lifetime", token(iat=NOW, exp=NOW + 1800), exp=NOW + 1800),
    ]


def structure_vectors() -> list[dict]:
    whole = token()
    header, payload, mac = whole.split(".")
    padded = f"{header}.{payload}.{mac}="
    huge = token(name="x" * 8192)
    return [
        bad("an empty token", "token_malformed", ""),
        bad("a word instead of a token", "token_malformed", "token"),
        bad("a token of two segments", "token_malformed", f"{header}.{payload}"),
        bad("a token of four segments", "token_malformed", f"{whole}.x"),
        bad("a token of five segments, like an encrypted one", "token_malformed", f"{whole}.x.x"),
        bad("a leading space", "token_malformed", f" {whole}"),
        bad("a trailing line break", "token_malformed", f"{whole}\n"),
        bad("base64 padding", "token_malformed", padded),
        bad("a character of plain base64", "token_malformed", f"{header}.{payload}.{mac[:-1]}+"),
        bad(
            "a Cyrillic letter that looks like ASCII",
            "token_malformed",
            f"{header}.{payload}.{mac[:-1]}а",
        ),
        bad(
            "a header that is not JSON",
            "token_malformed",
            sign(b64(b"{alg"), payload, KEYS["current"]),
        ),
        bad(
            "a header that is a list",
            "token_malformed",
            sign(segment([]), payload, KEYS["current"]),
        ),
        bad(
            "a payload that is not JSON",
            "token_malformed",
            sign(header, b64(b"{sub"), KEYS["current"]),
        ),
        bad(
            "a payload that is a list",
            "token_malformed",
            sign(header, segment([1]), KEYS["current"]),
        ),
        bad(
            "a payload that is a string",
            "token_malformed",
            sign(header, segment("x"), KEYS["current"]),
        ),
        bad(
            "a header in UTF-16",
            "token_malformed",
            sign(b64(json.dumps(HEADER).encode("utf-16")), payload, KEYS["current"]),
        ),
        bad(
            "a payload in UTF-16",
            "token_malformed",
            sign(header, b64(json.dumps(CLAIMS).encode("utf-16")), KEYS["current"]),
        ),
        bad(
            "a payload with a byte order mark",
            "token_malformed",
            sign(header, b64(json.dumps(CLAIMS).encode("utf-8-sig")), KEYS["current"]),
        ),
        bad("an exp that is NaN", "token_malformed", token(exp=float("nan"))),
        bad("NaN in an additional claim", "token_malformed", token(age=float("nan"))),
        bad("a token above the maximum length", "token_malformed", huge),
    ]


def header_vectors() -> list[dict]:
    header, payload, mac = token().split(".")
    none = segment(HEADER | {"alg": "none"})
    hs512 = segment(HEADER | {"alg": "HS512"})
    repeated_kid = json.dumps(HEADER).removesuffix("}") + ', "kid": "0123456789abcdef"}'
    return [
        bad("alg none without a signature", "token_algorithm", f"{none}.{payload}."),
        bad("alg none with a signature", "token_algorithm", sign(none, payload, KEYS["current"])),
        bad("alg none in odd case", "token_algorithm", token(header={"alg": "nOnE"})),
        bad("alg HS384", "token_algorithm", token(header={"alg": "HS384"})),
        bad("alg HS512, truly", "token_algorithm", sign(hs512, payload, KEYS["current"], "sha512")),
        bad("the alg RS256", "token_algorithm", token(header={"alg": "RS256"})),
        bad("an alg in lower case", "token_algorithm", token(header={"alg": "hs256"})),
        bad("no alg", "token_algorithm", token(drop_header="alg")),
        bad("no typ", "token_malformed", token(drop_header="typ")),
        bad("the typ of an access token", "token_malformed", token(header={"typ": "at+jwt"})),
        bad("a typ that is a number", "token_malformed", token(header={"typ": 1})),
        bad(
            "a crit header",
            "token_malformed",
            token(header={"crit": ["b64"], "b64": True}),
        ),
        bad("no kid", "token_wrong_key", token(drop_header="kid")),
        bad("an unknown kid", "token_wrong_key", token(header={"kid": "0123456789abcdef"})),
        bad("a kid that is a number", "token_malformed", token(header={"kid": 1})),
        bad("a kid that is null", "token_malformed", token(header={"kid": None})),
        bad("a kid that is a list", "token_malformed", token(header={"kid": [HEADER["kid"]]})),
        bad("an empty kid", "token_wrong_key", token(header={"kid": ""})),
        bad(
            "two kids of which the last is valid",
            "token_wrong_key",
            sign(b64(repeated_kid.encode()), payload, KEYS["current"]),
        ),
        bad("a kid that is a path", "token_wrong_key", token(header={"kid": "../../dev/null"})),
        bad(
            "the kid of another key of the ring",
            "token_wrong_key",
            token(header={"kid": kid_of(KEYS["next"])}),
        ),
        bad("the signature of a key that is not in the ring", "token_wrong_key", token("stranger")),
        bad(
            "the signature of a key that was removed from the ring",
            "token_wrong_key",
            token("current"),
            ("next",),
        ),
        bad(
            "the signature of another key with the kid of ours",
            "token_wrong_key",
            token("stranger", header={"kid": kid_of(KEYS["current"])}),
        ),
        bad(
            "a payload that was changed after signing",
            "token_wrong_key",
            f"{header}.{segment(CLAIMS | {'sub': 'user-2'})}.{mac}",
        ),
        bad(
            "a header that was changed after signing",
            "token_wrong_key",
            f"{segment(HEADER | {'role': 'admin'})}.{payload}.{mac}",
        ),
        bad("a changed signature", "token_wrong_key", f"{header}.{payload}.{'A' * 43}"),
        bad("a truncated signature", "token_wrong_key", f"{header}.{payload}.{mac[:-3]}"),
        bad("an empty signature", "token_wrong_key", f"{header}.{payload}."),
    ]


def claim_vectors() -> list[dict]:
    vectors = []
    for name in ("iss", "aud", "sub", "email", "name", "sid", "jti", "iat", "exp"):
        vectors.append(bad(f"no {name}", "token_claims", token(**{name: None})))
    for name in ("sub", "email", "sid", "jti"):
        vectors.append(bad(f"an empty {name}", "token_claims", token(**{name: ""})))
        vectors.append(bad(f"a number as {name}", "token_claims", token(**{name: 7})))
    return [
        *vectors,
        bad("a name that is a list", "token_claims", token(name=["Ada"])),
        bad("an aud that is a list with the right value", "token_claims", token(aud=[AUDIENCE])),
        bad("an iss that is a list with the right value", "token_claims", token(iss=[ISSUER])),
        bad("an exp that is a string", "token_claims", token(exp=str(NOW + 240))),
        bad("an exp that is a fraction", "token_claims", token(exp=NOW + 240.5)),
        bad("an exp that is true", "token_claims", token(exp=True)),
        bad("an exp that is negative", "token_claims", token(exp=-1)),
        bad("an iat that is a string", "token_claims", token(iat=str(NOW))),
        bad("an nbf that is a string", "token_claims", token(nbf=str(NOW))),
        bad("an nbf that is true", "token_claims", token(nbf=True)),
        bad("a lifetime that is too long", "token_claims", token(iat=NOW, exp=NOW + 1801)),
        bad("an exp equal to the iat", "token_claims", token(iat=NOW, exp=NOW)),
        bad("an exp before the iat", "token_claims", token(iat=NOW, exp=NOW - 1)),
        bad("another issuer", "token_wrong_issuer", token(iss="phase3-web")),
        bad("the issuer in another letter case", "token_wrong_issuer", token(iss="Phase2-Web")),
        bad("another audience", "token_wrong_audience", token(aud="phase3-api")),
        bad("the audience with a trailing space", "token_wrong_audience", token(aud="phase2-api ")),
        bad(
            "an exp in the past, outside the leeway",
            "token_expired",
            token(iat=NOW - 300, exp=NOW - 10),
        ),
        bad(
            "an exp one day in the past", "token_expired", token(iat=NOW - 90_300, exp=NOW - 90_000)
        ),
        bad(
            "an iat in the future, outside the leeway",
            "token_not_yet_valid",
            token(iat=NOW + 11, exp=NOW + 300),
        ),
        bad("an nbf in the future, outside the leeway", "token_not_yet_valid", token(nbf=NOW + 11)),
    ]


PURPOSE = "delete-account"


def purpose_vectors() -> list[dict]:
    """Tokens of the app's server. Each is valid for one route, and never as a user's token."""

    def server(purpose: object = PURPOSE, life: int = 60, **claims) -> str:
        return token(**({"purpose": purpose, "iat": NOW, "exp": NOW + life} | claims))

    def refused(name: str, code: str, value: str) -> dict:
        return bad(name, code, value, purpose=PURPOSE)

    return [
        good("a token with the purpose of its route", server(), exp=NOW + 60, purpose=PURPOSE),
        refused("a user's token at a route with a purpose", "token_wrong_purpose", token()),
        bad("a token with a purpose at a route for users", "token_wrong_purpose", server()),
        refused("another purpose", "token_wrong_purpose", server("export-account")),
        refused(
            "the purpose in another letter case", "token_wrong_purpose", server("Delete-Account")
        ),
        refused(
            "the purpose with a trailing space", "token_wrong_purpose", server("delete-account ")
        ),
        bad("an empty purpose", "token_claims", server("")),
        refused("an empty purpose at a route with a purpose", "token_claims", server("")),
        bad("a purpose that is null", "token_claims", null_purpose()),
        refused("a purpose that is true", "token_claims", server(True)),
        refused("a list with the purpose", "token_claims", server([PURPOSE])),
        refused(
            "a token with a purpose and a lifetime that is too long",
            "token_claims",
            server(life=61),
        ),
        refused("the purpose in the claim scope", "token_wrong_purpose", token(scope=PURPOSE)),
        refused(
            "an expired token with a purpose",
            "token_expired",
            server(iat=NOW - 60, exp=NOW - 10),
        ),
        refused(
            "a token with a purpose, signed with another key",
            "token_wrong_key",
            token("stranger", purpose=PURPOSE),
        ),
    ]


def null_purpose() -> str:
    return with_null("purpose")


def with_null(name: str) -> str:
    """Returns a token with a claim that is null, which ``token`` would leave out."""
    return sign(segment(HEADER), segment(CLAIMS | {name: None}), KEYS["current"])


def optional_vectors() -> list[dict]:
    """Claims that not every token has."""

    def accepted(name: str, **claims) -> dict:
        return good(name, token(**claims), **claims)

    def refused(name: str, **claims) -> dict:
        return bad(name, "token_claims", token(**claims))

    vectors = []
    for name in ("auth_time", "role", "scope", "client_id"):
        vectors.append(bad(f"a {name} that is null", "token_claims", with_null(name)))
        vectors.append(refused(f"a {name} that is true", **{name: True}))
        vectors.append(refused(f"a {name} that is a list", **{name: ["admin"]}))
    for name in ("role", "scope", "client_id"):
        vectors.append(refused(f"a {name} that is a number", **{name: 7}))
        vectors.append(refused(f"a {name} that is empty", **{name: ""}))
    for name in ("role", "client_id"):
        vectors.append(bad(f"a {name} with a lone surrogate", "token_claims", escaped(name)))
    return [
        accepted("an auth_time", auth_time=NOW - 3600),
        accepted("an auth_time in the future", auth_time=NOW + 3600),
        accepted("a role", role="admin"),
        accepted("several roles", role="admin,editor"),
        accepted("an org", org=ORG),
        accepted("an org with several roles", org=ORG | {"role": "owner,billing"}),
        accepted("an org without a role", org=ORG | {"role": ""}),
        good("an org with an additional value", token(org=ORG | {"plan": "pro"}), org=ORG),
        accepted("a scope of one name", scope="tasks:read"),
        accepted("a scope of several names", scope="tasks:read tasks:write !#[]~"),
        accepted("a client_id", client_id="key-1"),
        accepted(
            "all optional claims",
            auth_time=NOW - 3600,
            role="admin",
            org=ORG,
            scope="tasks:read",
            client_id="key-1",
        ),
        *vectors,
        *org_vectors(),
        refused("an auth_time that is a string", auth_time=str(NOW)),
        refused("an auth_time that is a fraction", auth_time=NOW - 0.5),
        refused("a scope with a leading space", scope=" tasks:read"),
        refused("a scope with a trailing space", scope="tasks:read "),
        refused("a scope with two spaces in a row", scope="tasks:read  tasks:write"),
        refused("a scope with a line break", scope="tasks:read\n"),
        refused("a scope with a tab", scope="tasks:read\ttasks:write"),
        refused("a scope with a quotation mark", scope='tasks:"read"'),
        refused("a scope with a backslash", scope="tasks\\read"),
        refused("a scope with a letter beyond ASCII", scope="tâches"),
    ]


def org_vectors() -> list[dict]:
    def refused(name: str, org: object) -> dict:
        return bad(name, "token_claims", token(org=org))

    vectors = [
        bad("an org that is null", "token_claims", with_null("org")),
        refused("an org that is true", True),
        refused("an org that is a string", "org-1"),
        refused("an org that is a list", [ORG]),
        refused("an empty org", {}),
        refused("an org with an empty id", ORG | {"id": ""}),
    ]
    for name in ORG:
        rest = {key: value for key, value in ORG.items() if key != name}
        surrogate = escaped("org", ORG | {name: "\ud800"})
        vectors += [
            refused(f"an org without {name}", rest),
            refused(f"an org with a {name} that is null", ORG | {name: None}),
            refused(f"an org with a {name} that is a number", ORG | {name: 7}),
            refused(f"an org with a {name} that is a list", ORG | {name: ["admin"]}),
            bad(f"an org with a lone surrogate as {name}", "token_claims", surrogate),
        ]
    return vectors


def escaped(name: str, value: object = "\ud800") -> str:
    """Returns a token with a claim that has an escaped lone surrogate, as UTF-8 cannot have."""
    payload = json.dumps(CLAIMS | {name: value}).encode()
    return sign(segment(HEADER), b64(payload), KEYS["current"])


def render() -> str:
    vectors = [
        *good_vectors(),
        *structure_vectors(),
        *header_vectors(),
        *claim_vectors(),
        *purpose_vectors(),
        *optional_vectors(),
    ]
    document = {
        "issuer": ISSUER,
        "audience": AUDIENCE,
        "keys": KEYS,
        "custom_claims": list(CUSTOM_CLAIMS),
        "vectors": vectors,
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(render(), encoding="utf-8")

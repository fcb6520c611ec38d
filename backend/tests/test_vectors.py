"""Runs the contract's vectors with PyJWT. Vitest runs the same file with jose."""

import json

import make_vectors
import pytest

from auth import TokenError, User, verify_token

DOCUMENT = json.loads(make_vectors.FILE.read_text(encoding="utf-8"))


def test_vectors_json_is_what_make_vectors_writes():
    assert make_vectors.FILE.read_text(encoding="utf-8") == make_vectors.render()


@pytest.mark.parametrize("vector", DOCUMENT["vectors"], ids=lambda vector: vector["name"])
def test_the_verdict_on_this_vector_is_the_expected_one(vector):
    def verify() -> User:
        return verify_token(
            vector["token"],
            keys=tuple(DOCUMENT["keys"][name] for name in vector["ring"]),
            issuer=DOCUMENT["issuer"],
            audience=DOCUMENT["audience"],
            now=vector["now"],
            purpose=vector.get("purpose"),
        )

    if vector["valid"]:
        assert verify() == User(**vector["user"])
    else:
        with pytest.raises(TokenError) as refused:
            verify()
        assert refused.value.code == vector["code"]

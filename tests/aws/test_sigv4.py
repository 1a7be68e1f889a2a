"""Signatures by botocore are believed, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.aws.signing import KEY, MICROSECONDS, NOW, SECRET, sign

from entrepot.aws import sigv4
from entrepot.aws.sigv4 import Refusal, SignatureError, SignedRequest

SECOND = 1_000_000
MINUTE = 60 * SECOND
Change = Callable[[SignedRequest], SignedRequest]


def secret_of(key: str) -> str | None:
    return SECRET if key == KEY else None


def verify(request: SignedRequest, *, now: int = MICROSECONDS, service: str = "ecr") -> sigv4.Verified:
    return sigv4.verify(request, secret_of, now, {service})


def refused(request: SignedRequest, *, now: int = MICROSECONDS, service: str = "ecr") -> SignatureError:
    with pytest.raises(SignatureError) as caught:
        verify(request, now=now, service=service)
    return caught.value


def test_it_says_who_signed_where_and_when() -> None:
    """Key, region, service, instant and session token come from the request."""
    found = verify(sign(region="eu-central-1", token="AQoDYXdzEJr//"))
    assert found == sigv4.Verified(KEY, "eu-central-1", "ecr", MICROSECONDS, "AQoDYXdzEJr//")


# The published test suite's requests: AKIDEXAMPLE, us-east-1, a service called "service", 2015-08-30T12:36:00Z.
SUITE_SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
SUITE_NOW = 1_440_938_160_000_000
SUITE = [
    ("get-vanilla", "GET", b"/", b"", [], "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    ("post-vanilla", "POST", b"/", b"", [], "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
    (
        "get-vanilla-query-order-key-case",
        "GET",
        b"/",
        b"Param2=value2&Param1=value1",
        [],
        "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
    ),
    (
        "get-header-key-duplicate",
        "GET",
        b"/",
        b"",
        [(b"my-header1", b"value2"), (b"my-header1", b"value2"), (b"my-header1", b"value1")],
        "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea",
    ),
    ("get-slash", "GET", b"//", b"", [], "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    (
        "get-relative-relative",
        "GET",
        b"/example1/example2/../..",
        b"",
        [],
        "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    ),
]


@pytest.mark.parametrize(
    ("method", "path", "query", "extra", "signature"), [pytest.param(*c[1:], id=c[0]) for c in SUITE]
)
def test_the_published_suite(
    method: str, path: bytes, query: bytes, extra: list[tuple[bytes, bytes]], signature: str
) -> None:
    """Requests of AWS's test suite have the signatures that it gives them."""
    names = ["host", *sorted({name.decode() for name, _ in extra}), "x-amz-date"]
    scope = "AKIDEXAMPLE/20150830/us-east-1/service/aws4_request"
    given_ = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders={';'.join(names)}, Signature={signature}"
    headers = [(b"host", b"example.amazonaws.com"), *extra, (b"x-amz-date", b"20150830T123600Z")]
    request = SignedRequest(method, path, query, [*headers, (b"authorization", given_.encode())], b"")
    found = sigv4.verify(request, lambda _: SUITE_SECRET, SUITE_NOW, {"service"})
    assert found.access_key_id == "AKIDEXAMPLE"


_TEXT = st.text(max_size=8).filter(lambda text: not any("\ud800" <= c <= "\udfff" for c in text))
_SEGMENTS = st.one_of(st.sampled_from(["", ".", "..", "a", "%2F", "%25", "~", "a+b", "é"]), _TEXT)
_PATHS = st.lists(_SEGMENTS.map(lambda s: s if s.startswith("%") else quote(s, safe="~+")), max_size=4)
_PAIRS = st.lists(st.tuples(_TEXT, st.none() | _TEXT), max_size=4)
_VALUES = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=8)
_HEADERS = st.dictionaries(
    st.sampled_from(["X-Amz-Meta", "My-Header", "Accept", "A"]), st.lists(_VALUES).map("  ".join)
)


def _query(pairs: list[tuple[str, str | None]]) -> str:
    parts = [quote(k, safe="-_.~") + ("" if v is None else "=" + quote(v, safe="-_.~")) for k, v in pairs]
    return "&".join(part for part in parts if part)


@settings(max_examples=150, deadline=None, database=None, derandomize=True)
@given(_PATHS, _PAIRS, _HEADERS, st.binary(max_size=20), st.sampled_from(["GET", "POST", "PUT"]))
def test_whatever_botocore_signs_is_believed(
    path: list[str], pairs: list[tuple[str, str | None]], headers: dict[str, str], body: bytes, method: str
) -> None:
    """Paths, queries, headers and bodies of any kind canonicalise as botocore's."""
    query = _query(pairs)
    target = "/" + "/".join(path).lstrip("/") + (f"?{query}" if query else "")
    verify(sign(method, target, body, headers=headers))


@settings(max_examples=80, deadline=None, database=None, derandomize=True)
@given(_PATHS, st.dictionaries(_TEXT.filter(bool), _TEXT, max_size=3))
def test_whatever_botocore_presigns_is_believed(path: list[str], pairs: dict[str, str]) -> None:
    """The query form, with parameters of its own."""
    query = _query(list(pairs.items()))
    target = "/" + "/".join(path).lstrip("/") + (f"?{query}" if query else "")
    found = verify(sign("GET", target, b"", service="sts", expires=60), service="sts")
    assert found.service == "sts"


def test_one_value_has_one_meaning_in_a_query() -> None:
    """`?a&a=` is twice the empty a; `+` and `%20` are the same space; `%7E` and `~` the same character."""
    assert sigv4.canonical_query(b"b=2&a&a=") == b"a=&a=&b=2"
    assert sigv4.canonical_query(b"a=x+y&b=x%20y&c=%7e") == b"a=x%20y&b=x%20y&c=~"
    assert sigv4.canonical_query(b"a=%zz&b=%") == b"a=%25zz&b=%25"
    assert sigv4.canonical_query("a=é".encode()) == b"a=%C3%A9"


@pytest.mark.parametrize(
    ("raw", "canonical"),
    [
        (b"", b"/"),
        (b"//a///b/", b"/a/b/"),
        (b"/a/./b/../c", b"/a/c"),
        (b"/../..", b"/"),
        (b"/a%20b", b"/a%2520b"),
        ("/é".encode(), b"/%C3%A9"),
    ],
)
def test_paths_are_tidied_and_encoded_twice(raw: bytes, canonical: bytes) -> None:
    """Empty, `.` and `..` segments go; what was encoded is encoded again."""
    assert sigv4.canonical_path(raw) == canonical


def change_header(name: bytes, value: bytes | None) -> Change:
    def change(request: SignedRequest) -> SignedRequest:
        kept = [pair for pair in request.headers if pair[0] != name]
        return replace(request, headers=kept if value is None else [*kept, (name, value)])

    return change


def add_header(name: bytes, value: bytes) -> Change:
    return lambda request: replace(request, headers=[*request.headers, (name, value)])


def edit(old: bytes, new: bytes) -> Change:
    """Replace a piece of the Authorization header."""

    def change(request: SignedRequest) -> SignedRequest:
        given_ = dict(request.headers)[b"authorization"]
        assert old in given_
        return change_header(b"authorization", given_.replace(old, new))(request)

    return change


def upper_signature(request: SignedRequest) -> SignedRequest:
    given_ = dict(request.headers)[b"authorization"]
    head, _, signature = given_.rpartition(b"=")
    return change_header(b"authorization", head + b"=" + signature.upper())(request)


def shorten_signature(request: SignedRequest) -> SignedRequest:
    head, _, _ = dict(request.headers)[b"authorization"].rpartition(b"=")
    return change_header(b"authorization", head + b"=")(request)


TARGET = {
    "X-Amz-Target": "AmazonEC2ContainerRegistry_V20150921.ListImages",
    "Content-Type": "application/x-amz-json-1.1",
}
TAMPERED: dict[str, tuple[Change, Refusal]] = {
    "body": (lambda r: replace(r, body=b'{"a":1}'), Refusal.MISMATCH),
    "method": (lambda r: replace(r, method="PUT"), Refusal.MISMATCH),
    "path": (lambda r: replace(r, raw_path=b"/x"), Refusal.MISMATCH),
    "query": (lambda r: replace(r, raw_query=b"a=1"), Refusal.MISMATCH),
    "target": (change_header(b"x-amz-target", b"AmazonEC2ContainerRegistry_V20150921.PutImage"), Refusal.MISMATCH),
    "content type": (change_header(b"content-type", b"application/x-amz-json-1.0"), Refusal.MISMATCH),
    "host": (change_header(b"host", b"elsewhere:5000"), Refusal.MISMATCH),
    "host twice": (add_header(b"host", b"localhost:5000"), Refusal.MISMATCH),
    "signed header gone": (change_header(b"content-type", None), Refusal.MISMATCH),
    "signed header twice": (add_header(b"content-type", b"application/x-amz-json-1.1"), Refusal.MISMATCH),
    "unsigned x-amz header": (add_header(b"x-amz-other", b"1"), Refusal.MISMATCH),
    "unsigned security token": (add_header(b"x-amz-security-token", b"abc"), Refusal.MISMATCH),
    "host not signed": (edit(b";host;", b";"), Refusal.MISMATCH),
    "signed headers twice": (edit(b";host;", b";host;host;"), Refusal.MISMATCH),
    "signed headers in upper case": (edit(b";host;", b";Host;"), Refusal.MISMATCH),
    "signature": (edit(b"Signature=", b"Signature=0"), Refusal.MISMATCH),
    "signature in upper case": (upper_signature, Refusal.MISMATCH),
    "signature empty": (shorten_signature, Refusal.INCOMPLETE),
    "region": (edit(b"us-east-1", b"us-west-2"), Refusal.MISMATCH),
    "region with a slash": (edit(b"us-east-1", b"us/east"), Refusal.INCOMPLETE),
    "region of odd characters": (edit(b"us-east-1", b"US EAST"), Refusal.MISMATCH),
    "service": (edit(b"/ecr/", b"/sts/"), Refusal.MISMATCH),
    "terminator": (edit(b"aws4_request", b"aws4_reques"), Refusal.MISMATCH),
    "day": (edit(b"/20260304/", b"/20260303/"), Refusal.MISMATCH),
    "key": (edit(KEY.encode(), b"AKIAUNKNOWN"), Refusal.UNKNOWN_KEY),
    "key empty": (edit(KEY.encode(), b""), Refusal.INCOMPLETE),
    "key of another script": (edit(KEY.encode(), "AKIAé".encode()), Refusal.UNKNOWN_KEY),
    "credential too long": (edit(KEY.encode(), b"A" * 5000), Refusal.INCOMPLETE),
    "unknown part": (edit(b", SignedHeaders=", b", Other=1, SignedHeaders="), Refusal.INCOMPLETE),
    "algorithm": (edit(b"AWS4-HMAC-SHA256", b"AWS4-ECDSA-P256-SHA256"), Refusal.INCOMPLETE),
    "credential gone": (edit(b"Credential=", b"Credentials="), Refusal.INCOMPLETE),
    "no equal-sign": (edit(b"SignedHeaders=", b"SignedHeaders"), Refusal.INCOMPLETE),
    "a part twice": (edit(b"SignedHeaders=", b"Signature=0, SignedHeaders="), Refusal.INCOMPLETE),
    "authorization twice": (add_header(b"authorization", b"AWS4-HMAC-SHA256 Credential=x"), Refusal.INCOMPLETE),
    "basic authorization": (change_header(b"authorization", b"Basic QVdTOng="), Refusal.INCOMPLETE),
    "authorization empty": (change_header(b"authorization", b""), Refusal.INCOMPLETE),
    "authorization gone": (change_header(b"authorization", None), Refusal.MISSING),
    "both forms": (lambda r: replace(r, raw_query=b"X-Amz-Signature=0"), Refusal.INCOMPLETE),
    "date gone": (change_header(b"x-amz-date", None), Refusal.INCOMPLETE),
    "date twice": (add_header(b"x-amz-date", b"20260304T050607Z"), Refusal.INCOMPLETE),
    "date of no form": (change_header(b"x-amz-date", b"2026-03-04"), Refusal.INCOMPLETE),
    "date of no day": (change_header(b"x-amz-date", b"20261304T050607Z"), Refusal.MISMATCH),
    "date another second": (change_header(b"x-amz-date", b"20260304T050608Z"), Refusal.MISMATCH),
}  # fmt: skip


@pytest.mark.parametrize("name", TAMPERED)
def test_an_altered_request_is_refused(name: str) -> None:
    """One change anywhere, and the request is refused for the reason that AWS gives."""
    change, refusal = TAMPERED[name]
    request = sign(headers=TARGET)
    verify(request)
    assert refused(change(request)).refusal == refusal


@pytest.mark.parametrize(
    "value", ["UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"]
)
def test_a_body_outside_the_signature_is_refused(value: str) -> None:
    """The forms that only S3 takes, properly signed with that word as the body's digest."""
    refusal = refused(sign(headers={"X-Amz-Content-SHA256": value})).refusal
    assert refusal == Refusal.MISMATCH


def test_an_announced_digest_has_to_be_the_bodys() -> None:
    """x-amz-content-sha256, where it is sent, is of the body that came."""
    digest = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    verify(sign(headers={"X-Amz-Content-SHA256": digest}))
    assert refused(sign(headers={"X-Amz-Content-SHA256": digest}, body=b"[]")).refusal == Refusal.MISMATCH


@pytest.mark.parametrize(("minutes", "fine"), [(-6, False), (-5, True), (0, True), (5, True), (6, False)])
def test_a_clock_may_be_five_minutes_off(minutes: int, fine: bool) -> None:
    """Inside five minutes a signature counts, before and after."""
    now = MICROSECONDS - minutes * MINUTE
    if fine:
        verify(sign(), now=now)
    else:
        assert refused(sign(), now=now).refusal == Refusal.MISMATCH


def test_the_texts_are_those_of_aws() -> None:
    """Expired, not yet current, wrong service, wrong signature, nobody: AWS's sentences."""
    assert str(refused(sign(), now=MICROSECONDS + 6 * MINUTE)) == (
        "Signature expired: 20260304T050607Z is now earlier than 20260304T050707Z (20260304T051207Z - 5 min.)"
    )
    assert str(refused(sign(), now=MICROSECONDS - 6 * MINUTE)) == (
        "Signature not yet current: 20260304T050607Z is still later than 20260304T050507Z (20260304T050007Z + 5 min.)"
    )
    assert str(refused(sign(service="s3"))) == "Credential should be scoped to correct service: 'ecr'. "
    assert str(refused(replace(sign(), body=b"x"))) == sigv4.MISMATCH
    assert str(refused(replace(sign(), headers=[]))) == "Missing Authentication Token"


@pytest.mark.parametrize(("expires", "after", "fine"), [
    (60, 59, True),
    (60, 61, False),
    (604_800, 604_799, True),
    (604_801, 0, False),
    (0, 0, False),
    (-5, 0, False),
])  # fmt: skip
def test_a_presigned_request_lives_as_long_as_it_says(expires: int, after: int, fine: bool) -> None:
    """X-Amz-Expires is honoured, and at most seven days."""
    request = sign("GET", "/?Action=GetCallerIdentity", b"", service="sts", expires=expires)
    now = MICROSECONDS + after * SECOND
    if fine:
        verify(request, now=now, service="sts")
    else:
        refused(request, now=now, service="sts")


QUERY_TAMPERED: dict[str, tuple[bytes, bytes]] = {
    "expiry": (b"X-Amz-Expires=60", b"X-Amz-Expires=600"),
    "expiry gone": (b"&X-Amz-Expires=60", b""),
    "action": (b"GetCallerIdentity", b"GetSessionToken"),
    "algorithm gone": (b"X-Amz-Algorithm=AWS4-HMAC-SHA256&", b""),
    "algorithm": (b"X-Amz-Algorithm=AWS4-HMAC-SHA256", b"X-Amz-Algorithm=AWS4-HMAC-SHA1"),
    "signature gone": (b"&X-Amz-Signature=", b"&X-Amz-Sig="),
    "signed headers gone": (b"X-Amz-SignedHeaders=host", b"X-Amz-SignedHeaders="),
    "date twice": (b"X-Amz-Date=", b"X-Amz-Date=20260304T050607Z&X-Amz-Date="),
    "parameter added": (b"Action=", b"RoleArn=x&Action="),
}


@pytest.mark.parametrize("name", QUERY_TAMPERED)
def test_an_altered_presigned_request_is_refused(name: str) -> None:
    """One change in the query string, and it is refused."""
    request = sign("GET", "/?Action=GetCallerIdentity", b"", service="sts", expires=60)
    verify(request, service="sts")
    old, new = QUERY_TAMPERED[name]
    assert old in request.raw_query
    refused(replace(request, raw_query=request.raw_query.replace(old, new)), service="sts")


def test_another_secret_is_no_secret() -> None:
    """A known key with a wrong secret does not match, and the day key of one secret is not used for another."""
    request = sign()
    verify(request)
    with pytest.raises(SignatureError):
        sigv4.verify(request, lambda _: SECRET + "x", MICROSECONDS, {"ecr"})


def test_a_date_header_will_do() -> None:
    """Without X-Amz-Date the Date header is taken, as an HTTP date."""
    found = verify(sign(headers={"Date": "Wed, 04 Mar 2026 05:06:07 GMT"}))
    assert found.signed_at == MICROSECONDS


@settings(max_examples=300, deadline=None, database=None, derandomize=True)
@given(st.binary(max_size=60), st.binary(max_size=60), st.sampled_from([b"authorization", b"x-amz-date", b"host"]))
def test_noise_is_refused_and_nothing_worse(noise: bytes, query: bytes, name: bytes) -> None:
    """Any bytes in headers and query string end in a SignatureError."""
    request = change_header(name, b"AWS4-HMAC-SHA256 " + noise)(sign())
    with pytest.raises(SignatureError):
        verify(replace(request, raw_query=query + b"&X-Amz-Algorithm=" + noise))


def test_the_clock_of_the_tests_is_right() -> None:
    """NOW and MICROSECONDS are one instant."""
    assert timedelta(microseconds=MICROSECONDS).total_seconds() == NOW.timestamp()

"""TLS is verified, always: what a server forgets to send is added by configuration, never by looking away."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
from pathlib import Path
from typing import Any

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from ntm_extract.collect import collect
from ntm_extract.collect.warc import iter_records
from tests.collect.serving import Answer, SmallPortal, serving, source_of
from tests.collect.test_crawl import events


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def issuer(authority: trustme.CA) -> trustme.CA:
    return authority.create_child_ca()


def server(issuer: trustme.CA, name: str = "127.0.0.1", *, whole_chain: bool = False, tmp_path: Path) -> ssl.SSLContext:
    """A server that sends its leaf, and the chain above it only where that is asked for."""
    leaf = issuer.issue_cert(name)
    certificates = leaf.cert_chain_pems if whole_chain else leaf.cert_chain_pems[:1]
    path = tmp_path / "server.pem"
    path.write_bytes(leaf.private_key_pem.bytes() + b"".join(pem.bytes() for pem in certificates))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


def run(portal: Any, folder: Path, *certificates: Path, **network: Any) -> Any:
    settings = {"private": ["127.0.0.0/8"], "certificates": [path.name for path in certificates], **network}
    return collect(
        [source_of(portal, network=settings, folder=folder, pace={"attempts": 1})],
        folder / "out",
        archives=(),
        moved=(),
    )


def test_a_chain_that_is_cut_verifies_only_with_what_is_missing(
    authority: trustme.CA, issuer: trustme.CA, tmp_path: Path
) -> None:
    root, between = tmp_path / "root.pem", tmp_path / "between.pem"
    authority.cert_pem.write_to_path(str(root))
    # trustme's child knows its own chain; what a server forgets to send is the certificate of the issuer.
    between.write_bytes(issuer.cert_pem.bytes())
    with serving(SmallPortal(articles=2), tls=server(issuer, tmp_path=tmp_path)) as portal:
        nothing = run(portal, tmp_path)
        assert nothing.failed == {"tls": 1}
        assert not portal.hits
        only_root = run(portal, tmp_path, root)
        assert only_root.failed == {"tls": 1}
        only_between = run(portal, tmp_path, between)
        assert only_between.failed == {"tls": 1}
        assert not portal.hits
        assert run(portal, tmp_path, root, between).new == 2
    assert "tls" in events(tmp_path / "out")


def test_a_chain_that_is_whole_needs_the_root_alone(authority: trustme.CA, issuer: trustme.CA, tmp_path: Path) -> None:
    root = tmp_path / "root.pem"
    authority.cert_pem.write_to_path(str(root))
    with serving(SmallPortal(articles=1), tls=server(issuer, whole_chain=True, tmp_path=tmp_path)) as portal:
        assert run(portal, tmp_path, root).new == 1


def test_a_certificate_for_another_name_does_not_verify(authority: trustme.CA, tmp_path: Path) -> None:
    root = tmp_path / "root.pem"
    authority.cert_pem.write_to_path(str(root))
    with serving(SmallPortal(articles=1), tls=server(authority, "khac.gov.vn", tmp_path=tmp_path)) as portal:
        assert run(portal, tmp_path, root).failed == {"tls": 1}
        assert not portal.hits


def test_one_host_s_certificate_fails_and_the_others_go_on(authority: trustme.CA, tmp_path: Path) -> None:
    with (
        serving(SmallPortal(articles=1), tls=server(authority, tmp_path=tmp_path)) as broken,
        serving(SmallPortal(articles=3), "127.0.0.2") as sound,
    ):
        sources = [source_of(broken, "broken", pace={"attempts": 1}), source_of(sound, "sound")]
        summary = collect(sources, tmp_path / "out", archives=(), moved=())
    assert summary.by_source == {"broken": 0, "sound": 3}
    assert summary.failed == {"tls": 1}


def old_server(authority: trustme.CA, folder: Path) -> ssl.SSLContext:
    """A server with a key as servers had them long ago: RSA, 1024 bits."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    root = x509.load_pem_x509_certificate(authority.cert_pem.bytes())
    now = dt.datetime.now(dt.UTC)
    leaf = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "old")]))
        .issuer_name(root.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(serialization.load_pem_private_key(authority.private_key_pem.bytes(), None), hashes.SHA256())  # type: ignore[arg-type]
    )
    pem = serialization.Encoding.PEM
    form = serialization.PrivateFormat.TraditionalOpenSSL
    path = folder / "old.pem"
    path.write_bytes(key.private_bytes(pem, form, serialization.NoEncryption()) + leaf.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    context.load_cert_chain(path)
    return context


def test_old_keys_are_allowed_for_one_source_and_the_record_says_so(authority: trustme.CA, tmp_path: Path) -> None:
    root = tmp_path / "root.pem"
    authority.cert_pem.write_to_path(str(root))
    with serving(SmallPortal(articles=1), tls=old_server(authority, tmp_path)) as portal:
        assert run(portal, tmp_path, root).failed == {"tls": 1}
        assert not portal.hits
        assert run(portal, tmp_path, root, seclevel=1).new == 1
    with max((tmp_path / "out").glob("*.warc.gz")).open("rb") as file:
        responses = [record for _, record in iter_records(file) if record.kind == "response"]
    assert {record.headers["ntm-tls-security-level"] for record in responses} == {"1"}
    assert all(
        record.headers["warc-protocol"] == "tls/1.3" and record.headers["warc-cipher-suite"] for record in responses
    )


def test_a_redirect_to_plain_http_is_followed_and_to_a_broken_chain_is_not(
    authority: trustme.CA, tmp_path: Path
) -> None:
    routes = SmallPortal(articles=2)
    with serving(SmallPortal(), "127.0.0.2", tls=server(authority, "127.0.0.2", tmp_path=tmp_path)) as broken:
        routes.extra[routes.path(1)] = Answer(status=302, headers={"Location": broken.url + routes.path(1)})
        with serving(routes) as portal:
            summary = run(portal, tmp_path)
        assert not broken.hits
    assert (summary.new, summary.failed) == (1, {"tls": 1})

"""The bounded transport keeps its limits, and checks certificates, over TLS."""

import datetime
import ipaddress
import ssl
from pathlib import Path

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from deskhand.models.adapters.wire import BoundedTransport
from tests.patience import HUNG_SECONDS
from tests.wire.models.faults import drips
from tests.wire.models.model_server import ModelServer, says


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate of 127.0.0.1 with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(address, critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    file.write_bytes(private + signed.public_bytes(Encoding.PEM))
    return file


def post(server: ModelServer, certificate: Path, seconds: float) -> httpx2.Response:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    transport = BoundedTransport()
    with server, httpx2.Client(transport=transport) as client:
        transport.allow(seconds)
        return client.post(server.url.replace("http:", "https:"), json={})


def test_a_trusted_certificate(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert post(ModelServer(says("x")), certificate, HUNG_SECONDS).status_code == 200


def test_an_unknown_certificate(certificate: Path) -> None:
    with pytest.raises(httpx2.HTTPError):
        post(ModelServer(says("x")), certificate, HUNG_SECONDS)


def test_the_deadline(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with pytest.raises(httpx2.HTTPError):
        post(ModelServer(drips("x" * 100)), certificate, 0.4)

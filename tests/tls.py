"""TLS before a test's Postgres, which has none itself, and authorities that vouch for it."""

import datetime
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from psycopg.conninfo import conninfo_to_dict

from tests.patience import HUNG_SECONDS

_SSL_REQUEST = b"\x00\x00\x00\x08\x04\xd2\x16\x2f"


@dataclass(frozen=True)
class Authority:
    """A certificate authority of a test."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def new(cls) -> Self:
        """An authority that nobody trusts yet."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = _named("an authority of the tests")
        constraints = x509.BasicConstraints(ca=True, path_length=None)
        builder = _builder(name, name, key).add_extension(constraints, critical=True)
        return cls(key, builder.sign(key, hashes.SHA256()))

    @property
    def pem(self) -> str:
        """What trusts it."""
        return self.certificate.public_bytes(Encoding.PEM).decode()

    def vouches(self, host: str, file: Path) -> Path:
        """The file, with a certificate of that host and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.DNSName(host)])
        builder = _builder(_named(host), self.certificate.subject, key)
        signed = builder.add_extension(names, critical=False).sign(self.key, hashes.SHA256())
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        file.write_bytes(private + signed.public_bytes(Encoding.PEM))
        return file


@contextmanager
def front(dsn: str, certificate: Path) -> Iterator[int]:
    """The port of `localhost` behind which the DSN's server speaks TLS with that certificate."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    server = conninfo_to_dict(dsn)
    behind = (str(server["host"]), int(str(server["port"])))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        accepting = threading.Thread(target=_accept, args=(listening, context, behind), daemon=True)
        accepting.start()
        yield listening.getsockname()[1]


def _accept(listening: socket.socket, context: ssl.SSLContext, behind: tuple[str, int]) -> None:
    with suppress(OSError):
        while True:
            client = listening.accept()[0]
            threading.Thread(target=_serve, args=(client, context, behind), daemon=True).start()


def _serve(client: socket.socket, context: ssl.SSLContext, behind: tuple[str, int]) -> None:
    with suppress(OSError), client:
        if client.recv(8) != _SSL_REQUEST:
            return
        client.sendall(b"S")
        with (
            context.wrap_socket(client, server_side=True) as near,
            socket.create_connection(behind) as far,
        ):
            back = threading.Thread(target=_pump, args=(far, near), daemon=True)
            back.start()
            _pump(near, far)
            far.shutdown(socket.SHUT_RDWR)
            back.join(HUNG_SECONDS)


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while chunk := source.recv(65_536):
            target.sendall(chunk)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return x509.CertificateBuilder(
        issuer,
        subject,
        key.public_key(),
        x509.random_serial_number(),
        now - datetime.timedelta(days=1),
        now + datetime.timedelta(days=1),
    )

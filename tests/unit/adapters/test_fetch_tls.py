"""https: the certificate is checked for the name in the URL, although the connection goes to an address."""

import datetime as dt
import ipaddress
import ssl
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from cutout.adapters.safe_http import SafeHttp
from cutout.domain.errors import FailedToTransferImage
from tests.unit.adapters.fetch_servers import PUBLIC, Internet, Server, endlessly, redirect, silence, sized, soon

IMAGE = b"\x89PNG and so on"
NAMES = {"images.example": [[PUBLIC]], "other.example": [[PUBLIC]], "xn--bcher-kva.example": [[PUBLIC]]}


class Identity:
    """A self-signed certificate for images.example, xn--bcher-kva.example and the address 93.184.215.14."""

    def __init__(self, folder) -> None:
        self.asked_for: list[str | None] = []
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "images.example")])
        now = dt.datetime.now(dt.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(hours=1))
            .not_valid_after(now + dt.timedelta(hours=1))
            .add_extension(
                x509.SubjectAlternativeName(
                    [
                        x509.DNSName("images.example"),
                        x509.DNSName("xn--bcher-kva.example"),
                        x509.IPAddress(ipaddress.ip_address(PUBLIC)),
                    ]
                ),
                critical=False,
            )
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(key, hashes.SHA256())
        )
        self._file = folder / "identity.pem"
        self._file.write_bytes(
            key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
            + certificate.public_bytes(serialization.Encoding.PEM)
        )

    def server_side(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._file)
        context.sni_callback = lambda _connection, name, _context: self.asked_for.append(name)
        return context

    def trusting_client(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._file)


@pytest.fixture(scope="module")
def identity(tmp_path_factory):
    return Identity(tmp_path_factory.mktemp("tls"))


def get(server, url, tls, seconds=5.0):
    internet = Internet(server, NAMES)
    return internet.http(tls=tls).get(url, max_bytes=1000, deadline=soon(seconds))


def test_a_host_with_a_valid_certificate_is_fetched_from(identity):
    with Server(sized(IMAGE), tls=identity.server_side()) as server:
        assert get(server, "https://images.example/a.png", identity.trusting_client()) == IMAGE


def test_the_server_is_told_the_name_and_not_the_address(identity):
    identity.asked_for.clear()
    with Server(sized(IMAGE), tls=identity.server_side()) as server:
        get(server, "https://Images.Example./a.png", identity.trusting_client())
        assert identity.asked_for == ["images.example"]
        assert b"\r\nHost: images.example\r\n" in server.requests[0]


def test_an_international_name_is_checked_in_its_ascii_form(identity):
    with Server(sized(IMAGE), tls=identity.server_side()) as server:
        assert get(server, "https://bücher.example/", identity.trusting_client()) == IMAGE


def test_an_address_in_the_url_is_checked_against_the_addresses_of_the_certificate(identity):
    with Server(sized(IMAGE), tls=identity.server_side()) as server:
        assert get(server, f"https://{PUBLIC}/", identity.trusting_client()) == IMAGE
        with pytest.raises(FailedToTransferImage, match="certificate"):
            get(server, "https://1.1.1.1/", identity.trusting_client())


def test_a_certificate_for_another_name_is_refused(identity):
    with Server(sized(IMAGE), tls=identity.server_side()) as server:
        with pytest.raises(FailedToTransferImage, match="certificate"):
            get(server, "https://other.example/a.png", identity.trusting_client())
        assert server.requests == []


def test_a_certificate_of_an_unknown_authority_is_refused_by_default(identity):
    with Server(sized(IMAGE), tls=identity.server_side()) as server:
        with pytest.raises(FailedToTransferImage, match="certificate"):
            get(server, "https://images.example/a.png", None)
        assert server.requests == []


def test_a_server_that_speaks_no_tls_is_an_error(identity):
    with Server(sized(IMAGE)) as server, pytest.raises(FailedToTransferImage):
        get(server, "https://images.example/a.png", identity.trusting_client(), seconds=0.5)


@pytest.mark.parametrize("answer", [silence, endlessly(b"", b"x", 0.05)], ids=["silence", "drip"])
def test_a_handshake_that_never_ends_ends_at_the_deadline(identity, answer):
    with Server(answer) as server:
        began = time.monotonic()
        with pytest.raises(FailedToTransferImage):
            get(server, "https://images.example/a.png", identity.trusting_client(), seconds=0.3)
        assert time.monotonic() - began < 3


def test_a_connection_that_came_too_late_for_a_handshake_is_closed(identity):
    with Server(silence) as server:
        internet = Internet(server)

        def late(address, port, timeout_s):
            connection = internet.dial(address, port, timeout_s)
            time.sleep(timeout_s)
            return connection

        http = SafeHttp(lookup=internet.lookup, dial=late, tls=identity.trusting_client())
        with pytest.raises(FailedToTransferImage, match="in time"):
            http.get("https://images.example/", max_bytes=1000, deadline=soon(0.1))
        assert [connection.fileno() for connection in internet.connections] == [-1]


def test_a_slow_drip_inside_tls_ends_at_the_deadline(identity):
    with Server(endlessly(b"HTTP/1.1 200 OK\r\n\r\n", b"x", 0.05), tls=identity.server_side()) as server:
        began = time.monotonic()
        with pytest.raises(FailedToTransferImage, match="in time"):
            get(server, "https://images.example/a.png", identity.trusting_client(), seconds=0.4)
        assert time.monotonic() - began < 3


def test_a_redirect_to_another_name_is_checked_for_that_name(identity):
    with (
        Server(redirect("https://other.example/"), tls=identity.server_side()) as server,
        pytest.raises(FailedToTransferImage, match="certificate"),
    ):
        get(server, "https://images.example/a.png", identity.trusting_client())


def test_a_redirect_from_https_to_http_is_refused(identity):
    with (
        Server(redirect("http://images.example/"), tls=identity.server_side()) as server,
        pytest.raises(FailedToTransferImage, match="from https to http"),
    ):
        get(server, "https://images.example/a.png", identity.trusting_client())


def test_the_connection_is_closed_after_the_body(identity):
    with Server(sized(IMAGE), tls=identity.server_side()) as server:
        get(server, "https://images.example/a.png", identity.trusting_client())
        assert server.hung_up.wait(2)


def test_a_put_over_tls_arrives_whole(identity):
    body = bytes(range(256)) * 8_000
    with Server(sized(b""), tls=identity.server_side()) as server:
        http = Internet(server, NAMES).http(tls=identity.trusting_client())
        assert http.send("PUT", "https://images.example/a", body, {}, deadline=soon()) == 200
        assert server.requests[0].endswith(body)

"""What counts as an address on the public Internet."""

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis.strategies import integers

from cutout.adapters.safe_http.addresses import is_public

NOT_PUBLIC = [
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.255",
    "168.63.129.16",
    "169.254.169.254",
    "169.254.170.2",
    "172.31.255.255",
    "192.0.0.9",
    "192.0.0.192",
    "192.0.2.1",
    "192.31.196.1",
    "192.52.193.1",
    "192.88.99.1",
    "192.168.1.1",
    "192.175.48.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::a9fe:a9fe",  # IPv4-compatible
    "::808:808",
    "::ffff:169.254.169.254",
    "::ffff:127.0.0.1",
    "::ffff:0:808:808",  # IPv4-translated
    "64:ff9b::a9fe:a9fe",
    "64:ff9b::7f00:1",
    "64:ff9b:1::a9fe:a9fe",
    "64:ff9b:1:a9fe:a9:fe00::",  # RFC 6052's place for the IPv4 address in a /48
    "64:ff9b:1::808:808",
    "100::1",
    "2001::a9fe:a9fe",
    "2001:0:4136:e378:8000:63bf:5601:5601",  # Teredo of 169.254.169.254
    "2001:20::1",
    "2001:db8::1",
    "2002:a9fe:a9fe::",
    "2002:7f00:1::",
    "2002:808:808::",
    "2620:4f:8000::1",
    "3fff::1",
    "4000::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "2606:4700::1111%eth0",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
]

PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "100.128.0.1",
    "172.32.0.1",
    "192.0.1.1",
    "223.255.255.255",
    "2606:4700::1111",
    "2a00:1450:4001:81b::200e",
]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_a_special_purpose_address_is_not_public(address):
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_an_ordinary_address_is_public(address):
    assert is_public(ip_address(address))


@pytest.mark.parametrize("envelope", ["::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_a_public_ipv4_address_stays_public_in_the_envelopes_that_resolvers_give_it(envelope):
    assert is_public(ip_address(envelope))


@pytest.mark.parametrize("network", [*IPv4Address._constants._private_networks, *IPv6Address._constants._private_networks], ids=str)
def test_no_network_is_public_that_this_python_calls_private(network):
    """Python's own tables, wherever its version has them from: an addition there shows up here."""
    assert not is_public(network[0])
    assert not is_public(network[-1])


@given(integers(0, 2**32 - 1).map(IPv4Address))
def test_an_envelope_is_as_public_as_what_is_inside(address):
    mapped = IPv6Address((0xFFFF << 32) | int(address))
    nat64 = IPv6Address((0x64FF9B << 96) | int(address))
    assert is_public(mapped) == is_public(nat64) == is_public(address)

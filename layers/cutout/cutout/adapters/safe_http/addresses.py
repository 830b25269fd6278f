"""Which addresses lie on the public Internet.

The tables are IANA's special-purpose address registries (RFC 6890 and its successors, as of November 2026), kept here rather than left
to `ipaddress.is_global`: that one follows the Python version, counts multicast and 192.88.99.0/24 as global, and in 3.11 lets
`64:ff9b:1::/48`, `3fff::/20` and the IPv4 address inside `2002::/16` and `64:ff9b::/96` through.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final

_NOT_PUBLIC_IPV4: Final = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # this network; Linux takes 0.0.0.0 as itself
            "10.0.0.0/8",  # private
            "100.64.0.0/10",  # carrier-grade NAT; 100.100.100.200 is Alibaba's metadata service
            "127.0.0.0/8",  # loopback
            "168.63.129.16/32",  # not in IANA's registry: Azure's host agent, a public number that never leaves the host
            "169.254.0.0/16",  # link-local; 169.254.169.254 is most clouds' metadata service
            "172.16.0.0/12",  # private
            "192.0.0.0/24",  # protocol assignments; 192.0.0.192 is Oracle's metadata service
            "192.0.2.0/24",  # documentation
            "192.31.196.0/24",  # AS112
            "192.52.193.0/24",  # automatic multicast tunnelling
            "192.88.99.0/24",  # 6to4 relays
            "192.168.0.0/16",  # private
            "192.175.48.0/24",  # AS112
            "198.18.0.0/15",  # benchmarking
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, and broadcast
        ),
    )
)

# Everything outside is loopback, private, link-local, multicast, IPv4-compatible, local-use NAT64 (64:ff9b:1::/48) or unassigned.
_GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
_NOT_PUBLIC_IPV6: Final = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocol assignments; Teredo, which carries an IPv4 address inside, is 2001::/32
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4, which carries an IPv4 address inside; retired by RFC 7526
            "2620:4f:8000::/48",  # AS112
            "3fff::/20",  # documentation
        ),
    )
)
_NAT64: Final = IPv6Network("64:ff9b::/96")


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether a packet to `address` goes out to the public Internet and to nothing nearer.

    An address that is only the envelope of an IPv4 address (`::ffff:0:0/96`, and the `64:ff9b::/96` that DNS64 resolvers of IPv6-only
    networks answer with) is as public as what is inside. 6to4 and Teredo are refused whatever is inside: no image lives only there.
    """
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_IPV4)
    if address.scope_id is not None:
        return False
    if address.ipv4_mapped is not None:
        return is_public(address.ipv4_mapped)
    if address in _NAT64:
        return is_public(IPv4Address(int(address) & 0xFFFF_FFFF))
    return address in _GLOBAL_UNICAST and not any(address in network for network in _NOT_PUBLIC_IPV6)

"""Only hosts on the public internet: IANA's special-purpose registries, range by range."""

from ipaddress import IPv4Address, IPv6Address, ip_network

import pytest

from deskhand.safety.public_addresses import is_public

# Every entry of IANA's two special-purpose registries, and what else is no public unicast address.
REFUSED = {
    "this network": "0.0.0.0/8",
    "private 10": "10.0.0.0/8",
    "shared by carriers": "100.64.0.0/10",
    "loopback": "127.0.0.0/8",
    "link local and metadata of clouds": "169.254.0.0/16",
    "private 172": "172.16.0.0/12",
    "protocol assignments": "192.0.0.0/24",
    "service continuity": "192.0.0.0/29",
    "dummy": "192.0.0.8/32",
    "port control anycast": "192.0.0.9/32",
    "TURN anycast": "192.0.0.10/32",
    "NAT64 discovery": "192.0.0.170/31",
    "documentation 1": "192.0.2.0/24",
    "AS112": "192.31.196.0/24",
    "AMT": "192.52.193.0/24",
    "6to4 relays": "192.88.99.0/24",
    "6a44 relay": "192.88.99.2/32",
    "private 192": "192.168.0.0/16",
    "direct delegation AS112": "192.175.48.0/24",
    "benchmarks": "198.18.0.0/15",
    "documentation 2": "198.51.100.0/24",
    "documentation 3": "203.0.113.0/24",
    "multicast": "224.0.0.0/4",
    "reserved": "240.0.0.0/4",
    "broadcast": "255.255.255.255/32",
    "unspecified 6": "::/128",
    "loopback 6": "::1/128",
    "IPv4-compatible": "::/96",
    "IPv4-mapped private": "::ffff:10.0.0.0/104",
    "IPv4-mapped loopback": "::ffff:127.0.0.0/104",
    "IPv4-mapped 6to4 relays": "::ffff:192.88.99.0/120",
    "IPv4-translated": "::ffff:0:0:0/96",
    "NAT64": "64:ff9b::/96",
    "NAT64 of private use": "64:ff9b:1::/48",
    "discard only": "100::/64",
    "dummy 6": "100:0:0:1::/64",
    "protocol assignments 6": "2001::/23",
    "Teredo": "2001::/32",
    "port control anycast 6": "2001:1::1/128",
    "TURN anycast 6": "2001:1::2/128",
    "service registration anycast": "2001:1::3/128",
    "benchmarks 6": "2001:2::/48",
    "AMT 6": "2001:3::/32",
    "AS112 6": "2001:4:112::/48",
    "ORCHID": "2001:10::/28",
    "ORCHID version 2": "2001:20::/28",
    "drone identifiers": "2001:30::/28",
    "documentation 6": "2001:db8::/32",
    "6to4": "2002::/16",
    "direct delegation AS112 6": "2620:4f:8000::/48",
    "6bone": "3ffe::/16",
    "documentation 6, large": "3fff::/20",
    "segment routing": "5f00::/16",
    "unique local": "fc00::/7",
    "link local 6": "fe80::/10",
    "site local": "fec0::/10",
    "multicast 6": "ff00::/8",
    "unassigned, low": "200::/7",
    "unassigned in 2000::/3": "2e00::/7",
    "unassigned, middle": "4000::/3",
    "unassigned, high": "e000::/4",
}


@pytest.mark.parametrize("network", REFUSED.values(), ids=REFUSED.keys())
def test_no_address_of_a_special_range_is_public(network: str) -> None:
    span = ip_network(network)
    for number in (0, span.num_addresses // 2, span.num_addresses - 1):
        assert not is_public(str(span[number]))


@pytest.mark.parametrize(
    "address",
    [
        "1.0.0.0", "9.255.255.255", "11.0.0.0", "93.184.216.34", "100.63.255.255", "100.128.0.0",
        "126.255.255.255", "128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255",
        "172.32.0.0", "191.255.255.255", "192.0.1.0", "192.0.3.0", "192.88.98.255", "192.88.100.0",
        "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "203.0.112.255",
        "203.0.114.0", "223.255.255.255", "::ffff:93.184.216.34",
        "2001:200::1", "2001:4860:4860::8888", "2001:db7:ffff::1", "2001:db9::1", "2003::1",
        "2400:cb00::1", "2410::1", "2600:9000::1", "2610::1", "2620:4f:7fff::1", "2620:4f:8001::1",
        "2630::1", "2800::1", "2a00:1450::1", "2a10::1", "2c0f:fb50::1",
    ],
)  # fmt: skip
def test_every_other_address_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("middle", ["0:5efe", "200:5efe"])
@pytest.mark.parametrize("prefix", ["2600:9000:1:2", "2a00:1450:4001:81b", "fe80:0:0:0"])
@pytest.mark.parametrize("inside", ["10.0.0.1", "127.0.0.1", "169.254.169.254", "93.184.216.34"])
def test_an_address_with_an_isatap_host_part_is_not_public(
    prefix: str, middle: str, inside: str
) -> None:
    assert not is_public(f"{prefix}:{middle}:{inside}")


@pytest.mark.parametrize("inside", ["10.0.0.1", "127.0.0.1", "169.254.169.254", "93.184.216.34"])
def test_an_ipv4_address_inside_of_a_tunnel_is_not_public(inside: str) -> None:
    four = int(IPv4Address(inside))
    hidden = {
        "NAT64": (0x64FF9B << 96) | four,
        "6to4": (0x2002 << 112) | (four << 80) | 1,
        # Teredo writes the client's address with all bits turned.
        "Teredo": (0x20010000 << 96) | (four ^ 0xFFFFFFFF),
        "Teredo server": (0x20010000 << 96) | (four << 64),
        "compatible": four,
        "translated": (0xFFFF << 48) | four,
    }
    for kind, number in hidden.items():
        assert not is_public(str(IPv6Address(number))), kind


def test_a_zone_changes_nothing() -> None:
    assert not is_public("fe80::1%eth0")
    assert is_public("2600:9000::1%eth0")

"""Which IP addresses belong to hosts on the public internet.

This is an allow-list: the unicast space that IANA has given to the regional registries, without the
ranges in it that have a special purpose. A range that nobody thought of is refused, and so is one
that IANA assigns after this was written: it must be added here first. A translator with a prefix
of its owner's choice (RFC 6052) cannot be recognised by anybody but its owner.
"""

from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    summarize_address_range,
)

# IANA, "IPv4 Address Space": all blocks of unicast addresses are given out.
_ROUTED_4 = tuple(summarize_address_range(IPv4Address("1.0.0.0"), IPv4Address("223.255.255.255")))
# IANA, "IPv4 Special-Purpose Address Registry". Also those that are reachable from everywhere, as
# the anycast addresses of AS112: which host answers there is up to the nearest network, our own.
_SPECIAL_4 = tuple(map(IPv4Network, (
    "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
    "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24",
    "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
)))  # fmt: skip

# IANA, "IPv6 Global Unicast Address Assignments": what the regional registries have.
_ROUTED_6 = tuple(map(IPv6Network, (
    "2001:200::/23", "2001:400::/23", "2001:600::/23", "2001:800::/22", "2001:c00::/23",
    "2001:e00::/23", "2001:1200::/23", "2001:1400::/22", "2001:1800::/23", "2001:1a00::/23",
    "2001:1c00::/22", "2001:2000::/19", "2001:4000::/23", "2001:4200::/23", "2001:4400::/23",
    "2001:4600::/23", "2001:4800::/23", "2001:4a00::/23", "2001:4c00::/23", "2001:5000::/20",
    "2001:8000::/19", "2001:a000::/20", "2001:b000::/20", "2003::/18", "2400::/12", "2410::/12",
    "2600::/12", "2610::/23", "2620::/23", "2630::/12", "2800::/12", "2a00::/12", "2a10::/12",
    "2c00::/12",
)))  # fmt: skip
_SPECIAL_6 = tuple(map(IPv6Network, ("2001:db8::/32", "2620:4f:8000::/48")))

# The third quarter of an ISATAP address; its last quarter is an IPv4 address of any kind.
_ISATAP = (0x00005EFE, 0x02005EFE)


def is_public(text: str) -> bool:
    """Return whether the address is that of a public host; `text` may have an IPv6 zone."""
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv4Address):
        return _is_public_4(address)
    if address.ipv4_mapped:
        return _is_public_4(address.ipv4_mapped)
    return _is_public_6(address)


def _is_public_4(address: IPv4Address) -> bool:
    return any(address in each for each in _ROUTED_4) and not any(
        address in each for each in _SPECIAL_4
    )


def _is_public_6(address: IPv6Address) -> bool:
    if int(address) >> 32 & 0xFFFFFFFF in _ISATAP:
        return False
    return any(address in each for each in _ROUTED_6) and not any(
        address in each for each in _SPECIAL_6
    )

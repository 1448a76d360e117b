"""What counts as public."""

import pytest

from trellis.subgraphs.notifications.addresses import Reachable

NOT_PUBLIC = """
    0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.127.255.255 127.0.0.1 127.1.2.3 169.254.169.254
    172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.9 192.0.0.10 192.0.2.1 192.88.99.1 192.168.1.1
    198.18.0.1 198.51.100.7 203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255
    :: ::1 ::7f00:1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 64:ff9b::7f00:1 64:ff9b::808:808 64:ff9b:1::1
    100::1 2001::1 2001:0:7f00:1::1 2001:2::1 2001:10::1 2001:20::1 2001:db8::1 2002:7f00:1::1
    3fff::1 5f00::1 fc00::1 fd12:3456::1 fe80::1 fe80::1%eth0 fec0::1 ff02::1 4000::1
    2606:4700::1111%eth0
"""
PUBLIC = (
    "1.1.1.1 8.8.8.8 100.63.255.255 100.128.0.1 172.32.0.1 93.184.216.34 2606:4700::1111 2a00::1"
)
NO_ADDRESS = ["", "localhost", "2130706433", "0x7f000001", "127.1", "0177.0.0.1", "example.com"]


@pytest.mark.parametrize("address", NOT_PUBLIC.split())
def test_what_leads_into_a_network_of_somebody_is_not_reached(address: str):
    assert not Reachable().allows(address)


@pytest.mark.parametrize("address", PUBLIC.split())
def test_public_addresses_are_reached(address: str):
    assert Reachable().allows(address)
    assert not Reachable().is_added(address)


@pytest.mark.parametrize("text", NO_ADDRESS)
def test_what_is_no_address_is_not_reached(text: str):
    assert not Reachable.from_environment({"TRELLIS_OUTBOUND_NETWORKS": "0.0.0.0/0"}).allows(text)


def test_networks_can_be_added():
    some = Reachable.from_environment({"TRELLIS_OUTBOUND_NETWORKS": "127.0.0.0/8, ::1/128,"})
    assert [some.allows(one) for one in ("127.0.0.1", "::1", "10.0.0.1")] == [True, True, False]
    assert not some.allows("::ffff:127.0.0.1")
    assert some.is_added("127.9.9.9")
    assert Reachable.from_environment({}) == Reachable()


@pytest.mark.parametrize("text", ["loopback", "127.0.0.1/8", "127.0.0.0/8;::1"])
def test_what_is_no_network_is_an_error_that_names_the_setting(text: str):
    with pytest.raises(ValueError, match="TRELLIS_OUTBOUND_NETWORKS"):
        Reachable.from_environment({"TRELLIS_OUTBOUND_NETWORKS": text})

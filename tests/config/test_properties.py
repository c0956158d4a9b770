# -*- test-case-name: tests.config.test_properties -*-
"""
Whatever is in the files: findings, never a traceback.
"""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from hatwist.config.authkeys import parse_authkeys
from hatwist.config.check import Seen, check_groups, check_hacf
from hatwist.config.directives import TABLE
from hatwist.config.findings import Findings
from hatwist.config.firewall import Packet, blocked_by_iptables, blocked_by_nft
from hatwist.config.hacf import read_hacf
from hatwist.config.haresources import parse_haresources, split
from hatwist.config.lexer import decode
from hatwist.config.live import parse_addresses
from hatwist.config.model import node_name
from hatwist.config.ping import check_pings, written_neighbourhood
from hatwist.config.toml import parse_toml

VOCABULARY = """
alpha beta eth0 eth1 on off no 1 2 30 500ms 694 10.0.0.1 225.0.0.1 ff12::1 /dev/null /bin/sh root *
uid=root gid=root A=b |no legacy zlib file none local0 :: [ ] IPaddr::10.0.0.5/24 \\ # , -5 auth sha1
IPv6addr::2001:db8::5/64 [2001:db8::1]/64 1.2.3.4.5 99999999999999999999 MD5(stdin)= crc \x01 \x1b[m
"""
RULES = "-A -P -j INPUT DROP udp --dport 694 ' { } drop"
WORDS = st.sampled_from([*VOCABULARY.split(), "\u3000", "\udcff", "\0", ""])
LINES = st.builds(
    lambda name, words, blank: blank.join([name, *words]),
    st.sampled_from([*TABLE, "zzz", "auth", "1", "alpha"]),
    st.lists(WORDS, max_size=7),
    st.sampled_from([" ", "\t", ",", "  "]),
)
TEXTS = st.lists(LINES, max_size=12).map("\n".join)
BYTES = st.one_of(st.binary(max_size=300), TEXTS.map(lambda text: text.encode("utf-8", "surrogateescape")))
NO_HURRY = settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])


class PropertyTests(SynchronousTestCase):
    """Every input is answered."""

    @NO_HURRY
    @given(BYTES, BYTES, BYTES, BYTES)
    def test_any_files(self, hacf: bytes, keys: bytes, resources: bytes, toml: bytes) -> None:
        """Any bytes in any file become problems that can be shown in any terminal."""
        findings = Findings()
        seen = Seen(node_name("alpha"), frozenset({"eth0"}), {"alpha": ("10.0.0.1",)}, {694: "x"})
        reading = read_hacf(decode(hacf, "ha.cf", findings), "ha.cf", findings, seen.node)
        check_hacf(reading, seen, findings)
        keyring = parse_authkeys(decode(keys, "authkeys", findings), "authkeys", findings)
        groups = parse_haresources(decode(resources, "haresources", findings), "haresources", findings)
        check_groups(groups, reading, seen, "haresources", findings)
        around = written_neighbourhood(reading.cf, groups, seen.hosts)
        check_pings(reading.cf, around, seen.hosts, findings)
        parse_toml(decode(toml, "hatwist.toml", findings), "hatwist.toml", findings)
        for problem in findings.ordered():
            self.assertTrue(str(problem).isprintable(), repr(str(problem)))
        self.assertTrue(keyring is not None or findings.fatal)

    @NO_HURRY
    @given(st.text(st.sampled_from("ab:[]/."), max_size=12))
    def test_split_loses_nothing(self, text: str) -> None:
        """Splitting a resource at double colons and joining it again gives the same text."""
        if "[" not in text:
            self.assertEqual("::".join(split(text)), text)
        self.assertGreaterEqual(len(split(text)), 1)

    @NO_HURRY
    @given(
        st.text(max_size=200),
        st.lists(st.sampled_from(RULES.split())),
    )
    def test_any_listing(self, text: str, words: list[str]) -> None:
        """Whatever a program of the host prints is answered."""
        packet = Packet(694, "eth0")
        for listing in (text, " ".join(words), "\n".join(words)):
            blocked_by_iptables(listing, packet)
            blocked_by_nft(listing, packet)
            parse_addresses(listing)

"""Tests of L{hatwist.children}."""

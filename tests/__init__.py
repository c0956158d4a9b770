"""Tests of hatwist; run them with ./scripts/test."""

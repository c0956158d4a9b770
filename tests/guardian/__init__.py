"""Tests of the guardian's process."""

"""Tests of the media."""

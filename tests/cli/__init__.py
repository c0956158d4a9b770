"""Tests of hatwistctl."""

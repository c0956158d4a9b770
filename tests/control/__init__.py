"""Tests of the remote control."""

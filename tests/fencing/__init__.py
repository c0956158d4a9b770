"""Tests of the room that fences."""

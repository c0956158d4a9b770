"""Tests of the programs that start and stop things."""

"""Measurements, which say how much and not whether: no part of the tests."""

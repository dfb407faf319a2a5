"""Screening played over data sets whose decisions are known."""
